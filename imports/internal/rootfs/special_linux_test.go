package rootfs

import (
	"os"
	"strconv"
	"testing"

	"github.com/tetratelabs/wazero/experimental/sys"
)

// Kernel file systems need a grant that names a place inside.
func TestKernelFiles(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skipf("no procfs here: %v", err)
	}
	pid := "/proc/" + strconv.Itoa(os.Getpid())
	denied := 0
	open := func(name string, flag sys.Oflag, grants ...Grant) sys.Errno {
		f := newFS(t, Options{OnDenied: func(string, string, string) { denied++ }}, grants...)
		file, errno := f.OpenFile(name, flag, 0)
		if errno == 0 {
			_ = file.Close()
		}
		if _, _, err := f.ReadFile(name, 1<<20); flag == sys.O_RDONLY && (err == nil) != (errno == 0) {
			t.Errorf("ReadFile %s: %v", name, err)
		}
		return errno
	}
	dir := func(name string, read, write bool) Grant {
		g, err := Dir(name, read, write)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	for _, name := range []string{pid + "/environ", pid + "/mem", pid + "/maps", "/proc/self/environ"} {
		want(t, name, open(name, sys.O_RDONLY, dir("/", true, true)), sys.EACCES)
	}
	want(t, "write mem", open(pid+"/mem", sys.O_WRONLY, dir("/", true, true)), sys.EACCES)
	if denied != 10 {
		t.Errorf("OnDenied was called %d times", denied)
	}
	want(t, "granted", open(pid+"/maps", sys.O_RDONLY, dir("/", true, true), dir("/proc", true, false)), 0)
	want(t, "granted", open(pid+"/maps", sys.O_RDONLY, dir(pid+"/maps", true, false)), 0)
	// The right to write there does not bring the one to read everywhere.
	want(t, "other right", open(pid+"/environ", sys.O_RDONLY, dir("/", true, false), dir("/proc", false, true)), sys.EACCES)
	// Magic links lead nowhere new.
	want(t, "root", open("/proc/self/root"+"/etc/passwd", sys.O_RDONLY, dir("/proc", true, false)), sys.EACCES)
	want(t, "cwd", open("/proc/self/cwd/rootfs.go", sys.O_RDONLY, dir("/proc", true, false)), sys.EACCES)
	file, err := os.Open(".")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fd := "/proc/self/fd/" + strconv.Itoa(int(file.Fd()))
	want(t, "fd", open(fd+"/rootfs.go", sys.O_RDONLY, dir("/proc", true, false)), sys.EACCES)
}
