//go:build unix

package host_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/wqjs/wqjs/host"
)

// A script meets a slow server that resets connections, and no real network.
func ExampleVirtualNet() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)

	network, err := host.NewVirtualNet(host.VirtualNetConfig{
		Hosts: map[string][]string{"api.test": {"10.0.0.7"}},
		Link: func(network, from, to string) host.VirtualLink {
			return host.VirtualLink{Latency: 5 * time.Millisecond, ResetAfter: 180}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer network.Close()
	listener, err := network.Listen("tcp", "10.0.0.7:80")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s", r.URL.Path)
	})}
	go server.Serve(listener)
	defer server.Close()

	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{
		Net: network,
		Policy: host.Policy{
			Connect: []string{"10.0.0.0/8:80"}, // the policy is as on a real network
			Resolve: []string{"api.test"},
		},
		Stdout: os.Stdout,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()
	err = sandbox.EvalModule(ctx, "/client.js", `
		import { connect } from 'wqjs:net';
		const conn = await connect({ host: 'api.test', port: 80 });
		const decoder = new TextDecoder();
		for (const path of ['/1', '/2', '/3', '/4']) {
			try {
				await conn.write('GET ' + path + ' HTTP/1.1\r\nHost: api.test\r\n\r\n');
				print(decoder.decode(await conn.read()).split('\r\n\r\n')[1]);
			} catch (e) {
				print(e.code);
				break;
			}
		}
		conn.close();
	`)
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// hello, /1
	// ECONNRESET
}
