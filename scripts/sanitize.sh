#!/usr/bin/env bash
# Builds the engine natively with AddressSanitizer and UndefinedBehaviorSanitizer,
# from the sources and patches that quickjs.wasm is built from, and runs the
# benchmark's kernels and programs in it, then the fuzzer (tests/fuzz), which
# runs programs beside a sandbox and compares.
#
#   scripts/sanitize.sh                  build, kernels and programs, a minute of fuzzing
#   scripts/sanitize.sh --duration 30m   fuzz longer
#   scripts/sanitize.sh --out FILE       only build, to FILE
#   scripts/sanitize.sh FILE.js...       build, and run these, each in a runtime of its own
#
# WQJS_SANITIZE=none builds without sanitizers, to compare outputs ten times as
# fast; WQJS_CFLAGS are further flags. Needs clang-19 with its runtime (Debian:
# clang-19 libclang-rt-19-dev), and what fetch-wasm.sh --sources needs. Findings
# of the fuzzer are left in sanitize-findings/.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

duration=1m out='' files=()
while [ $# -gt 0 ]; do
  case $1 in
    --duration) duration=${2:?--duration needs a time}; shift 2 ;;
    --out) out=${2:?--out needs a file}; shift 2 ;;
    -*) echo "sanitize: unknown argument '$1' (see the head of this script)" >&2; exit 2 ;;
    *) files+=("$1"); shift ;;
  esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/scripts/fetch-wasm.sh" --sources "$work" >/dev/null
src=$work/quickjs
bin=${out:-$work/engine}
sed -i 's/^#define DIRECT_DISPATCH  1/#define DIRECT_DISPATCH  0/' "$src/quickjs.c" # by switch, as in wasm

# Function pointers of other types are called on
# purpose, and shifts of signed numbers are defined by every compiler.
flags=(-O1 -g -fno-omit-frame-pointer -w -std=gnu11 -D_GNU_SOURCE -I"$src")
[ "${WQJS_SANITIZE:-}" = none ] ||
  flags+=(-fsanitize=address,undefined -fno-sanitize=function,shift-base,vptr -fno-sanitize-recover=all)
# shellcheck disable=SC2206
flags+=(${WQJS_CFLAGS:-})
for f in quickjs libregexp libunicode dtoa; do
  clang-19 "${flags[@]}" -c "$src/$f.c" -o "$work/$f.o" &
done
clang-19 "${flags[@]}" -c "$root/tests/fuzz/native/main.c" -o "$work/main.o"
wait
clang-19 "${flags[@]}" "$work"/*.o -lm -lpthread -o "$bin"
[ -z "$out" ] || { echo "built $bin"; exit 0; }

# The engine frees everything itself at the end of a runtime; what a file leaves
# to the process is no leak of it.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:allocator_may_return_null=1} UBSAN_OPTIONS=print_stacktrace=1
if [ ${#files[@]} -gt 0 ]; then
  "$bin" "${files[@]}"
  exit
fi

bench=$root/tests/bench/engine
{
  cat "$bench/kernels.js" "$bench/programs/lib.js"
  for p in "$bench"/programs/*.js; do
    case $p in */lib.js) ;; *) cat "$p" ;; esac
  done
  echo 'for (const name of Object.keys(kernels)) { kernels[name](); print(name); }'
} >"$work/all.js"
"$bin" "$work/all.js"
cd "$root"
go run ./tests/fuzz -native "$bin" -duration "$duration" -out sanitize-findings
