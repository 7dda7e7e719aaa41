// Package bench compares wqjs with others. It is a module of its own, so that
// the peers are no dependencies of wqjs.
//
//	cd tests/bench && go test -run '^$' -bench .
//
// Ratios come from rounds of both sides in turn, in one process, as medians.
package bench
