package imports_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/wqjs/wqjs/imports"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/rootfs"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newGuest(t *testing.T, c imports.Config) *imports.Guest {
	t.Helper()
	g, err := imports.NewGuest(c)
	check(t, err)
	t.Cleanup(func() { check(t, g.Close()) })
	return g
}

// write makes a file and returns its path as the guest sees it.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	p := filepath.Join(dir, name)
	check(t, os.WriteFile(p, []byte(content), 0o600))
	guest, err := rootfs.GuestPath(p)
	check(t, err)
	return guest
}

// TestNewGuestErrors: what is wrong is named, and what was opened before it is
// closed again.
func TestNewGuestErrors(t *testing.T) {
	good := t.TempDir()
	missing := filepath.Join(good, "missing")
	dirs := []imports.Dir{{Path: good, Read: true, Write: true}}
	mount := []imports.Mount{{GuestPath: "/lib", FS: fstest.MapFS{}}}
	for _, c := range []struct {
		name string
		cfg  imports.Config
	}{
		{"example.com:99999", imports.Config{Dirs: dirs, Rules: imports.Rules{Connect: []string{"127.0.0.1:80", "example.com:99999"}}}},
		{"300.0.0.1", imports.Config{Dirs: dirs, Rules: imports.Rules{Listen: []string{"300.0.0.1"}}}},
		{"10.0.0.1/8", imports.Config{Dirs: dirs, Rules: imports.Rules{UDP: []string{"10.0.0.1/8"}}}},
		{"a..b", imports.Config{Dirs: dirs, Rules: imports.Rules{Resolve: []string{"a..b"}}}},
		{"relative/path", imports.Config{Dirs: dirs, Rules: imports.Rules{Unix: []string{"relative/path"}}}},
		{"A=B", imports.Config{Dirs: dirs, Rules: imports.Rules{Env: []string{"A=B"}}}},
		{"missing", imports.Config{Dirs: []imports.Dir{dirs[0], {Path: missing, Read: true}}}},
		{"missing", imports.Config{AllFiles: true, Dirs: []imports.Dir{{Path: missing, Read: true}}}},
		{"missing", imports.Config{Dirs: dirs, ModuleDirs: []string{missing}}},
		{"missing", imports.Config{Dirs: dirs, Mounts: mount, ModuleDirs: []string{good, missing}}},
		{filepath.Base(good), imports.Config{Dirs: []imports.Dir{{Path: good}}}}, // neither read nor write
		{`""`, imports.Config{Dirs: append(dirs, imports.Dir{Read: true})}},
		{"relative", imports.Config{Dirs: dirs, Mounts: append(mount, imports.Mount{GuestPath: "relative", FS: fstest.MapFS{}})}},
		{"/nil", imports.Config{Dirs: dirs, Mounts: append(mount, imports.Mount{GuestPath: "/nil"})}},
	} {
		before := guesttest.OpenFDs()
		g, err := imports.NewGuest(c.cfg)
		if err == nil {
			g.Close()
			t.Errorf("%s is no error", c.name)
			continue
		}
		if !strings.Contains(err.Error(), c.name) {
			t.Errorf("the error does not name %s: %v", c.name, err)
		}
		if after := guesttest.OpenFDs(); after != before {
			t.Errorf("%s: %d descriptors became %d", c.name, before, after)
		}
	}
}

func TestZeroConfig(t *testing.T) {
	guesttest.NoLeaks(t)
	file := write(t, t.TempDir(), "m.js", "1")
	g := newGuest(t, imports.Config{})
	if _, err := g.ReadModule(file, 10); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "--allow-read=") {
		t.Errorf("ReadModule: %v", err)
	}
	if err := g.CheckModule(file); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "--allow-read="+file) {
		t.Errorf("CheckModule: %v", err)
	}
	if g.MayEnv("PATH") || g.MayEnv("") || g.OpenFDs() != 0 || len(g.Pending()) != 0 {
		t.Error("something is granted")
	}
	if events, err := g.Next(make([]imports.Event, 0, 16)); len(events) != 0 || err != nil {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestModules(t *testing.T) {
	guesttest.NoLeaks(t)
	dir, other, secret := t.TempDir(), t.TempDir(), t.TempDir()
	a, b, c := write(t, dir, "a.js", "a"), write(t, other, "b.js", "b"), write(t, secret, "c.js", "c")
	g := newGuest(t, imports.Config{
		Dirs:       []imports.Dir{{Path: dir, Read: true}, {Path: secret, Write: true}},
		ModuleDirs: []string{dir, dir + string(filepath.Separator), other, other},
		Mounts:     []imports.Mount{{GuestPath: "/lib", FS: fstest.MapFS{"m.js": {Data: []byte("mounted")}}}},
	})
	for p, want := range map[string]string{a: "a", b: "b", "/lib/m.js": "mounted"} {
		got, err := g.ReadModule(p, 10)
		if string(got) != want || err != nil || g.CheckModule(p) != nil {
			t.Errorf("%s: %q, %v, %v", p, got, err, g.CheckModule(p))
		}
	}
	for p, want := range map[string]error{c: fs.ErrPermission, path.Join(path.Dir(a), "none.js"): fs.ErrNotExist, "/lib/none.js": fs.ErrNotExist} {
		_, err := g.ReadModule(p, 10)
		if !errors.Is(err, want) || !errors.Is(g.CheckModule(p), want) {
			t.Errorf("%s: %v, %v", p, err, g.CheckModule(p))
		}
	}
	if err := g.CheckModule("/lib"); err == nil {
		t.Error("a folder is no module")
	}
	if _, err := g.ReadModule("/lib/m.js", 3); err == nil {
		t.Error("a module beyond the limit")
	}
}

// TestAllFiles: with everything granted the folders named besides are no error.
func TestAllFiles(t *testing.T) {
	guesttest.NoLeaks(t)
	dir := t.TempDir()
	a := write(t, dir, "a.js", "a")
	g := newGuest(t, imports.Config{AllFiles: true, Dirs: []imports.Dir{{Path: dir, Write: true}}, ModuleDirs: []string{dir}})
	if got, err := g.ReadModule(a, 10); string(got) != "a" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestInstance runs a module that has a memory with the guest's file system and
// memory in place.
func TestInstance(t *testing.T) {
	guesttest.NoLeaks(t)
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	check(t, imports.Instantiate(ctx, r))
	if imports.Instantiate(ctx, r) == nil {
		t.Error("instantiated twice")
	}
	g, err := imports.NewGuest(imports.Config{})
	check(t, err)
	s, err := imports.NewSlot(3 << 16)
	check(t, err)
	ictx, mc := s.ModuleConfig(ctx, wazero.NewModuleConfig())
	g.Enter(s)
	memory := []byte{0, 'a', 's', 'm', 1, 0, 0, 0, 5, 3, 1, 0, 2, 7, 5, 1, 1, 'm', 2, 0} // of 2 pages
	mod, err := r.InstantiateWithConfig(ictx, memory, mc)
	check(t, err)
	if s.MemorySize() != 2<<16 {
		t.Errorf("the memory has %d bytes", s.MemorySize())
	}
	if _, ok := mod.Memory().Grow(2); ok {
		t.Error("grew over the limit")
	}
	s.Store32(8, 0x01010101)
	if v, _ := mod.Memory().ReadUint32Le(8); v != 0x01010101 || s.Load32(8) != v {
		t.Errorf("stored %#x", v)
	}
	check(t, g.Close())
	check(t, mod.Close(ctx))
	s.Free()
	if s.MemorySize() != 0 {
		t.Error("memory is left after Free")
	}
	s.Store32(8, 1)
	g.Interrupt(errors.New("late"))
	g.Resume()
}

func TestNanosleep(t *testing.T) {
	g := newGuest(t, imports.Config{})
	cause := errors.New("stop")
	start := time.Now()
	g.Nanosleep(-1)
	g.Nanosleep(0)
	g.Nanosleep(int64(2 * time.Millisecond))
	if d := time.Since(start); d < 2*time.Millisecond {
		t.Errorf("slept %v", d)
	}
	time.AfterFunc(time.Millisecond, func() { g.Interrupt(cause) })
	g.Nanosleep(int64(time.Hour))
	if g.Interrupted() != cause {
		t.Error(g.Interrupted())
	}
	if _, err := g.Next(make([]imports.Event, 0, 8)); err != cause {
		t.Error(err)
	}
	g.Resume()
	if g.Interrupted() != nil {
		t.Error("interrupted for ever")
	}
}
