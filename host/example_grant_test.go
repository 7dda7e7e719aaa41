//go:build unix

package host_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/wqjs/wqjs/host"
)

// A script may talk by one connection of Go's, and no other: it may send 12
// bytes, within a minute.
func ExampleGrant_budget() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)
	ours, theirs := net.Pipe()
	said := make(chan string)
	go func() {
		text, _ := io.ReadAll(ours)
		said <- string(text)
	}()
	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{
		Grants: []host.Grant{{Name: "upstream", Conn: theirs, SendBytes: 12, Deadline: time.Now().Add(time.Minute)}},
		Stdout: os.Stdout,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()
	err = sandbox.EvalModule(ctx, "/talk.js", `
		import { connect } from 'wqjs:net';
		import { granted } from 'wqjs:sockets';
		const { fd } = granted.find((g) => g.name === 'upstream');
		const conn = await connect({ fd });
		await conn.write('hello, world! And more');
		try { await conn.read(); } catch (e) { print(e.code); }
		conn.close();
	`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-said)
	// Output:
	// EDQUOT
	// hello, world
}

// A sandbox that runs gets one more connection, which it owns from then on.
func ExampleSandbox_Grant() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)
	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()
	if err := sandbox.EvalModule(ctx, "/echo.js", `
		import { connect } from 'wqjs:net';
		globalThis.echo = async (fd) => {
			const conn = await connect({ fd });
			for await (const bytes of conn) await conn.write(bytes);
			await conn.end();
		};
	`); err != nil {
		log.Fatal(err)
	}

	ours, theirs := net.Pipe()
	fd, err := sandbox.Grant(ctx, host.Grant{Name: "client", Conn: theirs, Rights: host.RightRecv | host.RightSend})
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		_, err := sandbox.Call(ctx, "echo", fd)
		served <- err
	}()
	fmt.Fprint(ours, "hello")
	answer := make([]byte, 5)
	_, err = io.ReadFull(ours, answer)
	ours.Close()
	fmt.Println(string(answer), err, <-served)
	// Output: hello <nil> <nil>
}
