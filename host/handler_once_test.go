package host

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"testing/iotest"
)

// TestOnce: what an app may answer on the connection of one request.
func TestOnce(t *testing.T) {
	const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	for _, c := range []struct {
		name, answer string
		body         io.Reader
		want         string // the status, and the text or the error
	}{
		{"plain", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", nil, "200 ok"},
		{"until the end", "HTTP/1.1 200 OK\r\n\r\nall of it", nil, "200 all of it"},
		{"hints", hints + hints + "HTTP/1.1 204 No Content\r\n\r\n", nil, "</a></a>204 "},
		{"upgrade", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello", nil, "101 hello"},
		{"before the body was read", "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", strings.NewReader(strings.Repeat("x", 1<<20)), "413 "},
		{"nothing", "", nil, "unexpected EOF"},
		{"garbage", "garbage\r\n\r\n", nil, "malformed HTTP response"},
		{"cut", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", nil, "200 unexpected EOF"},
		{"a head without end", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxResponseHead), nil, errResponseHead.Error()},
		{"hints without end", strings.Repeat(hints, maxResponseHead/len(hints)+1), nil, errResponseHead.Error()},
		{"a body that cannot be read", "", iotest.ErrReader(errors.New("the client left")), "the client left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, app := net.Pipe()
			go func() {
				buf := make([]byte, 4096)
				if _, err := app.Read(buf); err == nil && c.answer != "" {
					_, _ = io.WriteString(app, c.answer)
				} else if c.body != nil { // the body is awaited
					_, _ = io.Copy(io.Discard, app)
				}
				app.Close()
			}()
			got := ""
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
				if len(got) < 8 {
					got += h.Get("Link")
				}
				return nil
			}})
			r, err := http.NewRequestWithContext(ctx, "POST", "http://app/", c.body)
			if err != nil {
				t.Fatal(err)
			}
			res, err := (&once{conn: ours}).RoundTrip(r)
			if err == nil {
				got += res.Status[:3] + " "
				var text []byte
				text, err = io.ReadAll(res.Body)
				got += string(text)
				res.Body.Close()
			}
			if err != nil {
				got = strings.TrimSuffix(got, "ok") + err.Error()
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
			if _, err := ours.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("the connection is still open: %v", err)
			}
		})
	}
}

// TestOnceUpgraded: both directions, and it ends with the request's context.
func TestOnceUpgraded(t *testing.T) {
	ours, app := net.Pipe()
	go func() {
		buf := make([]byte, 4096)
		_, _ = app.Read(buf)
		_, _ = io.WriteString(app, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		_, _ = io.Copy(app, app)
	}()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", "http://app/", nil)
	res, err := (&once{conn: ours}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	both, ok := res.Body.(io.ReadWriteCloser)
	if !ok {
		t.Fatal("it cannot be written to")
	}
	buf := make([]byte, 5)
	if _, err := both.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(both, buf); string(buf) != "hello" || err != nil {
		t.Fatalf("%q, %v", buf, err)
	}
	cancel()
	if _, err := both.Read(buf); !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
