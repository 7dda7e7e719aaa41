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
// are in progress.
//
// An image with the app in it makes loading cheap. After a request to such an app
// its sandbox is prepared for the next one; Get resets one that is.
func (p *Pool) Handler(c HandlerConfig) http.Handler {
	slots := make(chan struct{}, cmp.Or(max(c.MaxRequests, 0), defaultHandlerRequests))
	c.Timeout, c.MaxRequests = cmp.Or(c.Timeout, defaultHandlerTimeout), 1
	return &poolHandler{pool: p, config: c, slots: slots}
}

type poolHandler struct {
	pool   *Pool
	config HandlerConfig // of one sandbox
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
	ctx, cancel := p.limit(r.Context())
	defer cancel()
	s, h, err := p.pool.get(ctx, &p.config)
	if err != nil {
		p.fail(w, r, status(err, http.StatusServiceUnavailable), err)
		return
	}
	if h == nil {
		h, err = s.mounted(ctx, p.config)
	}
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
			p.giveBack(s, h)
		}()
	}()
	h.ServeHTTP(w, r)
}

func (p *poolHandler) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.config.Timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, p.config.Timeout, errHandlerTimeout)
}

// giveBack puts a sandbox back whose app was h. An app of the image, of which no
// code runs until a request comes, is made ready for the next one.
func (p *poolHandler) giveBack(s *Sandbox, h *Handler) {
	if _, ok := p.pool.image.loaded[h.module]; !ok {
		p.pool.Put(s)
		return
	}
	p.pool.put(s, func() (*Handler, error) {
		ctx, cancel := p.limit(context.Background())
		defer cancel()
		return s.mounted(ctx, p.config)
	})
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
