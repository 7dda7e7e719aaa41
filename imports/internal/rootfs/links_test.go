package rootfs

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/experimental/sys"
)

func TestLinks(t *testing.T) {
	for _, c := range []struct {
		name, content string
		want          sys.Errno
	}{
		{"in/link", "content of in", 0},
		{"in/inabs", "content of in", 0},
		{"in/dirlink/inner", "inner", 0},
		{"in/dirabs/inner", "inner", 0},
		{"in/around", "content of in", 0}, // leaves the grant and comes back
		{"in/toother", "content of other", 0},
		{"in/toother2", "content of other", 0},
		{"in/chain0", "content of in", 0}, // more links than os.Root follows
		{"in/dangling", "", sys.ENOENT},
		{"in/absdangling", "", sys.ENOENT},
		{"in/loop", "", sys.ELOOP},
		{"in/absloop", "", sys.ELOOP},
		{"in/out", "", sys.EACCES},
		{"in/outabs", "", sys.EACCES},
		{"in/outmissing", "", sys.EACCES},
		{"in/outdir/marker", "", sys.EACCES},
		{"in/wo", "", sys.EACCES}, // granted, but not for reading
	} {
		tree := newTree(t)
		tree.write("wo/file", "not to be read")
		tree.link("../other/file", "in/toother")
		tree.link(tree.path("other/inabs"), "in/toother2")
		tree.link(tree.path("in/nothing"), "in/absdangling")
		tree.link(tree.path("in/absloop"), "in/absloop")
		tree.link("../wo/file", "in/wo")
		for i := range 20 {
			tree.link("chain"+string(rune('0'+i+1)), "in/chain"+string(rune('0'+i)))
		}
		tree.link("file", "in/chain"+string(rune('0'+20)))
		f := tree.fs(Options{}, "in:r", "other:r", "wo:w")
		got, errno := readAll(f, tree.guest(c.name))
		if got != c.content || errno != c.want {
			t.Errorf("%s: %q, %v, want %q, %v", c.name, got, errno, c.content, c.want)
		}
		data, _, err := f.ReadFile(tree.guest(c.name), 1000)
		if string(data) != c.content || c.want != 0 && !isErrno(err, c.want) {
			t.Errorf("ReadFile %s: %q, %v", c.name, data, err)
		}
	}
}

// Creating through a link makes its target, if that is granted.
func TestCreateThroughLink(t *testing.T) {
	tree := newTree(t)
	tree.link(tree.path("in/absnew"), "in/abs")
	f := tree.fs(Options{}, "in:rw")
	const create = sys.O_WRONLY | sys.O_CREAT
	for _, c := range []struct {
		name, made string
		flag       sys.Oflag
		want       sys.Errno
	}{
		{"in/dangling", "", create | sys.O_EXCL, sys.EEXIST},
		{"in/abs", "", create | sys.O_EXCL, sys.EEXIST},
		{"in/outmissing", "", create | sys.O_EXCL, sys.EEXIST},
		{"in/dangling", "in/missing", create, 0},
		{"in/abs", "in/absnew", create, 0},
		{"in/outmissing", "", create, sys.EACCES},
		{"in/out", "", create | sys.O_TRUNC, sys.EACCES},
		{"in/outdir/new", "", create, sys.EACCES},
	} {
		file, errno := f.OpenFile(tree.guest(c.name), c.flag, 0o600)
		if errno == 0 {
			_ = file.Close()
		}
		want(t, c.name, errno, c.want)
		if c.made != "" && !tree.exists(c.made) {
			t.Errorf("%s did not make %s", c.name, c.made)
		}
	}
	if tree.exists("secret/missing") || tree.exists("secret/new") || tree.read("secret/marker") != marker {
		t.Error("something outside was changed")
	}
}

func TestReadFileCanonical(t *testing.T) {
	tree := newTree(t)
	f := tree.fs(Options{}, "in:r", "other/file:r")
	tree.link("../other/file", "in/toother")
	for name, canonical := range map[string]string{
		"in/file": "in/file", "in/link": "in/file", "in/dirlink/inner": "in/sub/inner", "in/inabs": "in/file",
		"in/dirabs/inner": "in/sub/inner", "in/around": "in/file", "in/toother": "other/file", "other/file": "other/file",
	} {
		_, got, err := f.ReadFile(tree.guest(name), 1000)
		if err != nil || got != tree.guest(canonical) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// A file granted by itself is that file, not what a link put in its place
// leads to.
func TestFileGrantStaysPut(t *testing.T) {
	tree := newTree(t)
	tree.write("in/neighbour", marker)
	f := tree.fs(Options{}, "in/link:rw", "in/file:rw")
	if got, errno := readAll(f, tree.guest("in/link")); got != "content of in" || errno != 0 {
		t.Fatalf("%q, %v", got, errno)
	}
	if err := os.Remove(tree.path("in/file")); err != nil {
		t.Fatal(err)
	}
	tree.link("neighbour", "in/file")
	for _, name := range []string{"in/file", "in/link"} {
		p := tree.guest(name)
		for _, flag := range []sys.Oflag{sys.O_RDONLY, sys.O_RDWR, sys.O_WRONLY | sys.O_TRUNC, sys.O_RDWR | sys.O_CREAT} {
			if file, errno := f.OpenFile(p, flag, 0o600); errno == 0 {
				_ = file.Close()
				t.Errorf("%s opened with flags %#x", name, flag)
			}
		}
		if errno := f.Utimens(p, 1, 1); errno == 0 {
			t.Errorf("%s: utimens worked", name)
		}
		if _, _, err := f.ReadFile(p, 1000); err == nil {
			t.Errorf("%s: ReadFile worked", name)
		}
	}
	if tree.read("in/neighbour") != marker {
		t.Error("the neighbour was changed")
	}
	// A guest may make it anew.
	want(t, "unlink", f.Unlink(tree.guest("in/file")), 0)
	file := mustOpen(t, f, tree.guest("in/file"), sys.O_RDWR|sys.O_CREAT)
	if n, errno := file.Write([]byte("again")); n != 5 || errno != 0 {
		t.Errorf("write: %d, %v", n, errno)
	}
	if tree.read("in/file") != "again" {
		t.Error("not the file in its place")
	}
}

// TestSwapAttack lets another process (here: a goroutine) exchange folders and
// links as fast as it can, while the guest uses paths through them.
func TestSwapAttack(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open folder cannot be renamed on Windows")
	}
	tree := newTree(t)
	tree.write("in/swap/marker", "harmless")
	tree.write("in/leaf", "harmless")
	tree.link(tree.path("secret"), "in/evilabs")
	tree.link("../secret", "in/evil")
	tree.link("../secret/marker", "in/evilleaf")
	f := tree.fs(Options{}, "in:rw", "in/leaf:rw")
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		root := tree.path("in") + "/"
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			evil := "evil"
			if i%2 == 0 {
				evil = "evilabs"
			}
			_ = os.Rename(root+"swap", root+"saved")
			_ = os.Rename(root+evil, root+"swap")
			_ = os.Rename(root+"swap", root+evil)
			_ = os.Rename(root+"saved", root+"swap")
			_ = os.Rename(root+"leaf", root+"savedleaf")
			_ = os.Rename(root+"evilleaf", root+"leaf")
			_ = os.Rename(root+"leaf", root+"evilleaf")
			_ = os.Rename(root+"savedleaf", root+"leaf")
		}
	})
	reached := 0
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); {
		for _, name := range []string{"in/swap/marker", "in/leaf"} {
			p := tree.guest(name)
			got, _ := readAll(f, p)
			data, canonical, _ := f.ReadFile(p, 1000)
			if got == marker || string(data) == marker {
				t.Fatalf("read the marker through %s", name)
			}
			if strings.Contains(canonical, "secret") {
				t.Fatalf("canonical path %s", canonical)
			}
			if got != "" {
				reached++
			}
			if file, errno := f.OpenFile(p, sys.O_RDWR|sys.O_CREAT, 0o600); errno == 0 {
				_, _ = file.Pwrite([]byte("harmless"), 0)
				_ = file.Close()
			}
			_ = f.Utimens(p, 1, 1)
			_, _ = f.Stat(p)
		}
		swap := tree.guest("in/swap")
		_ = f.Mkdir(swap+"/made", 0o700)
		_ = f.Rmdir(swap + "/made")
		_ = f.Symlink("x", swap+"/l")
		_ = f.Unlink(swap + "/l")
		_ = f.Link(tree.guest("in/file"), swap+"/h")
		_ = f.Rename(swap+"/h", swap+"/h2")
		_ = f.Unlink(swap + "/h2")
		_, _ = list(f, swap)
	}
	close(stop)
	done.Wait()
	if reached == 0 {
		t.Error("the guest never got through: the test shows nothing")
	}
	entries, err := os.ReadDir(tree.path("secret"))
	if err != nil || len(entries) != 1 || tree.read("secret/marker") != marker {
		t.Errorf("the folder outside was changed: %v, %v", entries, err)
	}
	info, err := os.Stat(tree.path("secret/marker"))
	if err != nil || info.ModTime().Unix() < 1000 {
		t.Errorf("the marker's time was changed: %v", err)
	}
}

// A chain of links with long targets must not keep the host busy.
func TestLinkWorkIsBounded(t *testing.T) {
	tree := newTree(t)
	deep := strings.Repeat("d/", 200)
	tree.mkdir("in/" + deep)
	for i := range 40 {
		next := string(rune('A' + i + 1))
		tree.link(tree.path("in/"+strings.Repeat(deep+strings.Repeat("../", 200), 3)+"l"+next), "in/l"+string(rune('A'+i)))
	}
	f := tree.fs(Options{MaxPath: 8000}, "in:r")
	start := time.Now()
	_, errno := f.Stat(tree.guest("in/lA"))
	if errno == 0 {
		t.Error("it was found")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func FuzzResolve(fuzz *testing.F) {
	for _, seed := range []string{
		"file", "../secret/marker", "sub/../../secret/marker", "outdir/marker", "out", "outabs", "//file", "./file/",
		"dirlink/../../secret/marker", "dirlink/../file", "a\x00b", "outdir/../secret/marker", "around", "loop/x", "inabs/..",
		"\xff/..", "..\\secret\\marker", "dirabs/..//outdir/./marker", "C:\\x", "outdir\x00", "sub/inner/../../out",
		"new", "dangling", "outmissing", "outdir/new",
	} {
		fuzz.Add(seed, uint32(sys.O_RDONLY))
		fuzz.Add(seed, uint32(sys.O_RDWR|sys.O_CREAT))
		fuzz.Add(seed, uint32(sys.O_DIRECTORY))
	}
	tree := newTree(fuzz)
	// The fuzzer may make a "marker" of its own inside, but nothing of this name.
	const unheard = "a name of the folder outside that no input has"
	tree.write("secret/"+unheard, "")
	f := tree.fs(Options{MaxWriteBytes: 1 << 20}, "in:rw")
	in := tree.guest("in")
	fuzz.Fuzz(func(t *testing.T, name string, flag uint32) {
		for _, p := range []string{name, in + "/" + name, "/" + name} {
			if file, errno := f.OpenFile(p, sys.Oflag(flag), 0o600); errno == 0 {
				buf := make([]byte, 100)
				n, _ := file.Read(buf)
				if strings.Contains(string(buf[:n]), "MARKER") {
					t.Fatalf("open %q reads the marker", p)
				}
				if entries, errno := file.Readdir(100); errno == 0 {
					for _, e := range entries {
						if e.Name == unheard {
							t.Fatalf("open %q lists %s", p, e.Name)
						}
					}
				}
				_, _ = file.Write([]byte("MINE"))
				_ = file.Close()
			}
			if data, canonical, err := f.ReadFile(p, 1000); err == nil {
				if strings.Contains(string(data), "MARKER") || !strings.HasPrefix(canonical, in) {
					t.Fatalf("ReadFile %q: %q, %q", p, data, canonical)
				}
			}
			_, _ = f.Stat(p)
			if target, errno := f.Readlink(p); errno == 0 && strings.Contains(target, "MARKER") {
				t.Fatalf("readlink %q: %q", p, target)
			}
			_ = f.Symlink(name, in+"/fuzzed")
			_, _ = readAll(f, in+"/fuzzed")
			_ = f.Unlink(in + "/fuzzed")
		}
		if b, err := os.ReadFile(tree.path("secret/marker")); err != nil || string(b) != marker {
			t.Fatalf("the marker was changed: %q, %v", b, err)
		}
		if entries, err := os.ReadDir(tree.path("secret")); err != nil || len(entries) != 2 {
			t.Fatalf("the folder outside was changed: %v, %v", entries, err)
		}
	})
}
