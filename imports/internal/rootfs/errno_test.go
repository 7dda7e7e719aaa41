package rootfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/tetratelabs/wazero/experimental/sys"
)

func TestErrnoOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want sys.Errno
	}{
		{nil, 0},
		{io.EOF, 0},
		{sys.EISDIR, sys.EISDIR},
		{fmt.Errorf("wrapped: %w", sys.ELOOP), sys.ELOOP},
		{&fs.PathError{Err: syscall.ENOENT}, sys.ENOENT},
		{&os.LinkError{Err: syscall.ENOTEMPTY}, sys.ENOTEMPTY},
		{os.NewSyscallError("open", syscall.EMFILE), sys.EAGAIN},
		{syscall.ENFILE, sys.EAGAIN},
		{syscall.EXDEV, sys.ENOTSUP},
		{syscall.ENXIO, sys.EACCES},
		{syscall.ENOSPC, sys.EIO},
		{syscall.EACCES, sys.EACCES},
		{fs.ErrNotExist, sys.ENOENT},
		{&fs.PathError{Err: fs.ErrExist}, sys.EEXIST},
		{fs.ErrPermission, sys.EACCES},
		{fs.ErrInvalid, sys.EINVAL},
		{fs.ErrClosed, sys.EBADF},
		{errors.ErrUnsupported, sys.ENOTSUP},
		{errors.New("other"), sys.EIO},
	} {
		want(t, fmt.Sprint(c.err), errnoOf(c.err), c.want)
	}
}

// os has no name for the error of a path that leads out of a Root: this is how
// the package tells it.
func TestLeavesRoot(t *testing.T) {
	tree := newTree(t)
	root, err := os.OpenRoot(tree.path("in"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, expect := range map[string]bool{
		"file": false, "missing": false, "file/x": false, "dangling": false,
		"out": true, "outabs": true, "outdir/marker": true, "inabs": true, "../in": true, "loop": true,
	} {
		_, err := root.Stat(name)
		if leavesRoot(err) != expect {
			t.Errorf("%s: %v", name, err)
		}
	}
	_ = root.Close()
	if _, err := root.Stat("file"); leavesRoot(err) || err == nil {
		t.Errorf("closed: %v", err)
	}
}
