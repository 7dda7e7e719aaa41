package host

import "testing"

// Shutdown asks a program whose server listens to end, and no other.
func TestShutdown(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{Policy: Policy{Listen: []string{"127.0.0.1"}}})
	if s.Shutdown() {
		t.Error("an idle sandbox was asked")
	}
	err := s.EvalModule(t.Context(), "/app.js", `
		import { createServer } from 'wqjs:http';
		const server = createServer(() => {});
		await new Promise((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));`)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Shutdown() {
		t.Error("a sandbox with a server cannot be asked")
	}
	if err := s.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if s.Shutdown() {
		t.Error("it was asked again, after its server was closed")
	}
	s.Close()
	if s.Shutdown() {
		t.Error("a closed sandbox was asked")
	}
}
