package host

import (
	"fmt"
	"testing"
)

// The benchmarks of this file are of crossings: an operation is one call.

// BenchmarkCallHost is a call from JavaScript to a host function: fcntl, which
// looks an fd up.
func BenchmarkCallHost(b *testing.B) {
	s, _ := sandbox(b, SandboxConfig{})
	const script = `import s from 'wqjs:sockets';
const [fd] = s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0);
globalThis.call = n => { for (let i = 0; i < n; i++) s.fcntl(fd, s.F_GETFL, 0); };`
	if err := s.EvalModule(b.Context(), "/call.js", script); err != nil {
		b.Fatal(err)
	}
	evalN(b, s, "call(%d)")
}

// BenchmarkEvent is an event of the host's that calls a JavaScript function,
// which makes the next one due.
func BenchmarkEvent(b *testing.B) {
	s, _ := sandbox(b, SandboxConfig{})
	const script = `globalThis.call = n => { const f = () => { if (--n > 0) setTimeout(f, 0); }; f(); };`
	if err := s.Eval(b.Context(), "call.js", script); err != nil {
		b.Fatal(err)
	}
	evalN(b, s, "call(%d)")
}

// evalN evaluates a script that does b.N operations, and what it leaves pending.
func evalN(b *testing.B, s *Sandbox, script string) {
	b.ReportAllocs()
	b.ResetTimer()
	if err := s.Eval(b.Context(), "n.js", fmt.Sprintf(script, b.N)); err != nil {
		b.Fatal(err)
	}
	if err := s.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkEval is a script of one token, from Go.
func BenchmarkEval(b *testing.B) {
	s, _ := sandbox(b, SandboxConfig{})
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Eval(b.Context(), "e.js", "0"); err != nil {
			b.Fatal(err)
		}
	}
}
