// Package http compares HTTP servers under one load: wqjs, node and Go's
// net/http, each in a process of its own, in turns, so that all see the same
// machine. The load generator is load.go.
package http
