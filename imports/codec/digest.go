package codec

import (
	"crypto/hmac"
	"crypto/sha1" // of entity tags, where nothing depends on its strength
	"crypto/sha256"
	"hash"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
)

var hashes = map[int32]func() hash.Hash{1: sha1.New, 2: sha256.New}

// digest(algorithm, key, key length, ptr, len, out) writes the digest of the
// bytes to out and returns its length: 20 for algorithm 1 (SHA-1), 32 for 2
// (SHA-256). With a key length that is not negative it is the HMAC.
func digest(_ *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	newHash, ok := hashes[guest.I32(a[0])]
	if !ok {
		return 0, abi.EINVAL
	}
	in, err := m.Bytes(guest.Ptr(a[3]), guest.I32(a[4]))
	if err != nil {
		return 0, err
	}
	h := newHash()
	if n := guest.I32(a[2]); n >= 0 {
		key, err := m.Bytes(guest.Ptr(a[1]), n)
		if err != nil {
			return 0, err
		}
		h = hmac.New(newHash, key)
	}
	h.Write(in)
	out, err := m.Bytes(guest.Ptr(a[5]), int32(h.Size()))
	if err != nil {
		return 0, err
	}
	h.Sum(out[:0])
	return int32(len(out)), nil
}
