//go:build !linux || wqjs_copy

package linmem

import "bytes"

// Elsewhere an image is a plain copy, and a reset copies all of it. The tag is for
// tests.

// pageSize is that of wasm's memory: nothing here depends on the system's.
const pageSize = 64 << 10

type backing struct{}

func (img *Image) init(b []byte) error {
	img.bytes = bytes.Clone(b)
	return nil
}

// Close frees the image.
func (img *Image) Close() error {
	img.bytes = nil
	return nil
}

func (img *Image) copyTo(region []byte) error {
	copy(region, img.bytes)
	return nil
}

func zero(b []byte) { clear(b) }

func (img *Image) reset(b []byte, _, floor int) (Left, error) {
	floor = min(floor, len(b))
	left := Left{Private: len(b), Deep: !bytes.Equal(b[:floor], img.bytes[:floor])}
	copy(b, img.bytes)
	return left, nil
}
