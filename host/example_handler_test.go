//go:build unix

package host_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/wqjs/wqjs/host"
)

// An Express app in a Go server: no port of its own, no permissions.
func ExampleSandbox_Handler() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)
	files := fstest.MapFS{"main.js": {Data: []byte(`
		import express from 'express';
		const app = express();
		app.get('/hello/:who', (req, res) => res.send('Hello, ' + req.params.who));
		export default app;
	`)}}
	sandbox, err := engine.NewSandbox(ctx, host.SandboxConfig{Mounts: []host.Mount{{GuestPath: "/app", FS: files}}})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()
	app, err := sandbox.Handler(ctx, host.HandlerConfig{Module: "/app/main.js"})
	if err != nil {
		log.Fatal(err)
	}
	defer app.Close()

	mux := http.NewServeMux()
	mux.Handle("/hello/", app)
	server := httptest.NewServer(mux)
	defer server.Close()

	res, err := http.Get(server.URL + "/hello/Ada")
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	fmt.Println(res.StatusCode, string(text), err)
	// Output: 200 Hello, Ada <nil>
}
