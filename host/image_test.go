package host

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

// image makes one that ends with the test.
func image(t testing.TB, c ImageConfig) *Image {
	t.Helper()
	img, err := engine.NewImage(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := img.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return img
}

// of makes a sandbox of an image; out is its stdout and stderr.
func (img *Image) of(t testing.TB, c SandboxConfig) (s *Sandbox, out *buffer) {
	t.Helper()
	out = &buffer{}
	c.Stdout, c.Stderr = out, out
	s, err := img.NewSandbox(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error("close:", err)
		}
	})
	return s, out
}

// ready makes an image in which source was run as a module.
func ready(t testing.TB, source string) *Image {
	t.Helper()
	return image(t, ImageConfig{Init: func(ctx context.Context, s *Sandbox) error {
		return s.EvalModule(ctx, "/init.js", source)
	}})
}

func TestImageHoldsApp(t *testing.T) {
	files := fstest.MapFS{
		"app.js":  {Data: []byte("import { n } from './part.js'; export const twice = n * 2; globalThis.count = 0;")},
		"part.js": {Data: []byte("export const n = 21;")},
	}
	img := image(t, ImageConfig{
		Sandbox: SandboxConfig{Mounts: []Mount{{GuestPath: "/app", FS: files}}, Dir: "/app"},
		Modules: []string{"./app.js", "wqjs:net"},
	})
	for range 3 {
		s, out := img.of(t, SandboxConfig{}) // without the files
		for i := range 2 {
			want(t, s, out, "print(++count)", fmt.Sprintln(i+1))
		}
		err := s.EvalModule(t.Context(), "/main.js", "import { twice } from '/app/app.js'; import '/app/part.js'; print(twice)")
		if err != nil || !strings.HasSuffix(out.String(), "42\n") {
			t.Fatalf("%v, %q", err, out)
		}
		err = s.EvalModule(t.Context(), "/other.js", "import '/app/none.js'")
		if e := jsError(t, err); e.Code != "EACCES" {
			t.Errorf("what the image does not hold: %v", err)
		}
	}
}

func TestImageNotQuiescent(t *testing.T) {
	for source, text := range map[string]string{
		"setTimeout(() => {}, 1e6); setInterval(() => {}, 1e6)": "with 2 pending timers",
		sockets + "pair()":                                     "open sockets",
		"throw new Error('no')":                                "no",
		"await new Promise(() => {})":                          "top-level await",
		"Promise.reject(new TypeError('later'))":               "later",
		"import * as std from 'std'; std.exit(3)":              "code 3",
		"import * as os from 'os'; os.close(1)":                "without standard streams",
		"globalThis.f = (await import('std')).open('/f', 'r')": "1 open files",
	} {
		c := ImageConfig{Sandbox: SandboxConfig{Mounts: []Mount{{GuestPath: "/", FS: fstest.MapFS{"f": {}}}}}}
		c.Sandbox.Policy = Policy{Listen: []string{"127.0.0.1"}, Connect: []string{"127.0.0.1"}}
		c.Init = func(ctx context.Context, s *Sandbox) error { return s.EvalModule(ctx, "/init.js", source) }
		before := holding(t)
		img, err := engine.NewImage(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want an error with %q", source, err, text)
		}
		if err == nil {
			img.Close()
		}
		before.same(t, 8)
	}
}

// What must differ between sandboxes of one image, and in one that was reset.
func TestImageSeeds(t *testing.T) {
	img := ready(t, `
		Math.random(); performance.timeOrigin; performance.now(); crypto.randomUUID();
		globalThis.old = new Map(Array.from({ length: 100 }, (_, i) => ['key' + i, i]));
		globalThis.show = () => print(Math.random(), performance.timeOrigin, performance.now() < 50 * 1000,
			crypto.randomUUID(), crypto.getRandomValues(new Uint32Array(2)).join('.'));`)
	seen := map[string]bool{}
	check := func(s *Sandbox, out *buffer) {
		t.Helper()
		before := len(out.String())
		now := float64(time.Now().UnixMicro()) / 1e3
		if err := s.Eval(t.Context(), "x.js", "globalThis.counted = new Map(Array.from({ length: 777 }, (_, i) => [i, i])); show(); for (let i = 0; i < 100; i++) if (old.get('key' + i) !== i) throw new Error('lost ' + i)"); err != nil {
			t.Fatal(err)
		}
		var random, origin float64
		var young bool
		var uuid, bytes string
		if _, err := fmt.Sscan(out.String()[before:], &random, &origin, &young, &uuid, &bytes); err != nil {
			t.Fatal(err, out)
		}
		if origin > now || origin < now-60_000 || !young {
			t.Errorf("timeOrigin %v at %v, young: %v", origin, now, young)
		}
		for _, v := range []string{fmt.Sprint("r", random), fmt.Sprint("o", origin), uuid, bytes, fmt.Sprint("h", hashSeed(t, s, 777))} {
			if seen[v] {
				t.Errorf("%s appears twice", v)
			}
			seen[v] = true
		}
		time.Sleep(time.Millisecond)
	}
	for range 3 {
		s, out := img.of(t, SandboxConfig{})
		for range 3 {
			check(s, out)
			if err := s.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.Close() // the next one gets its instance
	}
}

// hashSeed finds the seed of the only map of so many entries in guest memory, which
// scripts cannot see: of JSMapState (quickjs.c), record_count, hash_table,
// hash_size, record_count_threshold and, two words further, hash_seed.
func hashSeed(t *testing.T, s *Sandbox, entries uint32) uint32 {
	t.Helper()
	memory, _ := s.mod.Memory().Read(0, s.mod.Memory().Size())
	var seeds []uint32
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(memory[at:]) }
	for at := 0; at+20 <= len(memory); at += 4 {
		if word(at) == entries && word(at+8) == 512 && word(at+12) == 1024 {
			seeds = append(seeds, word(at+16))
		}
	}
	if len(seeds) != 1 {
		t.Fatalf("%d maps of %d entries: %v", len(seeds), entries, seeds)
	}
	return seeds[0]
}

// everything is a module that prints each text that can be reached from the globals
// and the library's modules.
const everything = `import * as std from 'std'; import * as os from 'os';
	import * as sockets from 'wqjs:sockets'; import * as net from 'wqjs:net'; import * as dns from 'wqjs:dns';
	const seen = new Set();
	const rest = [globalThis, std, os, sockets, net, dns, std.getenviron(), os.readdir('/'), os.getcwd(), new Error('e').stack];
	while (rest.length > 0) {
		const value = rest.pop();
		if (typeof value === 'string') print(value);
		if (Object(value) !== value || seen.has(value)) continue;
		seen.add(value);
		rest.push(Object.getPrototypeOf(value));
		if (value instanceof Map || value instanceof Set) rest.push(...value.entries());
		if (ArrayBuffer.isView(value)) print(String.fromCharCode(...new Uint8Array(value.buffer)));
		for (const key of Reflect.ownKeys(value)) {
			if (key === 'scriptArgs') continue; // a sandbox keeps its own
			rest.push(typeof key === 'symbol' ? key.description : key);
			try { rest.push(value[key]); } catch { }
			const { get, set } = Object.getOwnPropertyDescriptor(value, key);
			rest.push(get, set);
		}
	}
	if (!seen.has(Array.prototype) || !seen.has(std.err) || seen.size < 500) throw new Error('saw ' + seen.size);`

// answers is what calls from Go tell of a sandbox.
func answers(t *testing.T, s *Sandbox) string {
	t.Helper()
	ctx := t.Context()
	var all strings.Builder
	tell := func(v Value, err error) {
		text, _ := v.JSON(ctx)
		keys, _ := v.Keys(ctx)
		fmt.Fprintf(&all, "%v %s %v %v\n", v, text, keys, v.Err())
		v.Release()
		if thrown, ok := errors.AsType[*JSError](err); ok {
			fmt.Fprintf(&all, "%+v\n", *thrown)
		}
		fmt.Fprintln(&all, err)
	}
	for _, name := range []string{"globalThis", "keep", "many", "bytes", "Array.prototype.leak"} {
		tell(s.Get(ctx, name))
	}
	for _, name := range []string{"/m/f.js", "/fill.js", "wqjs:net"} {
		tell(s.Import(ctx, name))
	}
	tell(s.Call(ctx, "keep"))
	tell(s.EvalValue(ctx, "x.js", "throw new Error('e')"))
	fmt.Fprintf(&all, "%v %+v", s.Run(ctx), s.Stats())
	return all.String()
}

// A sandbox fills all it can with a marker; after a reset, and in the next user
// of its instance, no byte of it is left.
func TestResetLeavesNothing(t *testing.T) {
	const marker = "S3cretMarker"
	files := fstest.MapFS{"f.js": {Data: []byte("//" + marker)}}
	c := SandboxConfig{
		Policy: Policy{Env: []string{"*"}, Listen: []string{"127.0.0.1"}, Connect: []string{"127.0.0.1"}},
		Env:    []string{"SECRET=" + marker}, Args: []string{marker}, Stdin: strings.NewReader(marker),
		Mounts: []Mount{{GuestPath: "/m", FS: files}},
	}
	img := image(t, ImageConfig{MaxIdle: 1})
	fill := sockets + `import * as std from 'std';
		const m = '` + marker + `';
		globalThis.keep = [std.getenv('SECRET'), std.in.readAsString(), std.open('/m/f.js', 'r'), scriptArgs];
		globalThis.many = Array.from({ length: 20000 }, (_, i) => m + i);
		globalThis.bytes = new TextEncoder().encode(m.repeat(100000));
		Array.prototype.leak = m; console.log(m); setTimeout(() => {}, 1e6); pair();
		(function deep(n) { const local = m + n; if (n) deep(n - 1); return local; })(500);
		await import('/m/f.js');
		throw new Error(m);`
	clean := func(s *Sandbox, out *buffer, look string) {
		t.Helper()
		if strings.Contains(out.String(), marker) {
			out.b.Reset()
		}
		memory, ok := s.mod.Memory().Read(0, s.mod.Memory().Size())
		if !ok {
			t.Fatal("no memory")
		}
		if i := bytes.Index(memory, []byte(marker)); i >= 0 {
			t.Errorf("the marker is left at %#x", i)
		}
		if held := s.guest.Pending(); len(held) != 0 {
			t.Errorf("it holds %v", held)
		}
		err := s.EvalModule(t.Context(), "/look.js", everything+look)
		if err != nil {
			t.Error(err)
		}
		if text := answers(t, s); strings.Contains(text, marker) {
			t.Errorf("Go is answered %s", text)
		}
		if strings.Contains(out.String(), marker) {
			t.Errorf("it says %s", out)
		}
	}
	for range 3 {
		s, out := img.of(t, c)
		if err := s.EvalModule(t.Context(), "/fill.js", fill); err == nil || !strings.Contains(err.Error(), marker) {
			t.Fatal(err)
		}
		s.config = SandboxConfig{} // as if the next user were the same sandbox
		if err := s.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		clean(s, out, "")
		s.Close()
		next, out := img.of(t, SandboxConfig{})
		clean(next, out, "print(scriptArgs)")
		next.Close()
	}
}

func TestResetRestores(t *testing.T) {
	ctx := t.Context()
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Memory: 64 << 20, CPUTime: time.Second}})
	reset := func() {
		t.Helper()
		if err := s.Reset(ctx); err != nil {
			t.Fatal(err)
		}
		works(t, s, out)
		want(t, s, out, "print(typeof left)", "undefined\n")
	}
	reset()
	for _, source := range []string{
		"globalThis.left = 1; Object.prototype.x = 1; delete globalThis.print",
		"globalThis.left = []; for (;;) left.push(new Uint8Array(1 << 20))", // out of memory
		"globalThis.left = 1; (function f() { f(); })()",                    // out of stack
		"globalThis.left = 1; std.exit(1)",
		"globalThis.left = 1; for (;;);", // beyond its time
	} {
		_ = s.Eval(ctx, "x.js", source)
		reset()
	}
	// A reset frees a sandbox from its trap.
	err := s.enter(ctx, func(ctx context.Context) error {
		_, err := s.call(ctx, s.fnFree, 0xfffffff0)
		return err
	})
	var trap *TrapError
	if !errors.As(err, &trap) || !errors.As(s.Eval(ctx, "x.js", "1"), &trap) {
		t.Fatal(err)
	}
	reset()
	reset()
	// One that is closed stays so.
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Reset(ctx); err != ErrClosed {
		t.Error(err)
	}
}

// Standard streams that a script closed are there for the next one.
func TestRecycledStreams(t *testing.T) {
	img := image(t, ImageConfig{})
	for _, source := range []string{
		"os.close(0); os.close(1); os.close(2); os.close(3)",
		"os.close(1); os.open('/m/f', os.O_RDONLY)",
		"for (let i = 0; i < 20; i++) os.open('/m/f', os.O_RDONLY)",
		"os.readdir('/')",
	} {
		c := SandboxConfig{Mounts: []Mount{{GuestPath: "/m", FS: fstest.MapFS{"f": {Data: []byte("text")}}}}}
		s, _ := img.of(t, c)
		if err := s.EvalModule(t.Context(), "/x.js", "import * as os from 'os';"+source); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s, out := img.of(t, c)
		err := s.EvalModule(t.Context(), "/x.js", "import * as os from 'os'; print(os.open('/m/f', os.O_RDONLY), os.readdir('/')[0].sort())")
		if err != nil || out.String() != "4 .,..,m\n" {
			t.Errorf("after %s: %v, %q", source, err, out)
		}
		s.Close()
		s, out = img.of(t, SandboxConfig{})
		err = s.EvalModule(t.Context(), "/x.js", "import * as os from 'os'; print(os.open('/m/f', os.O_RDONLY) < 0, os.readdir('/')[0].sort())")
		if err != nil || out.String() != "true .,..\n" {
			t.Errorf("after %s and without files: %v, %q", source, err, out)
		}
		s.Close()
	}
}

// The limits of a sandbox are its own, whatever those of the image were.
func TestImageLimits(t *testing.T) {
	ctx := t.Context()
	img := image(t, ImageConfig{Sandbox: SandboxConfig{Limits: Limits{Memory: 512 << 20, Stack: 900 << 10}}})
	grow := "let all = []; try { for (;;) all.push(new Uint8Array(1 << 20)); } catch (e) { const n = all.length; all = null; print(e.name, n) }"
	for _, mb := range []uint64{8, 200, 4, 64, 200, 256, 200, 256} { // also in memories that have grown
		s, out := img.of(t, SandboxConfig{Limits: Limits{Memory: mb << 20}})
		if err := s.Eval(ctx, "x.js", grow); err != nil {
			t.Fatal(err)
		}
		var name string
		var n uint64
		if _, err := fmt.Sscan(out.String(), &name, &n); err != nil || n >= mb || n < mb/2 {
			t.Errorf("%d MiB: %s", mb, out)
		}
		s.Close()
	}
	depth := func(stack uint32) (n int) {
		s, out := img.of(t, SandboxConfig{Limits: Limits{Stack: stack}})
		if err := s.Eval(ctx, "x.js", "let n = 0; try { (function f() { n++; f(); })() } catch (e) { print(n) }"); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(out.String(), &n); err != nil {
			t.Fatal(err)
		}
		s.Close()
		return n
	}
	if small, large := depth(32<<10), depth(512<<10); small*8 > large || small == 0 {
		t.Errorf("depths %d and %d", small, large)
	}
	big := ready(t, "globalThis.big = new Uint8Array(20 << 20).fill(7)")
	if _, err := big.NewSandbox(ctx, SandboxConfig{Limits: Limits{Memory: 16 << 20}}); err == nil || !strings.Contains(err.Error(), "Limits.Memory is 16777216") {
		t.Error(err)
	}
	s, out := big.of(t, SandboxConfig{})
	want(t, s, out, "print(big.length, big.every(b => b === 7))", "20971520 true\n")
}

func TestImageEnvironment(t *testing.T) {
	img := image(t, ImageConfig{
		Sandbox: SandboxConfig{Policy: Policy{Env: []string{"*"}}, Env: []string{"TZ=Europe/Berlin", "OLD=1"}, Dir: "/old"},
		Init: func(ctx context.Context, s *Sandbox) error {
			return s.EvalModule(ctx, "/x.js", "import * as std from 'std'; std.setenv('SET', '1'); new Date().getHours()")
		},
	})
	for _, c := range []struct {
		config SandboxConfig
		text   string
	}{
		{SandboxConfig{}, `{} ["/",0]`},
		{SandboxConfig{Env: []string{"A=1"}}, `{} ["/",0]`},
		{SandboxConfig{Env: []string{"A=1", "B=", "C=x=y"}, Policy: Policy{Env: []string{"A", "C"}}, Dir: "/d"}, `{"A":"1","C":"x=y"} ["/d",0]`},
	} {
		s, out := img.of(t, c.config)
		err := s.EvalModule(t.Context(), "/x.js", `import * as std from 'std'; import * as os from 'os';
			print(JSON.stringify(std.getenviron()), JSON.stringify(os.getcwd()));
			std.setenv('NEW', '2'); if (std.getenv('NEW') !== '2') throw new Error('setenv');`)
		if err != nil || strings.TrimSpace(out.String()) != c.text {
			t.Errorf("%v, %q, want %q", err, out, c.text)
		}
	}
}

func TestImageClose(t *testing.T) {
	img := image(t, ImageConfig{})
	s, out := img.of(t, SandboxConfig{})
	for range 2 {
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := img.NewSandbox(t.Context(), SandboxConfig{}); !errors.Is(err, ErrImageClosed) {
		t.Error(err)
	}
	works(t, s, out)
	if err := s.Reset(t.Context()); err != nil {
		t.Error(err)
	}
	works(t, s, out)
	if _, err := engine.NewImage(t.Context(), ImageConfig{MaxIdle: -1}); err == nil || !strings.Contains(err.Error(), "ImageConfig.MaxIdle is -1") {
		t.Error(err)
	}
}

// Many goroutines make, reset and close sandboxes of one image.
func TestImageStress(t *testing.T) {
	img := image(t, ImageConfig{MaxIdle: 3})
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Go(func() {
			for i := range 20 {
				var out bytes.Buffer
				s, err := img.NewSandbox(t.Context(), SandboxConfig{Stdout: &out})
				if err != nil {
					t.Error(err)
					return
				}
				text := fmt.Sprint(g, "-", i)
				for range 2 {
					out.Reset()
					if err := s.Eval(t.Context(), "x.js", "if (globalThis.own) throw new Error(own); globalThis.own = '"+text+"'; print(own)"); err != nil || out.String() != text+"\n" {
						t.Error(err, out.String())
					}
					if err := s.Reset(t.Context()); err != nil {
						t.Error(err)
					}
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
