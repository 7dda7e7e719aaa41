package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/wqjs/wqjs/host"
)

// A run is recorded, repeated, and repeated with a change.
func ExampleRecorder() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)

	const source = `const roll = 1 + Math.floor(Math.random() * 6);
console.log(roll >= 1 && roll <= 6 ? "a fair roll" : "cheated");`
	var recording, first bytes.Buffer
	recorder := host.NewRecorder(&recording, 0)
	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{Stdout: &first, Record: recorder})
	if err != nil {
		log.Fatal(err)
	}
	if err := sandbox.EvalModule(ctx, "/app/dice.js", source); err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(sandbox.Close(), recorder.Err()); err != nil { // it is complete now
		log.Fatal(err)
	}

	again, err := engine.Replay(ctx, bytes.NewReader(recording.Bytes()), host.ReplayConfig{Stdout: os.Stdout})
	fmt.Println(again.Err, err)

	changed := source + "\nconsole.log(roll * 0);"
	_, err = engine.Replay(ctx, bytes.NewReader(recording.Bytes()), host.ReplayConfig{Source: &changed})
	var diverged *host.DivergenceError
	if errors.As(err, &diverged) {
		fmt.Println(diverged.Got)
		fmt.Println(diverged.Position)
	}
	// Output:
	// a fair roll
	// <nil> <nil>
	// wasi_snapshot_preview1.fd_write(1, "0\n", 1, …)
	// /app/dice.js:3
}
