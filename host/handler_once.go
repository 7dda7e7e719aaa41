package host

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
)

// startOnce is start for one request: its connection is there before the app
// runs, and nothing of it is kept, so there is less to be woken than with an
// http.Transport.
func (h *Handler) startOnce(ctx context.Context, s *Sandbox) error {
	conn, err := h.dial(ctx, "", "")
	if err != nil {
		h.net.Close()
		return err
	}
	h.start(ctx, s, &once{conn: conn}, func() { conn.Close() })
	return nil
}

// maxResponseHead bounds the head of a response, and those that come before it,
// in bytes, as an http.Transport does.
const maxResponseHead = 10 << 20

// once is an http.RoundTripper for one request, on a connection that it closes.
type once struct {
	conn net.Conn
	left int64 // that may be read
}

// RoundTrip implements http.RoundTripper.
func (o *once) RoundTrip(r *http.Request) (*http.Response, error) {
	stop := context.AfterFunc(r.Context(), func() { o.conn.Close() })
	failed := make(chan error, 1) // why the request could not be read
	send := func() {
		to := sender{Conn: o.conn}
		if err := r.Write(&to); err != nil && !to.failed {
			failed <- err
			o.conn.Close()
		} // else a response may be there nevertheless
	}
	if r.Body == nil || r.Body == http.NoBody {
		send()
	} else {
		go send()
	}
	res, in, err := o.receive(r)
	if err != nil {
		stop()
		o.conn.Close()
		select {
		case err = <-failed:
		default:
		}
		return nil, err
	}
	body := onceBody{res.Body, o.conn, stop}
	if res.Body = body; res.StatusCode == http.StatusSwitchingProtocols {
		res.Body = onceConn{onceBody{io.NopCloser(in), o.conn, stop}, o.conn}
	}
	return res, nil
}

// receive reads the head of the response, and those before it.
func (o *once) receive(r *http.Request) (*http.Response, *bufio.Reader, error) {
	o.left = maxResponseHead
	in := bufio.NewReader(o)
	for {
		res, err := http.ReadResponse(in, r)
		if err != nil {
			return nil, nil, err
		}
		if c := res.StatusCode; c >= 200 || c == http.StatusSwitchingProtocols {
			o.left = math.MaxInt64
			return res, in, nil
		}
		if t := httptrace.ContextClientTrace(r.Context()); t != nil && t.Got1xxResponse != nil {
			if err := t.Got1xxResponse(res.StatusCode, textproto.MIMEHeader(res.Header)); err != nil {
				return nil, nil, err
			}
		}
	}
}

var errResponseHead = errors.New("the head of the response is too large")

// Read reads from the connection, as much as is left.
func (o *once) Read(p []byte) (int, error) {
	if o.left <= 0 {
		return 0, errResponseHead
	}
	n, err := o.conn.Read(p[:min(int64(len(p)), o.left)])
	o.left -= int64(n)
	return n, err
}

// sender is the connection to write to; it remembers whether that failed.
type sender struct {
	net.Conn
	failed bool
}

func (s *sender) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	s.failed = s.failed || err != nil
	return n, err
}

// onceBody is the body of a response; closing it closes the connection.
type onceBody struct {
	io.ReadCloser
	conn net.Conn
	stop func() bool
}

func (b onceBody) Close() error {
	b.stop()
	return b.conn.Close()
}

// onceConn is a connection that was upgraded.
type onceConn struct {
	onceBody
	io.Writer
}
