package rootfs

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
)

func TestInterruptibleReadsAll(t *testing.T) {
	src := strings.Repeat("0123456789", 10000)
	got, err := io.ReadAll(NewInterruptible(strings.NewReader(src)))
	if err != nil || string(got) != src {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestInterrupt(t *testing.T) {
	before := runtime.NumGoroutine()
	pr, pw := io.Pipe()
	r := NewInterruptible(pr)
	if n := runtime.NumGoroutine(); n != before {
		t.Errorf("%d goroutines before the first use", n-before)
	}
	type result struct {
		n   int
		err error
	}
	results := make(chan result)
	buf := make([]byte, 3)
	read := func() { n, err := r.Read(buf); results <- result{n, err} }
	for range 3 { // each user is interrupted, and one goroutine waits for all
		r.Resume()
		go read()
		time.Sleep(5 * time.Millisecond)
		r.Interrupt()
		if got := <-results; got.n != 0 || !errors.Is(got.err, sys.EINTR) {
			t.Fatalf("read: %+v", got)
		}
		if _, err := r.Read(buf); !errors.Is(err, sys.EINTR) { // also what comes later
			t.Fatalf("read: %v", err)
		}
		if _, errno := r.Poll(sys.POLLIN, -1); errno != sys.EINTR {
			t.Fatalf("poll: %v", errno)
		}
	}
	if n := runtime.NumGoroutine(); n > before+1 {
		t.Errorf("%d goroutines", n-before)
	}
	if _, err := pw.Write([]byte("hello")); err != nil { // while nobody reads
		t.Fatal(err)
	}
	r.Resume()
	got := make([]byte, 5)
	if _, err := io.ReadFull(r, got); err != nil || string(got) != "hello" {
		t.Fatalf("%q, %v", got, err)
	}
	go pw.Close()
	if n, err := r.Read(buf); n != 0 || err != io.EOF {
		t.Fatalf("at the end: %d, %v", n, err)
	}
	if n, err := r.Read(buf); n != 0 || err != io.EOF {
		t.Fatalf("at the end, again: %d, %v", n, err)
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 100 {
			t.Fatal("the goroutine stays")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestInterruptiblePoll(t *testing.T) {
	pr, pw := io.Pipe()
	r := NewInterruptible(pr)
	if _, errno := r.Poll(sys.POLLOUT, 0); errno != sys.ENOTSUP {
		t.Errorf("for writing: %v", errno)
	}
	for _, ms := range []int32{0, 5} {
		if ready, errno := r.Poll(sys.POLLIN, ms); ready || errno != 0 {
			t.Errorf("nothing there: %v, %v", ready, errno)
		}
	}
	go pw.Write([]byte("x"))
	if ready, errno := r.Poll(sys.POLLIN, -1); !ready || errno != 0 {
		t.Errorf("something there: %v, %v", ready, errno)
	}
	go func() {
		time.Sleep(5 * time.Millisecond)
		r.Interrupt()
	}()
	buf := make([]byte, 10)
	if n, err := r.Read(buf); n != 1 || err != nil {
		t.Errorf("read: %d, %v", n, err)
	}
	if ready, errno := r.Poll(sys.POLLIN, 10_000); ready || errno != sys.EINTR {
		t.Errorf("interrupted: %v, %v", ready, errno)
	}
	r.Resume()
	_ = pw.CloseWithError(io.ErrClosedPipe)
	if ready, errno := r.Poll(sys.POLLIN, -1); !ready || errno != 0 {
		t.Errorf("closed: %v, %v", ready, errno)
	}
	if _, err := r.Read(buf); err != io.ErrClosedPipe {
		t.Errorf("closed: %v", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestInterruptibleNoProgress(t *testing.T) {
	if _, err := NewInterruptible(idle{}).Read(make([]byte, 1)); err != io.ErrNoProgress {
		t.Error(err)
	}
	r := NewInterruptible(io.MultiReader(bytes.NewReader([]byte("a")), bytes.NewReader([]byte("b"))))
	if n, err := r.Read(nil); n != 0 || err != nil {
		t.Errorf("read of nothing: %d, %v", n, err)
	}
	if got, err := io.ReadAll(r); string(got) != "ab" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
