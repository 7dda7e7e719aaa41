package host_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/wqjs/wqjs/host"
)

// An app is loaded once; each sandbox starts with it in place, and none sees
// what another did.
func ExampleEngine_NewImage() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)

	image, err := engine.NewImage(ctx, host.ImageConfig{
		Init: func(ctx context.Context, s *host.Sandbox) error {
			return s.EvalModule(ctx, "/app.js", `
				globalThis.visits = 0;
				globalThis.visit = (who) => print(who, "is visitor", ++visits);
			`)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer image.Close()

	for _, who := range []string{"Ada", "Grace"} {
		sandbox, err := image.NewSandbox(ctx, host.SandboxConfig{Stdout: os.Stdout})
		if err != nil {
			log.Fatal(err)
		}
		if err := sandbox.Eval(ctx, "visit.js", fmt.Sprintf("visit(%q)", who)); err != nil {
			log.Fatal(err)
		}
		sandbox.Close()
	}
	// Output:
	// Ada is visitor 1
	// Grace is visitor 1
}

// A pool lends sandboxes that are as new each time, and replaces those that
// broke a limit.
func ExamplePool() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)
	image, err := engine.NewImage(ctx, host.ImageConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer image.Close()
	pool, err := image.NewPool(ctx, host.PoolConfig{
		Size: 4,
		Sandbox: host.SandboxConfig{
			Stdout: os.Stdout,
			Limits: host.Limits{CPUTime: 100 * time.Millisecond},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	for _, source := range []string{"globalThis.x = 1; print(x)", "for (;;);", "print(typeof x)"} {
		err := pool.Do(ctx, func(s *host.Sandbox) error { return s.Eval(ctx, "job.js", source) })
		if errors.Is(err, host.ErrCPUTime) {
			fmt.Println("too long")
		} else if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(pool.Stats().Evicted, "evicted")
	// Output:
	// 1
	// too long
	// undefined
	// 1 evicted
}
