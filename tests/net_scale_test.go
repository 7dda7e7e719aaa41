package tests

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
)

// TestNetScale opens 2,000 connections of wqjs:net at once inside one sandbox,
// three times over: every byte comes back, no fd is left, and the memory that
// the first rounds took is enough for the last one.
func TestNetScale(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	src, err := os.ReadFile(filepath.Join("js", "net", "_scale.js"))
	if err != nil {
		t.Fatal(err)
	}
	sb, err := sharedEngine(t).NewSandbox(ctx, host.SandboxConfig{
		Policy: host.Policy{Listen: []string{"127.0.0.1"}, Connect: []string{"127.0.0.1"}},
		Limits: host.Limits{FDs: 4100}, // two for each connection
		Stderr: os.Stderr,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sb.Close()
	var memory [3]uint64
	for i := range memory {
		start := time.Now()
		if err := sb.EvalModule(ctx, "/scale.js", string(src)); err != nil {
			t.Fatalf("round %d: %v", i+1, err)
		}
		if err := sb.Run(ctx); err != nil {
			t.Fatalf("round %d: %v", i+1, err)
		}
		stats := sb.Stats()
		if stats.FDs != 0 {
			t.Errorf("round %d: %d fds are still open", i+1, stats.FDs)
		}
		memory[i] = stats.Memory
		t.Logf("round %d: %v, %d KiB", i+1, time.Since(start).Round(time.Millisecond), stats.Memory>>10)
	}
	const page = 64 << 10
	if memory[2] > memory[1]+2*page { // 64 bytes for each connection
		t.Errorf("memory grows with every round: %v bytes", memory)
	}
}
