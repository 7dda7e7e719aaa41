package codec

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"io"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
)

// newDeflateReader reads zlib's format, as the standard says, or the bare
// deflate that some clients send.
func newDeflateReader(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0xf == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// decode(name, len, ptr, len, max) offers the decoded bytes: EFBIG when they
// are more than max, EINVAL when the data is damaged or cut short.
func decode(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	s, err := stateOf(g)
	if err != nil {
		return 0, err
	}
	c, err := s.find(m, a[0], a[1])
	if err != nil {
		return 0, err
	}
	in, err := m.Bytes(guest.Ptr(a[2]), guest.I32(a[3]))
	if err != nil {
		return 0, err
	}
	limit := min(int(guest.I32(a[4])), MaxDecoded)
	if limit < 0 {
		return 0, abi.EINVAL
	}
	r, err := c.NewReader(bytes.NewReader(in))
	if err != nil {
		return 0, damaged(err)
	}
	var out bytes.Buffer
	for {
		n, err := io.CopyN(&out, r, 64<<10)
		if out.Len() > limit {
			return 0, abi.Detailed(abi.EFBIG, "the decoded data is longer than %d bytes", limit)
		}
		if err == io.EOF && n < 64<<10 {
			return g.Offer(out.Bytes())
		}
		if err != nil {
			return 0, damaged(err)
		}
		if cause := g.Loop.Interrupted(); cause != nil {
			return 0, cause
		}
	}
}
