package bench

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/host"
)

// callScript times calls from JavaScript in rounds and prints the median of
// each in nanoseconds, the loop itself subtracted.
const callScript = `
import * as s from 'wqjs:sockets';
const [a, b] = s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0);
s.setnonblocking(b);
const one = new Uint8Array(1), many = new Uint8Array(1024);
const N = 2000, ROUNDS = 31;
function time(f) {
  const times = [];
  for (let r = 0; r < ROUNDS; r++) {
    const t = performance.now();
    f();
    times.push((performance.now() - t) * 1e6 / N);
  }
  return times.sort((x, y) => x - y)[ROUNDS >> 1];
}
const loop = time(() => { for (let i = 0; i < N; i++) one.length; });
const report = (name, f) => print(name, (time(f) - loop).toFixed(0));
report('fcntl', () => { for (let i = 0; i < N; i++) s.fcntl(a, s.F_GETFL, 0); });
report('send+recv-1', () => { for (let i = 0; i < N; i++) { s.send(a, one, 0); s.recvInto(b, one); } });
report('send+recv-1024', () => { for (let i = 0; i < N; i++) { s.send(a, many, 0); s.recvInto(b, many); } });
s.close(a);
s.close(b);
`

// BenchmarkCall reports what a host call from JavaScript costs, in nanoseconds:
// fcntl is the crossing alone (arguments, table look-up, result), a pair of
// send and recv adds two system calls.
func BenchmarkCall(b *testing.B) {
	ctx := context.Background()
	engine := newEngine(b)
	for b.Loop() {
		var out bytes.Buffer
		sb, err := engine.NewSandbox(ctx, host.SandboxConfig{Stdout: &out})
		if err != nil {
			b.Fatal(err)
		}
		if err := sb.EvalModule(ctx, "/call.js", callScript); err != nil {
			b.Fatal(err)
		}
		sb.Close()
		for line := range strings.Lines(out.String()) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			ns, err := strconv.ParseFloat(value, 64)
			if err != nil {
				b.Fatalf("%q: %v", line, err)
			}
			b.ReportMetric(ns, name+"-ns")
		}
	}
}
