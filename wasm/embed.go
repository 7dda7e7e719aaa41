// Package wasm holds the engine: QuickJS-NG, llhttp and our shim, compiled to
// WASI. scripts/fetch-wasm.sh builds it; PROVENANCE.md says from what.
package wasm

import _ "embed"

// QuickJS is the WebAssembly module. Do not write to it.
//
//go:embed quickjs.wasm
var QuickJS []byte

// Sums is the content of SHA256SUMS.
//
//go:embed SHA256SUMS
var Sums string

// Version is that of QuickJS-NG.
const Version = "0.17.0"
