# What CI runs (.ci/run) and what developers need. The README's two commands
# need none of it.

GO ?= go
PLATFORMS = linux darwin freebsd windows
ARCHS = amd64 arm64

.PHONY: check build vet fmt test stress copies cross types bench bench-engine fuzz check-wasm wasm

check: build vet fmt cross types test stress copies

build:
	$(GO) build ./...

vet:
	$(GO) vet ./...
	cd tests/bench && $(GO) vet ./...

fmt:
	@out=$$(gofmt -l .); [ -z "$$out" ] || { echo "gofmt these files:"; echo "$$out"; exit 1; }

test:
	$(GO) test -race ./...

# What pools and resets promise, again and again: half a minute.
stress:
	$(GO) test -race -count=20 -run '^Test(Pool|PoolEvicts|PoolClose|PoolStress|GrantPool|QueuedReset|ResetRestores)$$' ./host

# Images as systems other than Linux have them: copies.
copies:
	$(GO) test -tags wqjs_copy ./imports/internal/linmem
	$(GO) test -tags wqjs_copy -run 'Image|Reset|Recycled|PoolStress' -skip TestImageLimits ./host

# Everything compiles everywhere; tests of other systems are vetted too.
cross:
	@for os in $(PLATFORMS); do for arch in $(ARCHS); do \
	  GOOS=$$os GOARCH=$$arch $(GO) vet ./... || { echo "cross-build for $$os/$$arch failed"; exit 1; }; \
	done; done

# The type definitions against the examples. Needs node and npm.
types:
	cd tests/types && npm ci --silent --no-audit --no-fund && npx tsc --noEmit -p .

# Benchmarks, each once: they must stay alive. Numbers: see CONTRIBUTING.md.
bench:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...
	cd tests/bench && $(GO) test -bench . -benchtime 1x ./...

# Engines compared, minutes: into docs/benchmarks.md. The tag keeps the peers,
# half a minute to compile, out of CI.
bench-engine:
	cd tests/bench && $(GO) run -tags peers ./engine -o ../../docs/benchmarks.md

# Every fuzz target for FUZZTIME.
FUZZTIME ?= 60s
fuzz:
	scripts/fuzz.sh $(FUZZTIME)

# Rebuild the engine and compare with the committed file.
check-wasm:
	scripts/fetch-wasm.sh --check

wasm:
	scripts/fetch-wasm.sh
