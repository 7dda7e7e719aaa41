#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time (default 60s each).
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-60s}
grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r dir; do
  grep -h '^func Fuzz' "$dir"/*_test.go | sed -E 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/' | sort -u | while read -r target; do
    echo "== $dir $target"
    # Coverage varies with the scheduler, so that minimizing, 60 s by default, seldom ends.
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 100x "$dir" </dev/null
  done
done
