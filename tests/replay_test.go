package tests

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host"
)

// replayed are the tests that are also recorded and replayed, so that together
// they use most imports; with WQJS_RECORD=1 all are.
var replayed = []string{
	"net/streams.js", "net/dns.js", "net/udp.js", "sockets/epoll.js", "sockets/options.js", "sockets/poll.js",
	"std/file.js", "std/os.js", "http/server.js", "express/static.js", "express/middleware.js", "tls/basic.js", "ws/deflate.js",
}

// record makes c record the test in file. The result replays it and compares what
// it prints.
func record(t *testing.T, engine *host.Engine, c *host.SandboxConfig, file string) (replay func(out, errs string)) {
	name := filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file)))
	if os.Getenv("WQJS_RECORD") == "" && !slices.Contains(replayed, name) {
		return func(string, string) {}
	}
	var tape bytes.Buffer
	c.Record = host.NewRecorder(&tape, 0)
	return func(out, errs string) {
		if err := c.Record.Err(); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
		defer cancel()
		var gotOut, gotErrs bytes.Buffer
		got, err := engine.Replay(ctx, &tape, host.ReplayConfig{Stdout: &gotOut, Stderr: &gotErrs})
		if err := errors.Join(err, got.Err); err != nil {
			t.Errorf("replay: %v", err)
		}
		if gotOut.String() != out || gotErrs.String() != errs {
			t.Errorf("replay printed\n%s%s, want\n%s%s", &gotOut, &gotErrs, out, errs)
		}
	}
}
