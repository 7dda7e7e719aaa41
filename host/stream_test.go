package host

import (
	"errors"
	"io"
	"iter"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
)

// closing notes that it was closed.
type closing struct {
	io.Reader
	io.Writer
	closed chan struct{}
}

func (c *closing) Close() error {
	close(c.closed)
	return nil
}

func TestStreams(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{})
	if err := s.Eval(t.Context(), "all.js", "async function all(it) { const l = []; for await (const x of it) l.push(x); return JSON.stringify(l) }"); err != nil {
		t.Fatal(err)
	}
	ch := make(chan point, 2)
	ch <- point{1, 2}
	ch <- point{3, 4}
	close(ch)
	failing := func(yield func(int, error) bool) {
		_ = yield(1, nil) && yield(0, errors.New("torn"))
	}
	for _, c := range []struct {
		v    any
		want string
	}{
		{ch, `[{"X":1,"Y":2},{"X":3,"Y":4}]`},
		{slices.Values([]string{"a", "b"}), `["a","b"]`},
		{maps.All(map[string]int{"k": 1}), `[["k",1]]`},
		{strings.NewReader("hi"), `[{"0":104,"1":105}]`},
	} {
		if v, err := s.Call(t.Context(), "all", c.v); err != nil || v.String() != c.want {
			t.Errorf("%T: %v, %v, want %s", c.v, v, err, c.want)
		}
	}
	if _, err := s.Call(t.Context(), "all", iter.Seq2[int, error](failing)); jsError(t, err).Message != "torn" {
		t.Error(err)
	}
	works(t, s, out)
}

// TestStreamsEnd: a loop that is left early ends what it iterates.
func TestStreamsEnd(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	stopped := false
	endless := func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
		stopped = true
	}
	set(t, s, "endless", iter.Seq[int](endless))
	if v := eval(t, s, "(async () => { for await (const x of endless) if (x === 3) return x })()"); v.Int64() != 3 || !stopped {
		t.Error(v, stopped)
	}
	if v := eval(t, s, "Promise.all([endless.next(), endless.next()]).then(l => l[1].done)"); !v.Bool() {
		t.Error("an iterator that was left goes on")
	}
	c := &closing{Reader: strings.NewReader("x"), closed: make(chan struct{})}
	set(t, s, "reader", io.Reader(c.asReader()))
	eval(t, s, "(async () => { for await (const x of reader); })()")
	<-c.closed
}

// asReader hides Write.
func (c *closing) asReader() io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{c.Reader, c}
}

func TestWriters(t *testing.T) {
	s, _ := sandbox(t, SandboxConfig{})
	var text strings.Builder
	set(t, s, "w", io.Writer(&text))
	if v := eval(t, s, "w.write(new Uint8Array([104, 105])).then(async n => { await w.close(); return n })"); v.Int64() != 2 || text.String() != "hi" {
		t.Error(v, text.String())
	}
	here, there := net.Pipe()
	set(t, s, "conn", here)
	go func() {
		io.Copy(there, there)
		there.Close()
	}()
	v := eval(t, s, "(async () => { await conn.write(new Uint8Array([7])); const got = (await conn.next()).value[0]; await conn.close(); return got })()")
	if v.Int64() != 7 {
		t.Error(v)
	}
}
