package guesttest

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// OpenFDs counts the descriptors of this process; -1 where it cannot be told.
func OpenFDs() int {
	if runtime.GOOS != "linux" {
		return -1
	}
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(names)
}

// NoLeaks fails the test if, when all its later clean-ups are done, there are
// more descriptors or goroutines than now.
func NoLeaks(t testing.TB) {
	t.Helper()
	warmUp(t)
	fds, goroutines := OpenFDs(), runtime.NumGoroutine()
	t.Cleanup(func() {
		// What was cancelled needs a moment to notice.
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
			nowFDs, nowGoroutines := OpenFDs(), runtime.NumGoroutine()
			if nowFDs <= fds && nowGoroutines <= goroutines {
				return
			}
			if time.Now().After(end) {
				stacks := make([]byte, 1<<16)
				t.Errorf("%d descriptors became %d, %d goroutines %d\n%s", fds, nowFDs, goroutines, nowGoroutines,
					stacks[:runtime.Stack(stacks, true)])
				return
			}
		}
	})
}

// warmUp has the runtime make its netpoller, whose descriptors stay.
func warmUp(t testing.TB) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
}
