//go:build !unix

package linmem

// reserve allocates at once: the region must not move. The system backs the
// pages when they are first touched.
func reserve(n int) ([]byte, error) { return make([]byte, n), nil }

func commit([]byte) error { return nil }

func release([]byte) {}
