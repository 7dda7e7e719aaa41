// Package quota counts bytes that wait in the host's memory for a sandbox.
package quota

import "sync/atomic"

// Quota is a number of bytes that may be held at a time. Its methods may be
// called from any goroutine. A nil Quota has no limit.
type Quota struct {
	max  int64
	used atomic.Int64
}

// New makes a quota of limit bytes.
func New(limit int64) *Quota { return &Quota{max: limit} }

// Take holds n more bytes, n >= 0, unless these are too many.
func (q *Quota) Take(n int64) bool {
	if q == nil {
		return true
	}
	for {
		used := q.used.Load()
		if n > q.max-used {
			return false
		}
		if q.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// Give gives back what Take held.
func (q *Quota) Give(n int64) {
	if q != nil {
		q.used.Add(-n)
	}
}

// Used is how many bytes are held.
func (q *Quota) Used() int64 {
	if q == nil {
		return 0
	}
	return q.used.Load()
}
