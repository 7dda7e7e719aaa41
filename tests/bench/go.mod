module github.com/wqjs/wqjs/tests/bench

go 1.26.0

require github.com/wqjs/wqjs v0.0.0

require (
	github.com/tetratelabs/wazero v1.12.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/wqjs/wqjs => ../..
