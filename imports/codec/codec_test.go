package codec_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/imports/codec"
	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
)

// newGuest has a codec "copy" that changes nothing, and "broken" that fails.
func newGuest(t testing.TB) *guesttest.Guest {
	g := guesttest.New(t, guesttest.Config{}, codec.Funcs())
	g.Codecs = codec.New(map[string]codec.Codec{
		"copy": {
			NewWriter: func(w io.Writer, _ int) (codec.Writer, error) { return plain{w}, nil },
			NewReader: func(r io.Reader) (io.Reader, error) { return r, nil },
		},
		"broken": {
			NewWriter: func(io.Writer, int) (codec.Writer, error) { return plain{failing{}}, nil },
			NewReader: func(io.Reader) (io.Reader, error) { return nil, errors.New("broken") },
		},
	})
	return g
}

type plain struct{ io.Writer }

func (plain) Flush() error { return nil }
func (plain) Close() error { return nil }

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }

// put is the address and length of a string in the guest's memory.
func put(g *guesttest.Guest, s string) (uint32, int) { return g.Put([]byte(s)), len(s) }

func open(g *guesttest.Guest, name string, level int) int32 {
	p, n := put(g, name)
	return g.Call("encoder_open", p, n, level)
}

func write(g *guesttest.Guest, id int32, data string, mode int) string {
	p, n := put(g, data)
	return g.Taken(g.Call("encoder_write", id, p, n, mode))
}

func decode(g *guesttest.Guest, name, data string, limit int) (string, error) {
	p, n := put(g, name)
	q, k := put(g, data)
	r, err := g.Try("decode", p, n, q, k, limit)
	if err != nil {
		return "", err
	}
	return g.Taken(r), nil
}

func TestRoundTrip(t *testing.T) {
	text := strings.Repeat("hello, coding ", 300)
	for _, name := range []string{"gzip", "deflate", "copy"} {
		for _, level := range []int{-1, 1, 9} {
			g := newGuest(t)
			id := open(g, name, level)
			out := write(g, id, text, 0) + write(g, id, text[:100], 1)
			if out == "" {
				t.Errorf("%s: flush gives nothing", name)
			}
			out += write(g, id, "", 2)
			got, err := decode(g, name, out, 10_000)
			if err != nil || got != text+text[:100] {
				t.Errorf("%s, level %d: %d bytes, %v", name, level, len(got), err)
			}
			p, _ := put(g, "")
			g.Fail(abi.EBADF, "encoder_write", id, p, 0, 0) // it is finished
		}
	}
}

func TestDecode(t *testing.T) {
	g := newGuest(t)
	var raw, zipped bytes.Buffer
	w, _ := flate.NewWriter(&raw, 6)
	fmt.Fprint(w, "raw deflate")
	w.Close()
	if got, err := decode(g, "deflate", raw.String(), 100); got != "raw deflate" || err != nil {
		t.Errorf("deflate without zlib's header: %q, %v", got, err)
	}
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, strings.Repeat("x", 200_000))
	z.Close()
	whole := zipped.String()
	for _, c := range []struct {
		name, data string
		limit      int
		want       abi.Errno
	}{
		{"gzip", whole, 200_000, abi.ESUCCESS},
		{"gzip", whole, 199_999, abi.EFBIG},
		{"gzip", whole, 0, abi.EFBIG},
		{"gzip", whole, -1, abi.EINVAL},
		{"gzip", whole[:len(whole)-4], 1 << 20, abi.EINVAL},
		{"gzip", "no gzip at all", 100, abi.EINVAL},
		{"gzip", "", 100, abi.EINVAL},
		{"deflate", "", 100, abi.EINVAL},
		{"zstd", whole, 100, abi.ENOENT},
		{"broken", whole, 100, abi.EINVAL},
	} {
		_, err := decode(g, c.name, c.data, c.limit)
		if got := abi.ToErrno(err); got != c.want && !(err == nil && c.want == abi.ESUCCESS) {
			t.Errorf("%s of %d bytes, limit %d: %v, want %v", c.name, len(c.data), c.limit, err, c.want)
		}
	}
	cause := errors.New("stop")
	g.Loop.Interrupt(cause)
	if _, err := decode(g, "gzip", whole, 1<<20); err != cause {
		t.Errorf("interrupted: %v", err)
	}
}

func TestEncoderLimits(t *testing.T) {
	g := newGuest(t)
	name, n := put(g, "copy")
	var ids []int32
	for range codec.MaxEncoders {
		ids = append(ids, g.Call("encoder_open", name, n, 1))
	}
	g.Fail(abi.EAGAIN, "encoder_open", name, n, 1)
	g.Call("encoder_close", ids[3])
	g.Call("encoder_close", ids[3]) // once more does nothing
	g.Call("encoder_open", name, n, 1)
	for _, level := range []int{-2, 0, 10} {
		g.Fail(abi.EINVAL, "encoder_open", name, n, level)
	}
	g.Fail(abi.EINVAL, "encoder_write", ids[0], name, 1, 3)
	g.Fail(abi.EINVAL, "encoder_write", ids[0], name, 1, -1)
	g.Fail(abi.EFAULT, "encoder_write", ids[0], guesttest.MemorySize, 1, 0)
	g.Fail(abi.EFAULT, "encoder_write", ids[0], name, -1, 0)
	g.Fail(abi.EFAULT, "encoder_open", guesttest.MemorySize, 4, 1)
	if err := g.Codecs.Close(); err != nil {
		t.Fatal(err)
	}
	g.Fail(abi.EBADF, "encoder_write", ids[0], name, 1, 0)
	bad, k := put(g, "broken")
	id := g.Call("encoder_open", bad, k, 1)
	g.Fail(abi.EIO, "encoder_write", id, name, 1, 0)
	g.Fail(abi.EBADF, "encoder_write", id, name, 1, 0)
}

func TestNames(t *testing.T) {
	g := newGuest(t)
	if got := g.Taken(g.Call("names")); got != "broken,copy,deflate,gzip" {
		t.Error(got)
	}
	g.Codecs = nil
	for _, f := range codec.Funcs() {
		if f.Name == "digest" {
			continue
		}
		args := make([]any, len(f.Params))
		for i := range args {
			args[i] = 0
		}
		g.Fail(abi.ENOSYS, f.Name, args...)
	}
}

func TestDigest(t *testing.T) {
	g := newGuest(t)
	p, n := put(g, "what is digested")
	k, kn := put(g, "key")
	out := g.Space(32)
	old := sha1.Sum([]byte("what is digested"))
	if r := g.Call("digest", 1, 0, -1, p, n, out); !bytes.Equal(g.Bytes(out, int(r)), old[:]) {
		t.Error("SHA-1")
	}
	sum := sha256.Sum256([]byte("what is digested"))
	if r := g.Call("digest", 2, 0, -1, p, n, out); !bytes.Equal(g.Bytes(out, int(r)), sum[:]) {
		t.Error("SHA-256")
	}
	mac := hmac.New(sha256.New, []byte("key"))
	mac.Write([]byte("what is digested"))
	if r := g.Call("digest", 2, k, kn, p, n, out); !bytes.Equal(g.Bytes(out, int(r)), mac.Sum(nil)) {
		t.Error("HMAC-SHA-256")
	}
	g.Fail(abi.EINVAL, "digest", 0, 0, -1, p, n, out)
	g.Fail(abi.EFAULT, "digest", 2, 0, -1, p, -1, out)
	g.Fail(abi.EFAULT, "digest", 2, guesttest.MemorySize, 1, p, n, out)
	g.Fail(abi.EFAULT, "digest", 2, 0, -1, p, n, guesttest.MemorySize-31)
}
