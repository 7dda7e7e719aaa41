// Package codec is the host module wqjs_codec: content codings (gzip, deflate
// and those the embedder adds), bare deflate and message digests, by Go's
// libraries.
package codec

import (
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
)

// ModuleName is the name guests import from.
const ModuleName = "wqjs_codec"

const (
	// MaxEncoders bounds the encoders a guest has open: each takes about 1 MiB
	// of the host.
	MaxEncoders = 32
	// MaxChunk is how many bytes one call encodes.
	MaxChunk = 1 << 20
	// MaxDecoded is the longest result of decode.
	MaxDecoded = 64 << 20
)

// Instantiate adds the module to r.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	return guest.Instantiate(ctx, r, ModuleName, Funcs())
}

// Funcs are the functions of the module.
func Funcs() []guest.Func {
	return []guest.Func{
		{Name: "digest", Params: "iiiiii", Call: digest},
		{Name: "names", Params: "", Call: names},
		{Name: "encoder_open", Params: "iii", Call: encoderOpen},
		{Name: "encoder_write", Params: "iiii", Call: encoderWrite},
		{Name: "encoder_close", Params: "i", Call: encoderClose},
		{Name: "decode", Params: "iiiii", Call: decode},
	}
}

// Writer encodes what is written to it. Flush makes all written so far
// decodable; Close ends the stream.
type Writer interface {
	io.WriteCloser
	Flush() error
}

// Codec is one content coding (RFC 9110, section 8.4).
type Codec struct {
	// NewWriter makes an encoder; level is 1 (fast) to 9 (small), or -1 for the
	// usual one.
	NewWriter func(w io.Writer, level int) (Writer, error)
	// NewReader makes a decoder.
	NewReader func(r io.Reader) (io.Reader, error)
}

var builtin = map[string]Codec{
	"gzip": {
		NewWriter: func(w io.Writer, level int) (Writer, error) { return gzip.NewWriterLevel(w, level) },
		NewReader: func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	},
	"deflate": {
		NewWriter: func(w io.Writer, level int) (Writer, error) { return zlib.NewWriterLevel(w, level) },
		NewReader: newDeflateReader,
	},
}

// State is what a guest has of the module. It is for the goroutine that runs
// the guest.
type State struct {
	codecs   map[string]Codec
	encoders map[int32]*encoder
	last     int32
}

// New makes a guest's state with codecs besides gzip and deflate.
func New(extra map[string]Codec) *State {
	codecs := maps.Clone(builtin)
	maps.Copy(codecs, extra)
	return &State{codecs: codecs, encoders: map[int32]*encoder{}}
}

// Close drops all encoders.
func (s *State) Close() error {
	clear(s.encoders)
	return nil
}

func stateOf(g *guest.Guest) (*State, error) {
	s, ok := g.Codecs.(*State)
	if !ok {
		return nil, abi.ENOSYS
	}
	return s, nil
}

func (s *State) find(m guest.Memory, ptr, n uint64) (Codec, error) {
	name, err := m.String(guest.Ptr(ptr), guest.I32(n))
	if err != nil {
		return Codec{}, err
	}
	if name == RawDeflate {
		return rawDeflate, nil
	}
	c, ok := s.codecs[name]
	if !ok {
		return c, abi.Detailed(abi.ENOENT, "no content coding %.64q; there are %s", name, strings.Join(s.names(), ", "))
	}
	return c, nil
}

func (s *State) names() []string { return slices.Sorted(maps.Keys(s.codecs)) }

func names(g *guest.Guest, _ guest.Memory, _ []uint64) (int32, error) {
	s, err := stateOf(g)
	if err != nil {
		return 0, err
	}
	return g.Offer([]byte(strings.Join(s.names(), ",")))
}

// damaged is the error for input that is not what the coding says.
func damaged(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return abi.Detailed(abi.EINVAL, "the encoded data ends too early")
	}
	return abi.Detailed(abi.EINVAL, "the encoded data is damaged: %v", err)
}
