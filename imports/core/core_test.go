package core_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/imports/core"
	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
)

// modules knows one module.
type modules struct{ asked []string }

func (m *modules) Resolve(base, spec string) (string, error) {
	m.asked = append(m.asked, base+" imports "+spec)
	if spec != "./b.js" {
		return "", &fs.PathError{Op: "import", Path: spec, Err: fs.ErrNotExist}
	}
	return "/app/b.js", nil
}

func (m *modules) Load(name string) ([]byte, error) {
	m.asked = append(m.asked, "load "+name)
	if name != "/app/b.js" {
		return nil, errors.New("cannot load " + name)
	}
	return []byte("export default 1"), nil
}

func (m *modules) URL(name string) string { return "file://" + name }

// put places a string and returns its address and length.
func put(g *guesttest.Guest, s string) (any, any) { return g.Put([]byte(s)), len(s) }

func TestModules(t *testing.T) {
	m := &modules{}
	g := guesttest.New(t, guesttest.Config{Modules: m}, core.Funcs())
	base, baseLen := put(g, "/app/a.js")
	spec, specLen := put(g, "./b.js")
	if s := g.Taken(g.Call("module_resolve", base, baseLen, spec, specLen)); s != "/app/b.js" {
		t.Errorf("resolved to %q", s)
	}
	name, nameLen := put(g, "/app/b.js")
	if s := g.Taken(g.Call("module_load", name, nameLen)); s != "export default 1" {
		t.Errorf("source %q", s)
	}
	if s := g.Taken(g.Call("module_url", name, nameLen)); s != "file:///app/b.js" {
		t.Errorf("URL %q", s)
	}
	wrong, wrongLen := put(g, "./c.js")
	err := g.Fail(abi.ENOENT, "module_resolve", base, baseLen, wrong, wrongLen)
	if !strings.Contains(err.Error(), "./c.js") {
		t.Error(err)
	}
	g.Fail(abi.EIO, "module_load", wrong, wrongLen)
	want := "/app/a.js imports ./b.js|load /app/b.js|/app/a.js imports ./c.js|load ./c.js"
	if got := strings.Join(m.asked, "|"); got != want {
		t.Errorf("asked %q", got)
	}
}

func TestArgs(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{Args: []string{"one", "", "drei – ε"}}, core.Funcs())
	for i, want := range []string{"one", "", "drei – ε"} {
		if s := g.Taken(g.Call("arg", i)); s != want {
			t.Errorf("argument %d is %q", i, s)
		}
	}
	for _, i := range []int{3, -1, 1 << 30, -1 << 31} {
		g.Fail(abi.ENOENT, "arg", i)
	}
}

func TestTake(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{Args: []string{"hello"}}, core.Funcs())
	p := g.Space(16)
	g.Call("arg", 0)
	if n := g.Call("take", p, 16); n != 5 || string(g.Bytes(p, 6)) != "hello\x00" {
		t.Errorf("%d: %q", n, g.Bytes(p, 6))
	}
	if n := g.Call("take", p, 16); n != 0 {
		t.Errorf("took %d bytes twice", n)
	}
	// A place that is not there takes nothing away.
	g.Call("arg", 0)
	g.Fail(abi.EFAULT, "take", guesttest.MemorySize-1, 2)
	if n := g.Call("take", guesttest.MemorySize-2, 2); n != 2 || string(g.Bytes(guesttest.MemorySize-2, 2)) != "he" {
		t.Errorf("%d: %q", n, g.Bytes(guesttest.MemorySize-2, 2))
	}
}

func TestDetail(t *testing.T) {
	m := &modules{}
	g := guesttest.New(t, guesttest.Config{Modules: m}, core.Funcs())
	p := g.Space(64)
	if n := g.Call("detail", p, 64); n != 0 {
		t.Errorf("%d bytes before any failure", n)
	}
	var load guest.Func
	for _, f := range core.Funcs() {
		if f.Name == "module_load" {
			load = f
		}
	}
	fail := func() { // as wasm calls it, which keeps the text
		load.GoModuleFunction(nil).Call(guest.With(t.Context(), g.Guest), module{memory: g.Mem}, guesttest.Stack(load, g.Put([]byte("x")), 1))
	}
	fail()
	if n := g.Call("detail", p, 64); string(g.Bytes(p, int(n))) != "cannot load x" {
		t.Errorf("%q", g.Bytes(p, int(n)))
	}
	if n := g.Call("detail", p, 64); n != 0 {
		t.Error("the text can be read twice")
	}
	fail()
	if n := g.Call("detail", p, 6); n != 6 || string(g.Bytes(p, 6)) != "cannot" {
		t.Errorf("%d: %q", n, g.Bytes(p, 6))
	}
}

// profiler asks for a sample every other time.
type profiler struct {
	asked int
	got   []string
}

func (p *profiler) Due() bool {
	p.asked++
	return p.asked%2 == 0
}

func (p *profiler) Sample(frames []byte) { p.got = append(p.got, string(frames)) }

func TestSample(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{}, core.Funcs())
	frames, framesLen := put(g, "frames")
	g.Call("sample", frames, framesLen) // nobody asked: nothing happens
	p := &profiler{}
	g.Profiler = p
	for i, want := range []int32{0, 2, 0, 2} {
		if r := g.Call("tick"); r != want {
			t.Errorf("tick %d: %d, want %d", i, r, want)
		}
	}
	g.Call("sample", frames, framesLen)
	g.Fail(abi.EFAULT, "sample", -8, 100)
	g.Fail(abi.EFAULT, "sample", frames, 1<<30)
	if strings.Join(p.got, "|") != "frames" {
		t.Errorf("%q", p.got)
	}
	g.Loop.Interrupt(errors.New("stop"))
	if r := g.Call("tick"); r != 1 {
		t.Errorf("interrupted: %d", r)
	}
}

func TestEnvUsed(t *testing.T) {
	g := guesttest.New(t, guesttest.Config{}, core.Funcs())
	name, nameLen := put(g, "HOME")
	g.Call("env_used", name, nameLen) // nobody wants to know
	var used []string
	g.Guest.OnEnv = func(name string) { used = append(used, name) }
	g.Call("env_used", name, nameLen)
	g.Fail(abi.EFAULT, "env_used", -4, 8)
	if len(used) != 1 || used[0] != "HOME" {
		t.Error(used)
	}
}
