package codec

import (
	"bufio"
	"compress/flate"
	"io"
	"sync"
)

// RawDeflate is the name of bare deflate (RFC 1951) in the form that
// permessage-deflate uses (RFC 7692, section 7.2): a finished stream ends as a
// flushed one does, with an empty stored block that is not the last. It is no
// content coding, so names does not list it.
const RawDeflate = "deflate-raw"

var rawDeflate = Codec{
	NewWriter: newRawWriter,
	NewReader: func(r io.Reader) (io.Reader, error) { return flate.NewReader(bufio.NewReader(r)), nil },
}

// rawWriters keeps writers by level + 1: each has about 1 MiB, and messages
// come often.
var rawWriters [11]sync.Pool

type rawWriter struct {
	*flate.Writer
	pool *sync.Pool
}

func newRawWriter(w io.Writer, level int) (Writer, error) {
	pool := &rawWriters[level+1]
	if f, ok := pool.Get().(*flate.Writer); ok {
		f.Reset(w)
		return &rawWriter{f, pool}, nil
	}
	f, err := flate.NewWriter(w, level)
	return &rawWriter{f, pool}, err
}

// Close flushes and gives the writer back.
func (w *rawWriter) Close() error {
	err := w.Flush()
	w.Reset(io.Discard)
	w.pool.Put(w.Writer)
	return err
}
