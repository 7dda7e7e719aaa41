package host_test

import (
	"context"
	"fmt"
	"log"

	"github.com/wqjs/wqjs/host"
)

// A run with everything allowed shows what a script needs: only for scripts that
// are trusted. Later ones get no more than that.
func ExamplePolicyRecorder() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)
	const script = `
		import sockets from 'wqjs:sockets';
		import { getenv } from 'std';
		const server = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM, 0);
		sockets.bind(server, '127.0.0.1', 0);
		getenv('LANG');`
	run := func(p host.Policy) error {
		sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{Policy: p, Env: []string{"LANG=C", "TOKEN=secret"}})
		if err != nil {
			return err
		}
		defer sandbox.Close()
		return sandbox.EvalModule(ctx, "/app.js", script)
	}

	recorder := &host.PolicyRecorder{}
	if err := run(host.Policy{All: true, Recorder: recorder}); err != nil {
		log.Fatal(err)
	}
	learned := recorder.Policy()
	fmt.Println(learned.Listen, learned.Env)

	parsed, err := host.ParsePolicy(learned.Format(""), "") // as a file would be read
	fmt.Println(err, run(parsed))
	// Output:
	// [127.0.0.1:0] [LANG]
	// <nil> <nil>
}
