#!/usr/bin/env bash
# Finds out which C functions of the engine are worth their size, and writes
# them into wasm/shim/hot-functions.txt: those that take a measurable part of
# the time of any workload. fetch-wasm.sh compiles all others for size, which
# is time at every start. Needs perf (Debian: linux-perf); takes minutes. Run it
# after changes of the engine that add functions, and build.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"; git checkout -q -- wasm/quickjs.wasm' EXIT
scripts/fetch-wasm.sh --names "$work/quickjs.wasm"
cp "$work/quickjs.wasm" wasm/quickjs.wasm
go build -tags perfmap -o "$work/wqjs" ./cmd/wqjs
go build -tags perfmap -o "$work/hostile" ./tests/hostile
(cd tests/bench && go build -tags perfmap -o "$work/engine" ./engine)

profile() { # name, least part of the samples in the engine, command...
  local name=$1 least=$2; shift 2
  WQJS_CACHE=off timeout 900 perf record -q -F 1500 -e cpu-clock:u -o "$work/perf.data" "$@" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; echo "hot-functions: $name failed" >&2; exit 1; }
  perf script -i "$work/perf.data" -F ip,sym 2>/dev/null |
    sed -nE 's/.*\.([A-Za-z0-9_]+):::::L[0-9]+.*/\1/p' | sort | uniq -c |
    awk -v least="$least" '{ n[$2] = $1; sum += $1 } END { for (f in n) if (n[f] >= least * sum && n[f] > 1) print f }' >"$work/$name.hot"
  echo "$name: $(wc -l <"$work/$name.hot") functions"
}

kernels=$(sed -nE 's/^kernels\.([a-z0-9]+) = .*/\1/p' tests/bench/engine/kernels.js tests/bench/engine/programs/*.js)
profile engine 0.00005 bash -c 'for i in {1..30}; do printf "%s\n" $1; done | "$0" -serve wqjs' "$work/engine" "$kernels"
profile parse 0.005 "$work/wqjs" --allow-read=. tests/bench/hot/parse.js tests/bench/engine/programs/*.js
profile server 0.0003 "$work/wqjs" --allow-listen=127.0.0.1 --allow-connect=127.0.0.1 tests/bench/hot/server.js
profile builtins 0.002 "$work/hostile" -only builtins/ -rounds 3

LC_ALL=C sort -u "$work"/*.hot >wasm/shim/hot-functions.txt
echo "wasm/shim/hot-functions.txt: $(wc -l <wasm/shim/hot-functions.txt) functions"
