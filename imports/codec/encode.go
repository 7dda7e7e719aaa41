package codec

import (
	"bytes"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
)

// encoder is one stream being encoded.
type encoder struct {
	w   Writer
	out bytes.Buffer
}

// What encoder_write does after it wrote.
const (
	modeNone   = 0 // output comes when there is enough
	modeFlush  = 1 // all that was written comes out
	modeFinish = 2 // the stream ends, and the encoder is gone
)

// encoder_open(name, len, level) makes an encoder and returns its number.
func encoderOpen(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	s, err := stateOf(g)
	if err != nil {
		return 0, err
	}
	c, err := s.find(m, a[0], a[1])
	if err != nil {
		return 0, err
	}
	level := int(guest.I32(a[2]))
	if level < -1 || level > 9 || level == 0 {
		return 0, abi.Detailed(abi.EINVAL, "level %d is neither 1 to 9 nor -1", level)
	}
	if len(s.encoders) >= MaxEncoders {
		return 0, abi.Detailed(abi.EAGAIN, "too many encoders are open (limit %d)", MaxEncoders)
	}
	e := &encoder{}
	if e.w, err = c.NewWriter(&e.out, level); err != nil {
		return 0, abi.Detailed(abi.EINVAL, "%v", err)
	}
	for {
		s.last = (s.last + 1) & 0x7fffffff
		if _, used := s.encoders[s.last]; !used {
			break
		}
	}
	s.encoders[s.last] = e
	return s.last, nil
}

// encoder_write(id, ptr, len, mode) encodes up to MaxChunk bytes and offers
// what came out.
func encoderWrite(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	s, err := stateOf(g)
	if err != nil {
		return 0, err
	}
	id, mode := guest.I32(a[0]), guest.I32(a[3])
	e, ok := s.encoders[id]
	if !ok {
		return 0, abi.EBADF
	}
	in, err := m.Bytes(guest.Ptr(a[1]), guest.I32(a[2]))
	if err != nil {
		return 0, err
	}
	if len(in) > MaxChunk || mode < modeNone || mode > modeFinish {
		return 0, abi.EINVAL
	}
	if len(in) > 0 {
		_, err = e.w.Write(in)
	}
	switch {
	case err != nil:
	case mode == modeFlush:
		err = e.w.Flush()
	case mode == modeFinish:
		err = e.w.Close()
	}
	if err != nil || mode == modeFinish {
		delete(s.encoders, id)
	}
	if err != nil {
		return 0, abi.Detailed(abi.EIO, "encoding: %v", err)
	}
	out := bytes.Clone(e.out.Bytes())
	e.out.Reset()
	return g.Offer(out)
}

// encoder_close(id) drops an encoder that is not finished.
func encoderClose(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	s, err := stateOf(g)
	if err != nil {
		return 0, err
	}
	delete(s.encoders, guest.I32(a[0]))
	return 0, nil
}
