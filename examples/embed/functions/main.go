// Command functions is an HTTP server for functions of many tenants, in front of
// which stands Go's net/http. Each tenant's app is loaded into an image once, and
// each request gets a sandbox of its own from it, with the tenant's limits and
// no permissions.
//
//	go run ./examples/embed/functions 127.0.0.1:8080
//	curl http://127.0.0.1:8080/greet/Ada
//	curl -d hello http://127.0.0.1:8080/upper/
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/wqjs/wqjs/host"
)

//go:embed tenants/*.js
var files embed.FS

// Server serves /TENANT/… by the function of that tenant.
type Server struct {
	engine  *host.Engine
	tenants map[string]tenant
	mux     *http.ServeMux
}

type tenant struct {
	image *host.Image
	pool  *host.Pool
}

// New loads each file NAME.js of a folder as the function of tenant NAME.
func New(ctx context.Context, functions fs.FS, logger *log.Logger) (_ *Server, err error) {
	var c host.Config
	if dir, err := os.UserCacheDir(); err == nil {
		c.CacheDir = filepath.Join(dir, "wqjs") // compile once a machine
	}
	s := &Server{tenants: map[string]tenant{}, mux: http.NewServeMux()}
	if s.engine, err = host.NewEngine(ctx, c); err != nil {
		return nil, err
	}
	names, err := fs.Glob(functions, "*.js")
	for _, file := range names {
		if err == nil {
			err = s.load(ctx, functions, file, logger)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

func (s *Server) load(ctx context.Context, functions fs.FS, file string, logger *log.Logger) error {
	module := "/functions/" + file
	image, err := s.engine.NewImage(ctx, host.ImageConfig{
		Sandbox: host.SandboxConfig{Mounts: []host.Mount{{GuestPath: "/functions", FS: functions}}},
		Modules: []string{module, "wqjs:serve"},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	pool, err := image.NewPool(ctx, host.PoolConfig{
		Size: 16,
		Sandbox: host.SandboxConfig{
			Limits: host.Limits{Memory: 32 << 20, CPUTime: 500 * time.Millisecond, Output: 64 << 10},
		},
	})
	if err != nil {
		return errors.Join(err, image.Close())
	}
	name := strings.TrimSuffix(path.Base(file), ".js")
	s.tenants[name] = tenant{image, pool}
	handler := pool.Handler(host.HandlerConfig{Module: module, Timeout: 5 * time.Second, MaxRequests: 100, ErrorLog: logger})
	s.mux.Handle("/"+name+"/", http.StripPrefix("/"+name, http.MaxBytesHandler(handler, 1<<20)))
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close ends the functions.
func (s *Server) Close(ctx context.Context) error {
	var errs []error
	for _, t := range s.tenants {
		errs = append(errs, t.pool.Close(), t.image.Close())
	}
	return errors.Join(append(errs, s.engine.Close(ctx))...)
}

func main() {
	addr := "127.0.0.1:8080"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	if err := serve(addr); err != nil {
		log.Fatal(err)
	}
}

func serve(addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	functions, err := fs.Sub(files, "tenants")
	if err != nil {
		return err
	}
	s, err := New(ctx, functions, log.Default())
	if err != nil {
		return err
	}
	defer s.Close(context.Background())
	server := &http.Server{Addr: addr, Handler: s, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	log.Printf("serving %d functions on http://%s", len(s.tenants), addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
