package tests

import (
	"context"
	"sync"
	"testing"

	"github.com/wqjs/wqjs/host"
)

var newEngine = sync.OnceValues(func() (*host.Engine, error) {
	return host.NewEngine(context.Background(), host.Config{})
})

// sharedEngine is compiled once for all tests, and lives as long as they do.
func sharedEngine(t *testing.T) *host.Engine {
	t.Helper()
	engine, err := newEngine()
	if err != nil {
		t.Fatal(err)
	}
	return engine
}
