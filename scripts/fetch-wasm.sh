#!/usr/bin/env bash
# Builds wasm/quickjs.wasm from pinned sources: same inputs, same bytes.
#
#   scripts/fetch-wasm.sh           build and replace wasm/quickjs.wasm and wasm/SHA256SUMS
#   scripts/fetch-wasm.sh --check   build in a temporary folder and compare with the committed file
#   scripts/fetch-wasm.sh --out F   build to F and touch nothing else (for experiments)
#   scripts/fetch-wasm.sh --names F the same with the names of functions (for profiles)
#   scripts/fetch-wasm.sh --sources DIR   only fetch, patch and unpack the engine's sources to DIR
#
# Needs a Debian-like system with apt-get, dpkg and sha256sum. The mirror is the
# one of the system's own apt configuration, or WQJS_DEBIAN_MIRROR. Downloads
# are kept in ${XDG_CACHE_HOME:-~/.cache}/wqjs-build and checked on every use.
set -euo pipefail
export LC_ALL=C TZ=UTC

root=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/wqjs-build
shim=$root/wasm/shim
clang_version=19.1.7

# name version sha256 of the .deb (Debian sid, architecture all)
pins='
qjs-src 0.17.0-1 04631979bdadaccffd76c1cb0aff5d07389aa889a90b6a902eba858a3a3b3988
libllhttp-source 9.4.3+~cs12.11.9-2 8a70cbc1d310f51a7d5594d258eeb6ef57db6fbc1c58065407c203a03abadf2e
wasi-libc 0.0~git20260423.161b319-2 1051dbb0a5e6d3f709de83b6afb423e07a8ab19a9e9f12ef20ff902131e7b8bc
'

die() { printf 'fetch-wasm: %s\n' "$*" >&2; exit 1; }

mode=build out='' sources=''
case "${1:-}" in
  '') ;;
  --check) mode=check ;;
  --out | --names) mode=${1#--}; out=${2:?$1 needs a file} ;;
  --sources) mode=sources; sources=${2:?--sources needs a folder} ;;
  *) die "unknown argument '$1' (see the head of this script)" ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache"

# apt with a sources list and lists folder of its own: the system's stay as they are.
apt_sid() {
  apt-get -qq -o Dir::Etc::sourcelist="$cache/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::Lists="$cache/lists" -o APT::Sandbox::User=root "$@"
}

mirror() {
  if [ -n "${WQJS_DEBIAN_MIRROR:-}" ]; then printf '%s\n' "$WQJS_DEBIAN_MIRROR"; return; fi
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
    sed -nE 's/^URIs: *([^ ]*\/debian)\/?$/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]*\/debian)\/? .*/\2/p' | head -n 1
}

fetch() { # name version sha256
  local deb="$cache/$1_$2_all.deb" uri
  if [ ! -f "$deb" ]; then
    if [ ! -d "$cache/lists/partial" ]; then
      uri=$(mirror); [ -n "$uri" ] || die "no Debian mirror found; set WQJS_DEBIAN_MIRROR"
      mkdir -p "$cache/lists/partial"
      printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s sid main\n' "$uri" >"$cache/sources.list"
    fi
    apt_sid update || die "apt-get update of sid failed"
    (cd "$cache" && apt_sid download "$1=$2") ||
      die "package $1 $2 is gone from sid: pin its successor in $0 (apt-cache policy $1 tells its version), rebuild, and run the conformance tests"
    # apt writes ':' and '~' of versions in its own way
    [ -f "$deb" ] || mv "$cache/$1"_*.deb "$deb"
  fi
  printf '%s  %s\n' "$3" "$deb" | sha256sum --quiet -c - || { rm -f "$deb"; die "checksum of $1 $2 is not the pinned $3; deleted, run again"; }
  dpkg -x "$deb" "$work/sys"
}

while read -r name version sum; do
  [ -z "$name" ] || fetch "$name" "$version" "$sum"
done <<<"$pins"

src=$work/quickjs
cp -r "$work/sys/usr/src/quickjs-ng" "$src"
for p in "$shim"/patches/*.patch; do
  patch -d "$src" -p1 --fuzz=0 --no-backup-if-mismatch -s <"$p" || die "patch $(basename "$p") does not apply"
done
if [ "$mode" = sources ]; then
  mkdir -p "$sources"; cp -r "$src" "$sources/quickjs"; cp -r "$work/sys/usr/src/quickjs-ng" "$sources/quickjs-ng"; cp -r "$work/sys/usr/src/llhttp" "$sources/llhttp"
  echo "sources in $sources"; exit 0
fi

for tool in clang-19 wasm-ld-19 llvm-strip-19 llvm-objdump-19; do
  if ! command -v "$tool" >/dev/null; then
    [ "$(id -u)" = 0 ] || die "$tool is missing: apt-get install clang-19 lld-19 llvm-19 libclang-rt-19-dev-wasm32"
    apt-get -qq update && apt-get -qq install -y --no-install-recommends clang-19 lld-19 llvm-19 libclang-rt-19-dev-wasm32 >/dev/null
  fi
done
have=$(clang-19 -dumpversion)
[ "$have" = "$clang_version" ] || die "clang-19 is $have, the build is pinned to $clang_version"

sys=$work/sys/usr
# The three features are WebAssembly 2.0, which wazero has on by default.
cflags=(--target=wasm32-wasip1 -nostdlibinc -isystem "$sys/include/wasm32-wasi" -O2 -std=gnu11
  -mbulk-memory -mnontrapping-fptoint -msimd128
  -D_GNU_SOURCE -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS
  -I"$src" -I"$sys/src/llhttp/include" "-ffile-prefix-map=$work=." "-ffile-prefix-map=$shim=shim")
# All functions but those of hot-functions.txt are compiled for size, which is
# time at every start: see hot-functions.sh.
while read -r f; do cflags+=(-mllvm "-force-remove-attribute=$f:minsize"); done <"$shim/hot-functions.txt"
objs=() jobs=()
compile() { # object source flags...
  local o="$work/$1.o" c="$work/$1-cold.c" s=$2; shift 2
  printf '#pragma clang attribute push(__attribute__((minsize)), apply_to = function)\n#include "%s"\n#pragma clang attribute pop\n' "$s" >"$c"
  clang-19 "${cflags[@]}" "$@" -c "$c" -o "$o" || die "compiling $s failed" &
  jobs+=($!) objs+=("$o")
}
for f in quickjs libregexp libunicode dtoa quickjs-libc; do compile "$f" "$src/$f.c" -w; done
for f in api http llhttp; do compile "llhttp-$f" "$sys/src/llhttp/src/$f.c"; done
for f in "$shim"/*.c; do
  compile "shim-$(basename "$f" .c)" "$f" -Wall -Wextra -Wno-unused-parameter -Werror
done

for job in "${jobs[@]}"; do wait "$job" || exit 1; done

# What makes the leaf interpreter fast: see the head of quickjs-fast.h.
leaf=$(llvm-objdump-19 -d --no-show-raw-insn --disassemble-symbols=js_fast_interpret "$work/quickjs.o")
grep -q br_table <<<"$leaf" || die "js_fast_interpret is not in the build"
if grep -wE 'call|call_indirect' <<<"$leaf"; then
  die "js_fast_interpret contains calls, which take its speed: force their inlining, or leave such cases to js_interpret_calls"
fi

lib=$sys/lib/wasm32-wasi
rt=$(dirname "$(clang-19 -print-libgcc-file-name)")/../wasi/libclang_rt.builtins-wasm32.a
[ -f "$rt" ] || rt=$(clang-19 -print-resource-dir)/lib/wasi/libclang_rt.builtins-wasm32.a
# The C stack comes first, so that running over it traps instead of writing on data.
wasm-ld-19 -o "$work/quickjs.wasm" --entry=_initialize --gc-sections --compress-relocations --stack-first -z stack-size=1048576 \
  --initial-memory=2097152 --export=__stack_pointer --strip-debug \
  "$lib/crt1-reactor.o" "${objs[@]}" -L"$lib" -lc -lwasi-emulated-signal -lwasi-emulated-process-clocks "$rt" ||
  die "linking failed"
[ "$mode" = names ] || llvm-strip-19 --strip-all "$work/quickjs.wasm"

sum=$(sha256sum <"$work/quickjs.wasm" | cut -d' ' -f1)
case $mode in
  out | names) cp "$work/quickjs.wasm" "$out"; echo "$sum  $out" ;;
  check)
    cmp -s "$work/quickjs.wasm" "$root/wasm/quickjs.wasm" ||
      die "the build ($sum) differs from the committed wasm/quickjs.wasm ($(sha256sum <"$root/wasm/quickjs.wasm" | cut -d' ' -f1))"
    echo "wasm/quickjs.wasm is what the sources give ($sum)" ;;
  build)
    install -m 644 "$work/quickjs.wasm" "$root/wasm/quickjs.wasm"
    printf '%s  quickjs.wasm\n' "$sum" >"$root/wasm/SHA256SUMS"
    echo "$sum  wasm/quickjs.wasm ($(stat -c %s "$root/wasm/quickjs.wasm") bytes)" ;;
esac
