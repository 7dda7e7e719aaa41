package host

import (
	"cmp"
	"context"
	"errors"
	"net/http"
)

// Handler serves each request with a sandbox of its own, lent for it: what one
// does to the app's state no other sees. It waits for a sandbox as Get does; a
// client that leaves meanwhile does not keep its place. When the response is
// done, or its client has left, the sandbox is reset, whatever it still does.
// Loading the app and answering have HandlerConfig.Timeout each; an app that
// cannot be loaded is answered with 500. MaxRequests bounds those that wait or
// are in progress. An image with the app in it makes loading cheap.
func (p *Pool) Handler(c HandlerConfig) http.Handler {
	c.Timeout = cmp.Or(c.Timeout, defaultHandlerTimeout)
	slots := make(chan struct{}, cmp.Or(max(c.MaxRequests, 0), defaultHandlerRequests))
	return &poolHandler{pool: p, config: c, slots: slots}
}

type poolHandler struct {
	pool   *Pool
	config HandlerConfig
	slots  chan struct{}
}

func (p *poolHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	default:
		p.fail(w, r, http.StatusServiceUnavailable, errHandlerBusy)
		return
	}
	ctx, cancel := r.Context(), context.CancelFunc(func() {})
	if p.config.Timeout > 0 {
		ctx, cancel = context.WithTimeoutCause(ctx, p.config.Timeout, errHandlerTimeout)
	}
	defer cancel()
	s, err := p.pool.Get(ctx)
	if err != nil {
		p.fail(w, r, status(err, http.StatusServiceUnavailable), err)
		return
	}
	c := p.config
	c.MaxRequests = 1
	h, err := s.mounted(ctx, c)
	if err == nil {
		err = h.startOnce(ctx, s)
	}
	if err != nil {
		p.pool.Put(s)
		p.fail(w, r, status(err, http.StatusInternalServerError), err)
		return
	}
	defer func() {
		go func() { // nobody waits for it
			h.Close()
			p.pool.Put(s)
		}()
	}()
	h.ServeHTTP(w, r)
}

// status is the one for err, which is preset unless time is up.
func status(err error, preset int) int {
	if errors.Is(err, errHandlerTimeout) {
		return http.StatusGatewayTimeout
	}
	return preset
}

func (p *poolHandler) fail(w http.ResponseWriter, r *http.Request, status int, err error) {
	if p.config.ErrorLog != nil {
		p.config.ErrorLog.Printf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	http.Error(w, http.StatusText(status), status)
}
