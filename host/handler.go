package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"sync"
	"time"
)

// HandlerConfig configures a Handler.
type HandlerConfig struct {
	// Module is the app, as an import statement names it: "/app/main.js". It
	// exports by default what wqjs:serve takes (an app of wqjs:express, a handler
	// of wqjs:http, an object with fetch(request)), or listens by itself: its
	// first listener is the Handler's, whatever the port, and needs no
	// permission.
	Module string
	// Timeout is how long the app may take from a request's arrival to the head
	// of its response: default 30 s; negative is no limit. Bodies may take longer.
	Timeout time.Duration
	// MaxRequests is how many requests may be in progress: default 256. Others
	// are answered at once.
	MaxRequests int
	// ErrorLog is told why requests failed; nil is none.
	ErrorLog *log.Logger
}

const (
	defaultHandlerTimeout  = 30 * time.Second
	defaultHandlerRequests = 256
	// handlerIdle is how long a connection to the app is kept for the next
	// request: less than servers of wqjs:http keep theirs.
	handlerIdle = time.Second
)

// Handler is an app of a sandbox as an http.Handler, without a port. Requests and
// responses are streamed both ways; one whose client leaves is aborted in the
// app, too; upgrades, such as WebSockets, pass. The app sees the client's address
// in X-Forwarded-For, and Host as it came.
//
// What the app does not answer is answered for it: with 503 when it has ended or
// MaxRequests are in progress, 504 after Timeout, and 502 when it dropped the
// connection or its sandbox ended while it had the request. Its own limits (of
// header and body sizes, say) and errors are responses of its own.
//
// ServeHTTP may be called from any goroutine.
type Handler struct {
	net    *VirtualNet
	proxy  *httputil.ReverseProxy
	config HandlerConfig
	module string // its name, resolved
	slots  chan struct{}
	cancel context.CancelCauseFunc
	done   chan struct{}
	err    error // why the app ended; valid when done is closed
}

// Errors of requests that a Handler answers by itself, and of Handler.Err.
var (
	ErrHandlerClosed  = errors.New("the handler was closed")
	errAppEnded       = errors.New("the app has ended: it has nothing left to wait for")
	errHandlerTimeout = errors.New("the app did not answer in time")
	errHandlerBusy    = errors.New("too many requests are in progress")
)

// handlerAddr is where the app listens, in a network of the handler's own.
var handlerAddr = netip.MustParseAddrPort("127.0.0.1:80")

// Handler loads an app and serves it, until the Handler is closed, the sandbox
// is, or the app has ended. The context bounds the loading. While it serves, the
// sandbox's calls belong to the app: others wait until the Handler is closed.
func (s *Sandbox) Handler(ctx context.Context, c HandlerConfig) (*Handler, error) {
	h, err := s.mounted(ctx, c)
	if err != nil {
		return nil, err
	}
	client := &http.Transport{
		DialContext:        h.dial,
		DisableCompression: true,
		IdleConnTimeout:    handlerIdle, MaxIdleConnsPerHost: h.config.MaxRequests,
	}
	h.start(ctx, s, client, client.CloseIdleConnections)
	return h, nil
}

// mounted is a Handler whose app is loaded and does not run yet.
func (s *Sandbox) mounted(ctx context.Context, c HandlerConfig) (*Handler, error) {
	if c.Module == "" {
		return nil, errors.New("HandlerConfig.Module is empty")
	}
	if c.MaxRequests < 0 {
		return nil, fmt.Errorf("HandlerConfig.MaxRequests is %d, must not be negative", c.MaxRequests)
	}
	c.Timeout = cmp.Or(c.Timeout, defaultHandlerTimeout)
	c.MaxRequests = cmp.Or(c.MaxRequests, defaultHandlerRequests)
	v, err := NewVirtualNet(VirtualNetConfig{MaxSockets: 4*c.MaxRequests + 8})
	if err != nil {
		return nil, err
	}
	module, err := s.mount(ctx, v, c.Module)
	if err != nil {
		v.Close()
		return nil, err
	}
	return &Handler{net: v, config: c, module: module, slots: make(chan struct{}, c.MaxRequests), done: make(chan struct{})}, nil
}

// start runs the app, to which requests go by client; ended is called after it.
func (h *Handler) start(ctx context.Context, s *Sandbox, client http.RoundTripper, ended func()) {
	h.proxy = &httputil.ReverseProxy{
		Rewrite: rewrite, Transport: toApp{h, client}, FlushInterval: -1, ErrorHandler: h.failed, ErrorLog: h.config.ErrorLog,
		BufferPool: copyBuffers{},
	}
	if h.config.ErrorLog == nil {
		h.proxy.ErrorLog = log.New(io.Discard, "", 0) // not the standard logger
	}
	run, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	h.cancel = cancel
	go func() {
		defer close(h.done)
		defer cancel(nil)
		if h.err = s.Run(run); h.err == nil {
			h.err = errAppEnded
		}
		h.net.Close() // ends the requests in progress
		ended()
	}()
}

// mount loads the app, whose name it resolves, and gives it a listener in v.
func (s *Sandbox) mount(ctx context.Context, v *VirtualNet, module string) (name string, err error) {
	var fd int32
	err = s.enter(ctx, func(context.Context) (err error) {
		if fd, err = s.guest.ListenIn(v.net, handlerAddr); err == nil {
			name, err = s.modules.Resolve(guestPath("[handler]"), module)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	// Not as a script, which would have to be compiled.
	return name, s.callInto(ctx, 0, "wqjs:serve#mount", []any{fd, name}, new(Value))
}

func (h *Handler) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return h.net.Dial(ctx, "tcp", handlerAddr.String())
}

// copyBuffers are what bodies of responses are copied with: they were half of what
// a request allocates.
type copyBuffers struct{}

var copyBufferPool = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// Get implements httputil.BufferPool.
func (copyBuffers) Get() []byte { return copyBufferPool.Get().(*[32 << 10]byte)[:] }

// Put implements httputil.BufferPool.
func (copyBuffers) Put(b []byte) { copyBufferPool.Put((*[32 << 10]byte)(b)) }

// rewrite makes the request that the app gets.
func rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host = "http", handlerAddr.String()
	r.Out.URL.RawQuery = r.In.URL.RawQuery // whatever there is in it
	r.Out.Host = r.In.Host
	r.SetXForwarded()
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		// Else net/http waits for the body's end before the response starts.
		_ = http.NewResponseController(w).EnableFullDuplex()
		h.proxy.ServeHTTP(w, r)
	default:
		h.failed(w, r, errHandlerBusy)
	}
}

// toApp carries requests to the app of a Handler.
type toApp struct {
	*Handler
	client http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (h toApp) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-h.done:
		return nil, h.err
	default:
	}
	ctx, cancel := context.WithCancelCause(r.Context()) // ends with the request's, when the body was sent
	defer after(h.config.Timeout, func() { cancel(errHandlerTimeout) })()
	res, err := h.client.RoundTrip(r.WithContext(ctx))
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		cancel(nil)
	}
	return res, err
}

// after calls f after d, if that is positive, unless stop is called before.
func after(d time.Duration, f func()) (stop func()) {
	if d <= 0 {
		return func() {}
	}
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}

// failed answers for the app.
func (h *Handler) failed(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadGateway
	switch {
	case errors.Is(err, errHandlerTimeout):
		status = http.StatusGatewayTimeout
	case errors.Is(err, errHandlerBusy):
		status = http.StatusServiceUnavailable
	default:
		select {
		case <-h.done:
			if errors.Is(err, h.err) {
				status = http.StatusServiceUnavailable
			}
		default:
		}
	}
	if h.config.ErrorLog != nil && r.Context().Err() == nil {
		h.config.ErrorLog.Printf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	http.Error(w, http.StatusText(status), status) // the reason is for the log alone
}

// Done is closed when the app has ended.
func (h *Handler) Done() <-chan struct{} { return h.done }

// Err is why the app has ended, as Sandbox.Run tells it; nil while it serves.
func (h *Handler) Err() error {
	select {
	case <-h.done:
		return h.err
	default:
		return nil
	}
}

// Close ends the requests in progress and the app's run, and waits for that. The
// sandbox is to be Reset before anything else. It may be called more than once.
func (h *Handler) Close() error {
	h.cancel(ErrHandlerClosed)
	<-h.done
	return nil
}
