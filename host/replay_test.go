package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wqjs/wqjs/host/internal/tape"
)

// replayError replays and gives the error.
func replayError(t testing.TB, recording []byte, c ReplayConfig) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := engine.Replay(ctx, bytes.NewReader(recording), c)
	return err
}

// TestReplayEdited: what an edit does not change goes on, what it does is told.
func TestReplayEdited(t *testing.T) {
	const source = "function hello(n) {\n  console.log('hello', n);\n}\nhello(1);\nawait new Promise(r => setTimeout(r, 1));\nhello(Math.random());\n"
	r := record(t, SandboxConfig{}, module(source))
	for _, edit := range []struct{ was, is string }{
		{"function hello(n) {", "// A comment that moves everything in memory. " + strings.Repeat("x", 5000) + "\nfunction hello(n) {"},
		{"hello(1);", "const unused = Array.from({ length: 1e5 }, (_, i) => ({ i }));\nhello(Number('1'));"},
		{"hello(Math.random())", "{ const r = Math.random(); hello(r); }"},
	} {
		changed := strings.Replace(source, edit.was, edit.is, 1)
		if got := r.replay(t, ReplayConfig{Source: &changed}); !got.Edited {
			t.Errorf("%s: not edited", edit.is)
		}
	}
	for _, edit := range []struct{ was, is, want, got, position string }{
		{"hello(1)", "hello(2)", `fd_write(1, "hello 1\n"`, `fd_write(1, "hello 2\n"`, "/app/main.js:2"},
		{"hello(1);", "\n\nsetTimeout(hello, 5);", `fd_write(1, "hello 1\n"`, "timer_start(", "/app/main.js:6"},
		{"await new", "hello(3); await new", "wqjs_event.timer_start(", `fd_write(1, "hello 3\n"`, "/app/main.js:2"},
		{"hello(1);", "", `fd_write(1, "hello 1\n"`, "timer_start(", "/app/main.js:5"},
		{"hello(1);", "hello(1); throw new Error('gone');", "timer_start(", "Error: gone", ""},
		{"hello(1);", "hello(1) hello", "module_url(\"/app/main.js\"", "SyntaxError", ""},
		{"hello(Math.random())", "", "fd_write(1, \"hello 0.", "the return of wqjs_dispatch", ""},
		{"hello(1);", "import('/etc/passwd');", "fd_write(1", "timer_start(", "/app/main.js:5"},
	} {
		changed := strings.Replace(source, edit.was, edit.is, 1)
		err := replayError(t, r.tape.Bytes(), ReplayConfig{Source: &changed})
		var d *DivergenceError
		if !errors.As(err, &d) {
			t.Errorf("%q: %v", edit.is, err)
			continue
		}
		if !strings.Contains(d.Want, edit.want) || !strings.Contains(d.Got, edit.got) || d.Position != edit.position || d.Call == 0 || d.Offset == 0 {
			t.Errorf("%q: %v", edit.is, err)
		}
	}
	loop := strings.Replace(source, "hello(1);", "for (;;) ;", 1)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := engine.Replay(ctx, bytes.NewReader(r.tape.Bytes()), ReplayConfig{Source: &loop})
	var intr *InterruptError
	if !errors.As(err, &intr) {
		t.Errorf("an endless loop: %v", err)
	}
}

// TestReplayDamaged: nothing but messages comes of files that are cut or changed.
func TestReplayDamaged(t *testing.T) {
	r := record(t, SandboxConfig{}, module("console.log(Math.random()); await new Promise(r => setTimeout(r, 1)); console.log(Date.now())"))
	whole := r.tape.Bytes()
	var re *RecordingError
	for n := 0; n < len(whole); n += 1 + len(whole)/23 {
		if err := replayError(t, whole[:n], ReplayConfig{}); !errors.As(err, &re) {
			t.Errorf("%d bytes of %d: %v", n, len(whole), err)
		}
		bad := bytes.Clone(whole)
		bad[n] ^= 0x20
		if err := replayError(t, bad, ReplayConfig{}); !errors.As(err, &re) {
			t.Errorf("byte %d changed: %v", n, err)
		}
	}
	if err := replayError(t, []byte("console.log(1)\n"), ReplayConfig{}); err == nil || err.Error() != "this is no recording of wqjs" {
		t.Error(err)
	}
	err := replayError(t, append(bytes.Clone(whole), 1, 2, 3), ReplayConfig{})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("damaged at byte %d", len(whole))) {
		t.Error(err)
	}
}

// TestReplayHostile: headers and frames that no Recorder writes.
func TestReplayHostile(t *testing.T) {
	r := record(t, SandboxConfig{}, module("1"))
	_, good, err := tape.NewReader(bytes.NewReader(r.tape.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	image, frames := split(t, r.tape.Bytes())
	for want, change := range map[string]func(*tape.Header){
		"in a memory of 0 bytes":       func(h *tape.Header) { h.Memory = 0 },
		"in a memory of 1099511627776": func(h *tape.Header) { h.Memory = 1 << 40 },
		"4294967295 pages":             func(h *tape.Header) { h.ImagePages = 1<<32 - 1 },
		"an image of 1 bytes":          func(h *tape.Header) { h.ImageSize, h.ImagePages = 1, 0 },
		"the image has":                func(h *tape.Header) { h.ImageSize-- },
		`unknown import "x.y"`:         func(h *tape.Header) { h.Imports = []string{"x.y"} },
		`unknown export "memory"`:      func(h *tape.Header) { h.Exports = []string{"memory"} },
		"export ":                      func(h *tape.Header) { h.Exports = nil },
	} {
		h := good
		change(&h)
		var b bytes.Buffer
		tape.NewWriter(&b, 1<<20, nil).Header(h)
		b.Write(r.tape.Bytes()[tape.HeaderSize(r.tape.Bytes()):])
		err = replayError(t, b.Bytes(), ReplayConfig{})
		var re *RecordingError
		if !errors.As(err, &re) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	for name, insert := range map[string][]byte{
		"an import by nobody":    {byte(tape.KindImport), 0, 0, 0},
		"a result of nothing":    {byte(tape.KindResult), 0, 0, 0},
		"a call of nothing":      {byte(tape.KindCall), 0xff, 0x7f, 0},
		"too few arguments":      {byte(tape.KindCall), 1, 0},
		"memory that is not":     {byte(tape.KindPoke), 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0},
		"another image":          {byte(tape.KindImage), 0},
		"an unknown frame":       {99},
		"a number of 70 bits":    {byte(tape.KindReturn), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"a trap that is not one": {byte(tape.KindTrap), 0},
	} {
		b := bytes.NewBuffer(bytes.Clone(image))
		tape.WriteBlocks(b, insert, frames)
		var re *RecordingError
		if err := replayError(t, b.Bytes(), ReplayConfig{}); !errors.As(err, &re) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReplayOtherEngine: a recording is for one build of the engine.
func TestReplayOtherEngine(t *testing.T) {
	r := record(t, SandboxConfig{}, module("1"))
	_, h, err := tape.NewReader(&r.tape)
	if err != nil {
		t.Fatal(err)
	}
	h.Wasm, h.Version = strings.Repeat("0123456789abcdef", 4), "v9.8.7"
	var other bytes.Buffer
	tape.NewWriter(&other, 1<<20, nil).Header(h)
	err = replayError(t, other.Bytes(), ReplayConfig{})
	var re *RecordingError
	want := fmt.Sprintf("the recording was made by wqjs v9.8.7 with the engine 0123456789abcdef; this is wqjs %s with the engine %.16s", buildVersion(), engine.wasmSum())
	if !errors.As(err, &re) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// fullDisk is a writer that fails after some bytes.
type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

var errBroken = errors.New("the disk is full")

// TestRecorderFails: a run that cannot be recorded ends, and says why.
func TestRecorderFails(t *testing.T) {
	for _, c := range []struct {
		rec  *Recorder
		want error
	}{
		{NewRecorder(&fullDisk{400_000}, 0), errBroken},
		{NewRecorder(&bytes.Buffer{}, 400_000), ErrRecordLimit},
	} {
		s, out := sandbox(t, SandboxConfig{Record: c.rec})
		err := s.Eval(t.Context(), "loop.js", "console.log('on'); for (;;) console.log('x'.repeat(1000));")
		var intr *InterruptError
		if !errors.As(err, &intr) || !errors.Is(err, c.want) || !errors.Is(c.rec.Err(), c.want) || c.rec.Size() > 400_000 {
			t.Errorf("%v, recorder: %v, %d bytes", err, c.rec.Err(), c.rec.Size())
		}
		out.await(t, "on")
		if err := s.Eval(t.Context(), "more.js", "1"); !errors.Is(err, c.want) {
			t.Errorf("it goes on: %v", err)
		}
	}
	if s, err := engine.NewSandbox(t.Context(), SandboxConfig{Record: NewRecorder(&fullDisk{10}, 0)}); !errors.Is(err, errBroken) {
		t.Error(s, err)
	}
}

// FuzzReplay runs recordings whose frames were changed: no panic, no hang.
func FuzzReplay(f *testing.F) {
	r := record(f, SandboxConfig{}, module("console.log(Math.random()); await new Promise(r => setTimeout(r, 1)); console.log(Date.now())"))
	f.Add(uint(100), []byte{1}, uint(300))
	f.Add(uint(0), []byte{byte(tape.KindCall), 3, 1, 0xff, 0xff, 3}, uint(7))
	f.Add(uint(5), []byte{byte(tape.KindPoke), 0, 4, 1, 2, 3, 4, byte(tape.KindReset)}, uint(0))
	head, frames := split(f, r.tape.Bytes())
	f.Fuzz(func(t *testing.T, at uint, insert []byte, drop uint) {
		at %= uint(len(frames) + 1)
		end := min(at+drop%64, uint(len(frames)))
		var changed bytes.Buffer
		changed.Write(head)
		tape.WriteBlocks(&changed, frames[:at], insert, frames[end:])
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, _ = engine.Replay(ctx, &changed, ReplayConfig{})
	})
}

// split gives the part of a recording up to its image, and the frames after it.
func split(t testing.TB, whole []byte) (head, frames []byte) {
	t.Helper()
	head, frames, err := tape.SplitImage(whole)
	if err != nil {
		t.Fatal(err)
	}
	return head, frames
}
