package codec

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"
)

// TestRawDeflate writes streams with pooled writers: each ends as a flushed one
// and has nothing of the one before.
func TestRawDeflate(t *testing.T) {
	for _, level := range []int{1, 1, 9, -1, 1} {
		in := bytes.Repeat([]byte("message "), 1000+level)
		var out bytes.Buffer
		w, err := newRawWriter(&out, level)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(in)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(out.Bytes(), []byte{0, 0, 0xff, 0xff}) || out.Len() > len(in)/10 {
			t.Fatalf("level %d: %d bytes end with %x", level, out.Len(), out.Bytes()[out.Len()-5:])
		}
		out.Write([]byte{1, 0, 0, 0xff, 0xff})
		got, err := io.ReadAll(flate.NewReader(&out))
		if err != nil || !bytes.Equal(got, in) {
			t.Fatalf("level %d: %d bytes (%v)", level, len(got), err)
		}
	}
}
