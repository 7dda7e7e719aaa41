//go:build unix

package rootfs

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
	"golang.org/x/sys/unix"
)

// What is neither file nor folder is not opened, and never waited for.
func TestSpecialFiles(t *testing.T) {
	tree := newTree(t)
	if err := unix.Mkfifo(tree.path("in/fifo"), 0o600); err != nil {
		t.Skipf("cannot make a FIFO: %v", err)
	}
	tree.link("fifo", "in/fifolink")
	// A socket's path must be short.
	short, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(short)
	l, err := net.Listen("unix", filepath.Join(short, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Rename(filepath.Join(short, "s"), tree.path("in/socket")); err != nil {
		t.Skipf("cannot move the socket: %v", err)
	}
	dev, err := Dir("/dev", true, true)
	if err != nil {
		t.Fatal(err)
	}
	f := newFS(t, Options{}, tree.grant("in", "rw"), dev)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, name := range []string{tree.guest("in/fifo"), tree.guest("in/fifolink"), tree.guest("in/socket"), "/dev/null", "/dev/zero", "/dev/tty"} {
			if _, errno := f.Lstat(name); errno != 0 {
				t.Logf("lstat %s: %v", name, errno)
				continue
			}
			for _, flag := range []sys.Oflag{sys.O_RDONLY, sys.O_WRONLY, sys.O_RDWR, sys.O_RDWR | sys.O_CREAT, sys.O_RDWR | sys.O_TRUNC} {
				_, errno := f.OpenFile(name, flag, 0o600)
				want(t, name, errno, sys.EACCES)
			}
			if _, _, err := f.ReadFile(name, 100); !isErrno(err, sys.EACCES) {
				t.Errorf("ReadFile %s: %v", name, err)
			}
		}
		// The check after opening, for what replaced a file meanwhile.
		for _, flag := range []int{os.O_RDONLY, os.O_RDWR} {
			root, err := os.OpenRoot(tree.path("in"))
			if err != nil {
				t.Error(err)
				return
			}
			file, err := root.OpenFile("fifo", flag|openExtra, 0)
			if err != nil {
				t.Error(err)
				return
			}
			_, err = verify(&mount{root: root}, "fifo", file, sys.O_RDWR, false)
			want(t, "verify", errnoOf(err), sys.EACCES)
			_ = file.Close()
			_ = root.Close()
		}
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("opening blocks")
	}
	for _, name := range []string{tree.path("in/fifo"), tree.path("in/socket")} {
		if _, err := Dir(name, true, false); err == nil {
			t.Errorf("%s was granted", name)
		}
	}
	st, errno := f.Stat(tree.guest("in/fifo"))
	if errno != 0 || st.Mode.IsRegular() || st.Mode.IsDir() {
		t.Errorf("stat: %v, %v", st.Mode, errno)
	}
	want(t, "unlink", f.Unlink(tree.guest("in/fifo")), 0)
}
