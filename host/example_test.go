package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/wqjs/wqjs/host"
)

// newEngine makes the engine that the examples use. Where code is kept between
// runs is up to the program.
func newEngine(ctx context.Context) *host.Engine {
	dir, err := os.UserCacheDir()
	if err != nil {
		log.Fatal(err)
	}
	engine, err := host.NewEngine(ctx, host.Config{CacheDir: filepath.Join(dir, "wqjs")})
	if err != nil {
		log.Fatal(err)
	}
	return engine
}

func Example() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)

	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{Stdout: os.Stdout})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()

	if err := sandbox.Eval(ctx, "hello.js", `
		setTimeout(() => console.log("and goodbye"), 10);
		console.log("Hello", [1, 2, 3].map((n) => n * n));
	`); err != nil {
		log.Fatal(err)
	}
	if err := sandbox.Run(ctx); err != nil { // until no timer is left
		log.Fatal(err)
	}
	// Output:
	// Hello [ 1, 4, 9 ]
	// and goodbye
}

func Example_errors() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)
	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()

	err = sandbox.Eval(ctx, "rules.js", "const rule = null;\nrule.apply();")
	var thrown *host.JSError
	if errors.As(err, &thrown) {
		fmt.Println(thrown.Position())
		fmt.Println(thrown)
	}
	// Output:
	// rules.js:2:1
	// TypeError: cannot read property 'apply' of null
}

func ExamplePolicy() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)

	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{
		Policy: host.Policy{Listen: []string{"127.0.0.1:0"}},
		Stdout: os.Stdout,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()

	if err := sandbox.EvalModule(ctx, "/app/main.js", `
		import sockets from 'wqjs:sockets';
		const open = () => sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM, 0);
		const server = open();
		sockets.bind(server, '127.0.0.1', 0);
		sockets.listen(server, 5);
		console.log('listening');
		try {
			sockets.connect(open(), '192.0.2.1', 443);
		} catch (e) {
			console.log(e.code, '-', e.message);
		}
	`); err != nil {
		log.Fatal(err)
	}
	// Output:
	// listening
	// EACCES - connect to 192.0.2.1:443 denied: not granted (allow it with --allow-connect=192.0.2.1:443)
}

func ExampleLimits() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)

	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{
		Limits: host.Limits{Memory: 16 << 20, CPUTime: time.Minute},
		Stdout: os.Stdout,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()

	for _, run := range []struct {
		source  string
		timeout time.Duration // of this call, besides what the sandbox may use in all
	}{
		{"const a = []; for (;;) a.push(new Uint8Array(1 << 20))", time.Minute},
		{"(function f() { f() })()", time.Minute},
		{"for (;;);", 50 * time.Millisecond},
	} {
		call, cancel := context.WithTimeout(ctx, run.timeout)
		err := sandbox.Eval(call, "limits.js", "{"+run.source+"}")
		fmt.Println(err, errors.Is(err, context.DeadlineExceeded))
		cancel()
	}
	// Output:
	// InternalError: out of memory false
	// RangeError: Maximum call stack size exceeded false
	// interrupted: context deadline exceeded true
}

// A sandbox without any rule serves on a listener that the program opened.
func ExampleGrant() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()

	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{Grants: []host.Grant{{Name: "web", File: file}}})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()

	served := make(chan error, 1)
	go func() {
		served <- sandbox.EvalModule(ctx, "/serve.js", `
			import sockets, { granted } from 'wqjs:sockets';
			const web = granted.find((g) => g.name === 'web');
			const client = sockets.accept(web.fd);
			sockets.send(client.fd, 'Hello from the sandbox', 0);
			sockets.close(client.fd);
		`)
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	text, err := io.ReadAll(conn)
	fmt.Println(string(text), err, <-served)
	// Output: Hello from the sandbox <nil> <nil>
}

func ExampleSandbox_Interrupt() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)
	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()

	reconfigured := errors.New("new configuration")
	time.AfterFunc(50*time.Millisecond, func() { sandbox.Interrupt(reconfigured) })
	err = sandbox.Eval(ctx, "loop.js", "for (;;);")
	fmt.Println(err, errors.Is(err, reconfigured))
	// Output: interrupted: new configuration true
}
