package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// observed is what a worker answers to "metrics".
type observed struct {
	Classes     []float64 `json:"classes"` // responses by the first digit of the status
	Bounds      []float64 `json:"bounds"`  // of buckets, in seconds
	Buckets     []float64 `json:"buckets"` // one more than bounds
	Sum         float64   `json:"sum"`
	Bytes       float64   `json:"bytes"`
	TLSFailures float64   `json:"tlsFailures"`
	Memory      float64   `json:"memory"`
	FDs         float64   `json:"fds"`
	Connections float64   `json:"connections"`
}

// serveMetrics answers GET /metrics in Prometheus' text format until the
// function that it gives is called.
func (p *pool) serveMetrics(l net.Listener) (stop func()) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		fmt.Fprint(w, p.metrics())
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	go server.Serve(l)
	p.logf("metrics on http://%s/metrics", l.Addr())
	return func() { server.Close() }
}

const metricsTimeout = time.Second

// metrics asks all workers at once. What does not answer in time is left out,
// and is 0 in wqjs_up.
func (p *pool) metrics() string {
	answers := make([]*observed, len(p.slots))
	var all sync.WaitGroup
	for i, s := range p.slots {
		w := s.current()
		if w == nil {
			continue
		}
		all.Go(func() {
			var o observed
			line, ok := w.query("metrics", metricsTimeout)
			if ok && json.Unmarshal([]byte(line), &o) == nil && len(o.Buckets) == len(o.Bounds)+1 {
				answers[i] = &o
			}
		})
	}
	all.Wait()
	var b strings.Builder
	family := func(name, kind, help string, value func(i int, o *observed)) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
		for i, o := range answers {
			if o != nil {
				value(i, o)
			}
		}
	}
	gauge := func(name, help string, get func(o *observed) float64) {
		family(name, "gauge", help, func(i int, o *observed) { fmt.Fprintf(&b, "%s{worker=\"%d\"} %g\n", name, i, get(o)) })
	}
	family("wqjs_http_requests_total", "counter", "Responses by class of status.", func(i int, o *observed) {
		for class, n := range o.Classes {
			if class > 0 {
				fmt.Fprintf(&b, "wqjs_http_requests_total{worker=\"%d\",status=\"%dxx\"} %g\n", i, class, n)
			}
		}
	})
	family("wqjs_http_request_duration_seconds", "histogram", "From the headers of a request to the end of its response.", func(i int, o *observed) {
		sum := 0.0
		for k, n := range o.Buckets {
			sum += n
			bound := "+Inf"
			if k < len(o.Bounds) {
				bound = fmt.Sprintf("%g", o.Bounds[k])
			}
			fmt.Fprintf(&b, "wqjs_http_request_duration_seconds_bucket{worker=\"%d\",le=%q} %g\n", i, bound, sum)
		}
		fmt.Fprintf(&b, "wqjs_http_request_duration_seconds_sum{worker=\"%d\"} %g\n", i, o.Sum)
		fmt.Fprintf(&b, "wqjs_http_request_duration_seconds_count{worker=\"%d\"} %g\n", i, sum)
	})
	family("wqjs_http_response_bytes_total", "counter", "Bytes of response bodies.", func(i int, o *observed) {
		fmt.Fprintf(&b, "wqjs_http_response_bytes_total{worker=\"%d\"} %g\n", i, o.Bytes)
	})
	family("wqjs_tls_handshake_failures_total", "counter", "TLS connections that were closed before the handshake was complete.", func(i int, o *observed) {
		fmt.Fprintf(&b, "wqjs_tls_handshake_failures_total{worker=\"%d\"} %g\n", i, o.TLSFailures)
	})
	gauge("wqjs_http_connections", "Open connections.", func(o *observed) float64 { return o.Connections })
	gauge("wqjs_worker_memory_bytes", "Linear memory of the sandbox.", func(o *observed) float64 { return o.Memory })
	gauge("wqjs_worker_fds", "Open sockets of the sandbox.", func(o *observed) float64 { return o.FDs })
	fmt.Fprint(&b, "# HELP wqjs_up Whether the worker answers.\n# TYPE wqjs_up gauge\n")
	for i, o := range answers {
		up := 0
		if o != nil {
			up = 1
		}
		fmt.Fprintf(&b, "wqjs_up{worker=\"%d\"} %d\n", i, up)
	}
	fmt.Fprint(&b, "# HELP wqjs_worker_restarts_total Workers that ended and were replaced.\n# TYPE wqjs_worker_restarts_total counter\n")
	for _, s := range p.slots {
		fmt.Fprintf(&b, "wqjs_worker_restarts_total{worker=\"%d\"} %d\n", s.number, s.restarts.Load())
	}
	return b.String()
}
