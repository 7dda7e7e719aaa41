//go:build unix

package sock_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/quota"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// tcpPair is a real connection, which can be half-closed.
func tcpPair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	a, err = net.Dial("tcp", l.Addr().String())
	check(t, err)
	b, err = l.Accept()
	check(t, err)
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start makes a stream; the guest's end is a net.Conn, for convenience.
func start(t *testing.T, ctx context.Context, c sock.Config) (*sock.Socket, net.Conn) {
	t.Helper()
	st, fd, err := sock.NewStream(ctx, netsys.OS, c)
	check(t, err)
	dup, err := netsys.Dup(fd)
	check(t, err)
	guest, err := netsys.Conn(dup)
	check(t, err)
	t.Cleanup(func() { guest.Close() })
	return &sock.Socket{Net: netsys.OS, FD: fd, Stream: st}, guest
}

func TestBothWaysAndHalfClose(t *testing.T) {
	guesttest.NoLeaks(t)
	conn, peer := tcpPair(t)
	done := make(chan struct{})
	s, guest := start(t, t.Context(), sock.Config{Conn: conn, Done: func() { close(done) }})
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go func() {
		guest.Write(data)
		guest.(*net.UnixConn).CloseWrite()
	}()
	got, err := io.ReadAll(peer)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	go func() {
		peer.Write(data)
		peer.Close()
	}()
	got, err = io.ReadAll(guest)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes back, %v", len(got), err)
	}
	<-done
	if err := s.Failure(); err != nil {
		t.Error(err)
	}
	check(t, s.Close())
}

// TestBackpressure: who does not read makes the writer wait, and takes little.
func TestBackpressure(t *testing.T) {
	conn, peer := net.Pipe()
	_, guest := start(t, t.Context(), sock.Config{Conn: conn})
	check(t, guest.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
	n, err := guest.Write(make([]byte, 64<<20))
	if err == nil || n > 2<<20 {
		t.Errorf("%d bytes went nowhere, %v", n, err)
	}
	check(t, peer.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
	n, err = peer.Write(make([]byte, 64<<20))
	if err == nil || n > 2<<20 {
		t.Errorf("%d bytes came and were not read, %v", n, err)
	}
}

// TestSentBeforeClose arrives, though the guest is gone.
func TestSentBeforeClose(t *testing.T) {
	guesttest.NoLeaks(t)
	conn, peer := tcpPair(t)
	s, guest := start(t, t.Context(), sock.Config{Conn: conn})
	data := bytes.Repeat([]byte("x"), 100_000)
	_, err := guest.Write(data)
	check(t, err)
	guest.Close()
	check(t, s.Close())
	got, err := io.ReadAll(peer)
	if err != nil || len(got) != len(data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestPrepare(t *testing.T) {
	guesttest.NoLeaks(t)
	conn, _ := net.Pipe()
	mine := errors.New("mine")
	s, guest := start(t, t.Context(), sock.Config{
		Conn:    conn,
		Prepare: func(context.Context) error { return errors.New("refused") },
		Explain: func(error) error { return mine },
	})
	if _, err := io.ReadAll(guest); err != nil {
		t.Error(err)
	}
	if err := s.Stream.Wait(t.Context()); err != mine || s.Failure() != mine || s.Explain(abi.EPIPE) != mine {
		t.Errorf("%v, %v", err, s.Failure())
	}
	if err := s.Explain(syscall.EAGAIN); err != error(syscall.EAGAIN) {
		t.Errorf("EAGAIN became %v", err)
	}
	check(t, s.Close())
}

// slowClose is a connection whose goodbye takes long.
type slowClose struct {
	net.Conn
	until chan struct{}
}

func (c slowClose) Close() error {
	<-c.until
	return c.Conn.Close()
}

// TestPrepareFailsFirst: when the guest sees the end, the reason is known.
func TestPrepareFailsFirst(t *testing.T) {
	guesttest.NoLeaks(t)
	conn, _ := net.Pipe()
	mine := errors.New("mine")
	slow := slowClose{conn, make(chan struct{})}
	s, guest := start(t, t.Context(), sock.Config{Conn: slow, Prepare: func(context.Context) error { return mine }})
	if _, err := io.ReadAll(guest); err != nil {
		t.Error(err)
	}
	select {
	case <-s.Stream.Ready():
		if err := s.Stream.Err(); err != mine {
			t.Error(err)
		}
	default:
		t.Error("the handshake is not over")
	}
	close(slow.until)
	check(t, s.Close())
}

// TestWait ends with the context, and when the guest closes.
func TestWait(t *testing.T) {
	guesttest.NoLeaks(t)
	conn, peer := net.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	s, guest := start(t, ctx, sock.Config{Conn: conn, Prepare: func(context.Context) error {
		_, err := conn.Read(make([]byte, 1))
		return err
	}})
	gone, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Stream.Wait(gone); err != error(abi.ECANCELED) {
		t.Error(err)
	}
	cancel()
	guest.Close()
	check(t, s.Close())
	if s.Stream.Wait(t.Context()) == nil {
		t.Error("it is as if it were ready")
	}
	peer.Close()
}

// TestSandboxEnds with bytes that the peer never takes.
func TestSandboxEnds(t *testing.T) {
	guesttest.NoLeaks(t)
	ctx, cancel := context.WithCancel(t.Context())
	conn, peer := net.Pipe()
	defer peer.Close()
	s, guest := start(t, ctx, sock.Config{Conn: conn})
	_, err := guest.Write(make([]byte, 100_000))
	check(t, err)
	guest.Close()
	cancel()
	check(t, s.Close())
}

// TestCloseWhilePreparing: when the guest sent nothing, nobody waits for the
// handshake; what it sent is handed over after it.
func TestCloseWhilePreparing(t *testing.T) {
	guesttest.NoLeaks(t)
	for _, sent := range []string{"", "said before"} {
		conn, peer := tcpPair(t)
		done := make(chan struct{})
		s, guest := start(t, t.Context(), sock.Config{
			Conn: conn, Done: func() { close(done) },
			Prepare: func(context.Context) error { _, err := conn.Read(make([]byte, 1)); return err },
		})
		guest.Write([]byte(sent))
		guest.Close()
		check(t, s.Close())
		peer.SetDeadline(time.Now().Add(sock.Linger / 2))
		if sent != "" {
			peer.Write([]byte("!")) // ends the handshake
		}
		if got, err := io.ReadAll(peer); err != nil || string(got) != sent {
			t.Errorf("the peer got %q, %v; want %q", got, err, sent)
		}
		<-done
	}
}

// TestSmallBuffers: without room for large buffers, bytes go in small ones.
func TestSmallBuffers(t *testing.T) {
	guesttest.NoLeaks(t)
	for _, room := range []int64{0, 100 << 10} {
		q := quota.New(room)
		conn, peer := tcpPair(t)
		done := make(chan struct{})
		s, guest := start(t, t.Context(), sock.Config{Conn: conn, Queue: q, Done: func() { close(done) }})
		go func() {
			io.Copy(struct{ io.Writer }{peer}, struct{ io.Reader }{peer}) // no splice, which keeps a pipe
			peer.(*net.TCPConn).CloseWrite()
		}()
		data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		go func() {
			guest.Write(data)
			guest.(*net.UnixConn).CloseWrite()
		}()
		got, err := io.ReadAll(guest)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		<-done
		check(t, s.Close())
		if n := q.Used(); n != 0 {
			t.Errorf("%d bytes are held", n)
		}
	}
}
