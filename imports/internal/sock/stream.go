package sock

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/quota"
)

// Linger is how long a closed stream may take to hand over what was sent
// before; a sandbox that ended leaves its streams less.
const (
	Linger    = 10 * time.Second
	endLinger = time.Second
)

// Sizes of the buffers between the two ends. Reading starts small, since most
// connections are idle most of the time.
const (
	minRead = 4 << 10
	maxRead = 64 << 10
)

// writeBuffers are lent while there is something to write.
var writeBuffers = sync.Pool{New: func() any { return &writeBuffer{make([]byte, maxRead)} }}

type writeBuffer struct{ bytes []byte }

// Config says what a Stream is made of.
type Config struct {
	// Conn is where the bytes go to and come from; the Stream closes it. With a
	// method CloseWrite it can be half-closed, else the guest's half-close is
	// just not told.
	Conn net.Conn
	// Prepare, if set, runs before bytes move: a handshake.
	Prepare func(context.Context) error
	// Explain turns an error of Conn or Prepare into the guest's; nil keeps it.
	Explain func(error) error
	// Queue is asked for buffers of more than 4 KiB; nil has enough.
	Queue *quota.Quota
	// Done, if set, is called when Conn is closed and nothing moves any more.
	Done func()
}

// Stream moves bytes between a net.Conn and a socketpair, in two goroutines. At
// most the kernel's two socket buffers and one buffer here wait in each
// direction: who does not read makes the other side wait.
type Stream struct {
	c    Config
	ctx  context.Context
	stop func() bool
	host net.Conn // our end of the pair
	raw  syscall.RawConn

	ready  chan struct{} // closed when Prepare has ended
	closed chan struct{} // closed when the guest closes its fd

	mu      sync.Mutex
	err     error // why the stream failed
	sendErr error // why writing failed, until reading tells more
	inDone  bool
	outDone bool
}

// NewStream makes a stream and the guest's end of it. It ends with ctx. On
// failure the Conn is closed.
func NewStream(ctx context.Context, n netsys.Net, c Config) (*Stream, netsys.FD, error) {
	pair, err := n.SocketPair(netsys.AF_UNIX, netsys.SOCK_STREAM, 0)
	if err != nil {
		c.Conn.Close()
		return nil, -1, err
	}
	s, err := newStream(ctx, pair[1], c)
	if err != nil {
		return nil, -1, errors.Join(err, c.Conn.Close(), n.Close(pair[0]))
	}
	return s, pair[0], nil
}

func newStream(ctx context.Context, end netsys.FD, c Config) (*Stream, error) {
	host, err := netsys.Conn(end)
	if err != nil {
		return nil, err
	}
	raw, err := host.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, errors.Join(err, host.Close())
	}
	s := &Stream{c: c, ctx: ctx, host: host, raw: raw, ready: make(chan struct{}), closed: make(chan struct{})}
	s.stop = context.AfterFunc(ctx, func() { _ = c.Conn.SetDeadline(time.Now().Add(endLinger)) })
	go s.run()
	return s, nil
}

// Conn is the connection that the stream was made of.
func (s *Stream) Conn() net.Conn { return s.c.Conn }

// Ready is closed when bytes can move, or the stream failed before that.
func (s *Stream) Ready() <-chan struct{} { return s.ready }

// Err is why the stream failed; nil while it works, and after an orderly end.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Fail ends the stream at once with an error; any goroutine may call it.
func (s *Stream) Fail(err error) {
	s.note(err)
	_ = s.host.Close() // the guest is told before the peer is
	_ = s.c.Conn.Close()
}

// note keeps the first reason of a failure.
func (s *Stream) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// close is for when the guest closes its end, which it does right after.
func (s *Stream) close() {
	s.mu.Lock()
	close(s.closed)
	idle := s.outDone || s.unused()
	s.mu.Unlock()
	if idle {
		go s.c.Conn.Close() // TLS may wait while it says goodbye
		return
	}
	linger := Linger
	if s.ctx.Err() != nil {
		linger = endLinger
	}
	_ = s.c.Conn.SetDeadline(time.Now().Add(linger))
}

// unused reports whether Prepare has not ended, and the guest sent nothing that
// would wait for its end.
func (s *Stream) unused() bool {
	select {
	case <-s.ready:
		return false
	default:
	}
	empty := false
	_ = s.raw.Control(func(fd uintptr) {
		var b [1]byte
		_, err := netsys.OS.Recv(netsys.FD(fd), b[:], netsys.MSG_PEEK)
		empty = errors.Is(err, syscall.EAGAIN)
	})
	return empty
}

func (s *Stream) run() {
	err := s.prepare()
	close(s.ready) // before the guest sees an end: it asks for the reason then
	if err == nil {
		out := make(chan struct{})
		go func() {
			defer close(out)
			s.pumpOut()
		}()
		s.pumpIn()
		<-out
	}
	s.stop()
	_ = s.host.Close()
	_ = s.c.Conn.Close()
	if s.c.Done != nil {
		s.c.Done()
	}
}

func (s *Stream) prepare() error {
	if s.c.Prepare == nil {
		return nil
	}
	err := s.c.Prepare(s.ctx)
	if err != nil {
		s.note(s.explain(err))
	}
	return err
}

func (s *Stream) explain(err error) error {
	if s.c.Explain != nil {
		return s.c.Explain(err)
	}
	return err
}

// pumpIn moves what comes from the Conn to the guest.
func (s *Stream) pumpIn() {
	buf := make([]byte, minRead)
	defer func() { s.c.Queue.Give(int64(len(buf) - minRead)) }()
	for {
		n, err := s.c.Conn.Read(buf)
		if n > 0 {
			if _, werr := s.host.Write(buf[:n]); werr != nil {
				err = werr // the guest reads no more
			}
		}
		if err != nil {
			s.endIn(err)
			return
		}
		if n == len(buf) && n < maxRead && s.c.Queue.Take(int64(n)) {
			buf = make([]byte, 2*n)
		}
	}
}

// endIn ends the direction to the guest.
func (s *Stream) endIn(err error) {
	s.mu.Lock()
	s.inDone = true
	sendErr, closed := s.sendErr, s.isClosed()
	s.mu.Unlock()
	switch {
	case closed:
	case sendErr != nil && (err == io.EOF || errors.Is(err, syscall.EPIPE) || isTimeout(err)):
		s.Fail(s.explain(sendErr)) // reading had no better reason to give
	case err == io.EOF:
		closeWrite(s.host)
	case errors.Is(err, syscall.EPIPE): // the guest's shutdown of reading
	default:
		s.Fail(s.explain(err))
	}
}

// pumpOut moves what the guest sends to the Conn.
func (s *Stream) pumpOut() {
	for {
		buf, n, err := s.fromGuest()
		if err == nil && n > 0 {
			_, err = s.c.Conn.Write(buf.bytes[:n])
			s.putBuffer(buf)
			if err == nil {
				continue
			}
			s.endSending(err)
			return
		}
		s.endOut()
		return
	}
}

// fromGuest waits for bytes of the guest; 0 is the end. It holds a buffer only
// when there are some, to be put back.
func (s *Stream) fromGuest() (buf *writeBuffer, n int, err error) {
	werr := s.raw.Read(func(fd uintptr) bool {
		buf = s.getBuffer()
		if n, err = netsys.OS.Recv(netsys.FD(fd), buf.bytes, 0); err == nil && n > 0 {
			return true
		}
		s.putBuffer(buf)
		return !errors.Is(err, syscall.EAGAIN)
	})
	if werr != nil {
		return nil, 0, werr
	}
	return buf, n, err
}

// getBuffer lends a buffer: a small one if the queue is full.
func (s *Stream) getBuffer() *writeBuffer {
	if s.c.Queue.Take(maxRead) {
		return writeBuffers.Get().(*writeBuffer)
	}
	return &writeBuffer{make([]byte, minRead)}
}

func (s *Stream) putBuffer(b *writeBuffer) {
	if len(b.bytes) == maxRead {
		s.c.Queue.Give(maxRead)
		writeBuffers.Put(b)
	}
}

// endOut ends the direction from the guest after its half-close or close.
func (s *Stream) endOut() {
	s.mu.Lock()
	s.outDone = true
	closed := s.isClosed()
	s.mu.Unlock()
	if closed {
		_ = s.c.Conn.Close()
	} else {
		closeWrite(s.c.Conn)
	}
}

// endSending is for a failed write. The peer may have said why before it hung
// up: reading has a moment to find that.
func (s *Stream) endSending(err error) {
	s.mu.Lock()
	s.outDone, s.sendErr = true, err
	inDone, closed := s.inDone, s.isClosed()
	s.mu.Unlock()
	if inDone || closed {
		s.Fail(s.explain(err))
		return
	}
	soon := time.Now().Add(time.Second)
	_ = s.c.Conn.SetReadDeadline(soon)
	_ = s.host.SetWriteDeadline(soon)
}

func closeWrite(c net.Conn) {
	if h, ok := c.(interface{ CloseWrite() error }); ok {
		_ = h.CloseWrite()
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// isClosed is called with mu held, so that it is told apart from what follows.
func (s *Stream) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// Wait waits until the stream is ready and returns its error; ECANCELED when
// the guest closes it or ctx ends first.
func (s *Stream) Wait(ctx context.Context) error {
	select {
	case <-s.ready:
		return s.Err()
	case <-s.closed:
	case <-ctx.Done():
	}
	return abi.ECANCELED
}
