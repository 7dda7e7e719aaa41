package host

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const profiled = `function leaf(n) {
  let s = 0;
  for (let i = 0; i < n; i++) s = Math.imul(s, 31) + i | 0;
  return s;
}
function hot() {
  for (let i = 0; i < 20; i++) leaf(1000);
}
function cold() { leaf(10); }
const end = Date.now() + 300;
while (Date.now() < end) { hot(); cold(); }
`

// pprof runs go tool pprof on the profile.
func pprof(t *testing.T, p *CPUProfile, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cpu.pprof")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	cmd := exec.Command("go", append(append([]string{"tool", "pprof"}, args...), file)...)
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// TestCPUProfile: pprof shows the function where the time goes, who called it,
// and its file and line.
func TestCPUProfile(t *testing.T) {
	p := &CPUProfile{}
	s, _ := sandbox(t, SandboxConfig{Profile: p})
	if err := s.Eval(t.Context(), "/app/work.js", profiled); err != nil {
		t.Fatal(err)
	}
	top := pprof(t, p, "-top", "-nodecount=3")
	_, rows, _ := strings.Cut(top, "cum%\n")
	if first, _, _ := strings.Cut(rows, "\n"); !strings.HasSuffix(first, " leaf") {
		t.Errorf("leaf is not on top:\n%s", top)
	}
	if tree := pprof(t, p, "-peek", "^leaf$"); !strings.Contains(tree, " |   hot") {
		t.Errorf("hot does not call leaf:\n%s", tree)
	}
	if raw := pprof(t, p, "-raw"); !strings.Contains(raw, "leaf /app/work.js:") || !strings.Contains(raw, "s=1") {
		t.Errorf("no file and line:\n%s", raw)
	}
	lines := pprof(t, p, "-top", "-lines", "-cum")
	if !strings.Contains(lines, "hot /app/work.js:7") {
		t.Errorf("no line of the call:\n%s", lines)
	}
}

// TestCPUProfileLeavesOutWaits: time in which the script waits is nobody's.
func TestCPUProfileLeavesOutWaits(t *testing.T) {
	p := &CPUProfile{}
	s, _ := sandbox(t, SandboxConfig{Profile: p})
	const script = `function work() { for (let i = 0; i < 1e5; i++); }
work(); await new Promise(r => setTimeout(r, 1000)); work(); work();`
	start := time.Now()
	if err := s.EvalModule(t.Context(), "/app/wait.js", script); err != nil {
		t.Fatal(err)
	}
	elapsed := time.Since(start)
	var spent time.Duration
	for _, st := range p.stacks {
		spent += st.spent
	}
	if spent == 0 || spent > elapsed-900*time.Millisecond {
		t.Errorf("%v executed, of %v with 1s of waiting", spent, elapsed)
	}
}

// TestCPUProfileLimits: made-up stacks do not grow the profile without end.
func TestCPUProfileLimits(t *testing.T) {
	p := &CPUProfile{}
	for i := range uint64(maxStacks + 500) {
		p.add(binary.LittleEndian.AppendUint64(nil, i<<8|1), time.Millisecond)
	}
	if len(p.stacks) > maxStacks+1 {
		t.Errorf("%d stacks", len(p.stacks))
	}
	if s := p.stacks[string(overflow)]; s == nil || s.samples != 500 {
		t.Errorf("%+v beyond the limit", s)
	}
	p = &CPUProfile{}
	big := make([]byte, 16<<10)
	for i := range uint64(3000) {
		binary.LittleEndian.PutUint64(big, i<<8|1)
		p.add(big, time.Millisecond)
	}
	if p.size > maxStackBytes+len(overflow) {
		t.Errorf("%d bytes", p.size)
	}
	if top := pprof(t, p, "-top"); !strings.Contains(top, "(more stacks than the profile holds)") {
		t.Error(top)
	}
	if out := pprof(t, &CPUProfile{}, "-top"); !strings.Contains(out, "cpu") { // an empty one is valid
		t.Error(out)
	}
}

// FuzzProfileFrames: a guest writes what it likes.
func FuzzProfileFrames(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x02\x00fa\xff"))
	f.Add(overflow)
	f.Fuzz(func(t *testing.T, frames []byte) {
		if len(decode(string(frames))) == 0 {
			t.Error("no frame")
		}
		p := &CPUProfile{}
		p.add(frames, time.Millisecond)
		var b bytes.Buffer
		if n, err := p.WriteTo(&b); err != nil || n != int64(b.Len()) {
			t.Errorf("%d of %d bytes, %v", n, b.Len(), err)
		}
	})
}
