package host

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestStdin(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Stdin: strings.NewReader("one\ntwo\nthree")})
	if err := s.EvalModule(t.Context(), "/x.js", `
		import * as std from 'std';
		for (let line; (line = std.in.getline()) !== null;) print(line);
		print(std.in.eof())`); err != nil || out.String() != "one\ntwo\nthree\ntrue\n" {
		t.Error(err, out)
	}
}

func TestNoStdio(t *testing.T) {
	s, err := engine.NewSandbox(t.Context(), SandboxConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.EvalModule(t.Context(), "/x.js", `
		import * as std from 'std';
		console.log('a'); console.error('b');
		if (std.in.getline() !== null) throw 1`); err != nil {
		t.Error(err)
	}
}

// Waiting for input is not execution.
func TestStdinIsNoCPUTime(t *testing.T) {
	r, w := io.Pipe()
	s, out := sandbox(t, SandboxConfig{Stdin: r, Limits: Limits{CPUTime: 200 * time.Millisecond}})
	done := goEval(t.Context(), s, "import * as std from 'std'; print('on'); print(std.in.getline())")
	out.await(t, "on\n")
	time.Sleep(400 * time.Millisecond)
	if _, err := io.WriteString(w, "text\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := soon(t, done); err != nil || out.String() != "on\ntext\n" {
		t.Error(err, out)
	}
}

// gate is a writer that blocks until it is opened, and keeps what it got.
type gate struct {
	open chan struct{}
	buffer
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	return g.buffer.Write(p)
}

// A Write that an interrupt left behind is finished before the next one starts.
func TestWritesKeepTheirOrder(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	s, _ := sandbox(t, SandboxConfig{Stdout: g, Stderr: g})
	done := goEval(t.Context(), s, "console.log('first'); console.log('never')")
	time.Sleep(20 * time.Millisecond)
	s.Interrupt(errWanted)
	interrupted(t, soon(t, done), errWanted)
	again := goEval(t.Context(), s, "console.log('second'); console.error('third')")
	time.Sleep(20 * time.Millisecond)
	close(g.open)
	if err := soon(t, again); err != nil || g.String() != "first\nsecond\nthird\n" {
		t.Errorf("%v %q", err, g.String())
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestFailingStdout(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Stdout: failing{}})
	if err := s.Eval(t.Context(), "x.js", "try { console.log('x') } catch (e) { console.error(e.code) }"); err != nil || out.String() != "EIO\n" {
		t.Error(err, out)
	}
}

func TestBufferAsStdout(t *testing.T) {
	var b bytes.Buffer
	s, _ := sandbox(t, SandboxConfig{Stdout: &b})
	if err := s.Eval(t.Context(), "x.js", "for (let i = 0; i < 1000; i++) print('x')"); err != nil || b.Len() != 2000 {
		t.Error(err, b.Len())
	}
}

// pieces is a writer that keeps what it got, and how much came at most at once.
type pieces struct {
	bytes.Buffer
	most int
}

func (p *pieces) Write(b []byte) (int, error) {
	p.most = max(p.most, len(b))
	return p.Buffer.Write(b)
}

// Long texts come in pieces, of which none is kept; no character is cut.
func TestLongWrites(t *testing.T) {
	var out, errs pieces
	s, _ := sandbox(t, SandboxConfig{Stdout: &out, Stderr: &errs})
	if err := s.EvalModule(t.Context(), "/x.js", `
		import * as std from 'std';
		const wide = 'x' + '\u{1f600}'.repeat(300_000);
		console.log(wide); print(wide); print(wide, 1); console.error('%s!', wide);
		std.out.puts('y'.repeat(5e6)); std.out.flush()`); err != nil {
		t.Fatal(err)
	}
	wide := "x" + strings.Repeat("\U0001f600", 300_000)
	if want := wide + "\n" + wide + "\n" + wide + " 1\n" + strings.Repeat("y", 5e6); out.String() != want {
		t.Errorf("stdout has %d bytes, want %d, or others", out.Len(), len(want))
	}
	if errs.String() != wide+"!\n" {
		t.Errorf("stderr has %d bytes, want %d, or others", errs.Len(), len(wide)+2)
	}
	if out.most > writePiece {
		t.Errorf("%d bytes at once", out.most)
	}
}
