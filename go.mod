module github.com/wqjs/wqjs

go 1.26.0

require (
	github.com/andybalholm/brotli v1.3.0
	github.com/tetratelabs/wazero v1.12.0
	golang.org/x/sys v0.49.0
)
