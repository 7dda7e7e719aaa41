package abi

import "github.com/tetratelabs/wazero/api"

// Memory reads and writes guest memory. Every access is checked; a view is
// valid only until the guest runs again, since growing may move the memory.
type Memory struct{ api.Memory }

// Bytes is the guest's [ptr, ptr+n), or EFAULT. A negative n (a guest's i32)
// is out of range too.
func (m Memory) Bytes(ptr uint32, n int32) ([]byte, error) {
	if n < 0 {
		return nil, EFAULT
	}
	b, ok := m.Read(ptr, uint32(n))
	if !ok {
		return nil, EFAULT
	}
	return b, nil
}

// MaxString is the longest String: above any path, name or module specifier,
// and too little for copies of guest memory to weigh on the host.
const MaxString = 64 << 10

// String is a copy of the guest's bytes as a Go string: EFAULT as for Bytes,
// ENAMETOOLONG beyond MaxString.
func (m Memory) String(ptr uint32, n int32) (string, error) {
	b, err := m.Bytes(ptr, n)
	if err != nil {
		return "", err
	}
	if len(b) > MaxString {
		return "", ENAMETOOLONG
	}
	return string(b), nil
}
