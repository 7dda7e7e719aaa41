//go:build unix

package e2e

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// user is somebody whom the modes of folders bind: root is not.
const user = 12345

// runAs runs wqjs for that user where this process may, with its home and its
// cache in dir.
func runAs(t *testing.T, dir string, args ...string) (out string, err error) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"HOME=" + dir, "WQJS_CACHE=" + filepath.Join(dir, "cache")}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	}
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// userDir is a folder of that user's, reachable by it.
func userDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Dir(binary), 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, user, user); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { chmodAll(t, dir, 0o700) }) // so that it can be removed
	return dir
}

// chmodAll sets the mode of the folders in dir, deepest first when writing is taken.
func chmodAll(t *testing.T, dir string, mode fs.FileMode) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(p, mode)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func cachedFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, filepath.Base(p))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestReadOnlyCache: a cache that cannot be written is used when it is full, and
// never in the way when it is empty.
func TestReadOnlyCache(t *testing.T) {
	t.Parallel()
	dir := userDir(t)
	run := func(what string) {
		t.Helper()
		if out, err := runAs(t, dir, "-e", "print(6 * 7)"); err != nil || out != "42\n" {
			t.Errorf("%s: %q %v", what, out, err)
		}
	}
	cache := filepath.Join(dir, "cache")
	if err := os.Mkdir(cache, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(cache, user, user); err != nil {
			t.Fatal(err)
		}
	}
	run("empty and read-only")
	if names := cachedFiles(t, cache); len(names) != 0 {
		t.Fatalf("written to a folder of mode 0500: %v (are modes not obeyed here?)", names)
	}
	if out, err := runAs(t, dir, "cache", "warm"); err == nil || !strings.Contains(out, "permission denied") || !strings.Contains(out, cache) {
		t.Errorf("warm: %q %v", out, err)
	}

	chmodAll(t, cache, 0o700)
	if out, err := runAs(t, dir, "cache", "warm"); err != nil {
		t.Fatalf("warm: %q %v", out, err)
	}
	before := cachedFiles(t, cache)
	chmodAll(t, cache, 0o500)
	run("full and read-only")
	if after := cachedFiles(t, cache); len(before) == 0 || strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("the files were %v, are %v", before, after)
	}
	if out, err := runAs(t, dir, "cache", "warm"); err != nil {
		t.Errorf("warm although it is: %q %v", out, err)
	}
}

// TestProcessesShareCache: processes that find the cache empty at the same time
// all run, and leave one that is whole.
func TestProcessesShareCache(t *testing.T) {
	t.Parallel()
	dir := userDir(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if out, err := runAs(t, dir, "-e", "print(6 * 7)"); err != nil || out != "42\n" {
				t.Errorf("at once: %q %v", out, err)
			}
		})
	}
	wg.Wait()
	if out, err := runAs(t, dir, "cache", "warm"); err != nil {
		t.Fatalf("warm: %q %v", out, err)
	}
	names := cachedFiles(t, filepath.Join(dir, "cache"))
	if len(names) != 2 { // the code and its checksum, nothing temporary
		t.Errorf("the cache holds %v", names)
	}
	chmodAll(t, filepath.Join(dir, "cache"), 0o500)
	if out, err := runAs(t, dir, "-e", "print(6 * 7)"); err != nil || out != "42\n" {
		t.Errorf("afterwards: %q %v", out, err)
	}
}
