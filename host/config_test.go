package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestOutputLimit(t *testing.T) {
	s, out := sandbox(t, SandboxConfig{Limits: Limits{Output: 20}})
	want(t, s, out, "print('1234'); console.error('5678')", "1234\n5678\n")
	err := s.Eval(t.Context(), "x.js", "try { for (;;) print('xyz') } catch { for (;;); }")
	interrupted(t, err, ErrOutput)
	if got := out.String(); got != "1234\n5678\nxyz\nxyz\n" {
		t.Errorf("%q", got)
	}
	if n := s.Stats().Output; n != 18 {
		t.Errorf("%d bytes", n)
	}
	if err := s.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	works(t, s, out)
	none, err := engine.NewSandbox(t.Context(), SandboxConfig{Limits: Limits{Output: 5}}) // also where it is discarded
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	interrupted(t, none.Eval(t.Context(), "x.js", "for (;;) print('x')"), ErrOutput)
	if _, err := engine.NewSandbox(t.Context(), SandboxConfig{Limits: Limits{Output: -1}}); err == nil || !strings.Contains(err.Error(), "Limits.Output is -1") {
		t.Error(err)
	}
}

func TestStats(t *testing.T) {
	ctx := t.Context()
	s, _ := sandbox(t, SandboxConfig{Policy: Policy{Listen: []string{"127.0.0.1"}, Connect: []string{"127.0.0.1"}}})
	first := s.Stats()
	err := s.EvalModule(ctx, "/x.js", sockets+`
		const p = pair();
		s.send(p.a, new Uint8Array(1000), 0);
		s.recv(p.b, 600, 0); s.recv(p.b, 600, 0);
		globalThis.big = new Uint8Array(30 << 20).fill(1);
		for (let end = Date.now() + 20; Date.now() < end;);`)
	if err != nil {
		t.Fatal(err)
	}
	st := s.Stats()
	if st.BytesIn != 1000 || st.BytesOut != 1000 || st.FDs != 3 || st.Calls != first.Calls+1 ||
		st.Memory < first.Memory+29<<20 || st.MemoryPeak != st.Memory || st.CPU < 10*time.Millisecond {
		t.Errorf("%+v, at first %+v", st, first)
	}
	if err := s.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	after := s.Stats()
	if after.Memory != first.Memory || after.MemoryPeak != st.MemoryPeak || after.FDs != 0 || after.BytesIn != 0 || after.CPU >= st.CPU {
		t.Errorf("%+v after the reset", after)
	}
	// It does not wait.
	done := goEval(ctx, s, "for (;;);")
	for s.Stats().CPU == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Interrupt(nil)
	interrupted(t, soon(t, done), ErrInterrupted)
}

func TestModuleLoader(t *testing.T) {
	ctx := t.Context()
	asked := map[string]int{}
	c := SandboxConfig{
		Mounts: []Mount{{GuestPath: "/m", FS: fstest.MapFS{"file.js": {Data: []byte("export default 'file'")}}}},
		ModuleLoader: func(ctx context.Context, name string) ([]byte, error) {
			asked[name]++
			switch name {
			case "lodash":
				return []byte("export default 'bare'"), nil
			case "/virtual/a.js":
				return []byte("export { default } from './b.js'"), nil
			case "/virtual/b.js":
				return []byte("export default 'virtual'"), nil
			case "bad":
				return nil, errors.New("the registry is on fire")
			case "slow":
				<-ctx.Done()
				time.Sleep(time.Millisecond)
			}
			return nil, fs.ErrNotExist
		},
	}
	s, out := sandbox(t, c)
	err := s.EvalModule(ctx, "/x.js", `
		import a from 'lodash'; import b from '/virtual/a.js'; import c from '/m/file.js'; import 'wqjs:net';
		print(a, b, c, (await import('lodash')).default);`)
	if err != nil || out.String() != "bare virtual file bare\n" {
		t.Errorf("%v, %q", err, out)
	}
	if asked["lodash"] != 1 || asked["/virtual/b.js"] != 1 || asked["wqjs:net"] != 0 {
		t.Error(asked)
	}
	for spec, text := range map[string]string{"none": "does not exist", "bad": "on fire", "/none.js": "denied", "/m/none.js": "does not exist", "https://x/y.js": "no loading over the network"} {
		err := s.EvalModule(ctx, "/y.js", "import '"+spec+"'")
		if e := jsError(t, err); !strings.Contains(e.Message, text) {
			t.Errorf("%s: %v", spec, err)
		}
	}
	// The loader does not hold up an interrupt.
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	interrupted(t, s.EvalModule(short, "/z.js", "import 'slow'"), context.DeadlineExceeded)
	works(t, s, out)
}

func TestClockAndRandom(t *testing.T) {
	now := time.Date(2001, 2, 3, 4, 5, 6, 7e6, time.UTC)
	show := func() string {
		s, out := sandbox(t, SandboxConfig{Clock: func() time.Time { return now }, Random: strings.NewReader("8 bytes!8 bytes!")})
		want(t, s, out, "print(new Date().toISOString(), performance.timeOrigin, performance.now())", fmt.Sprint("2001-02-03T04:05:06.007Z ", now.UnixMilli(), " 0\n"))
		now = now.Add(1500 * time.Millisecond)
		want(t, s, out, "print(Math.round(performance.now()))", "1500\n")
		now = now.Add(-1500 * time.Millisecond)
		before := len(out.String())
		if err := s.Eval(t.Context(), "x.js", "print(Math.random(), Math.random())"); err != nil {
			t.Fatal(err)
		}
		return out.String()[before:]
	}
	if a, b := show(), show(); a != b {
		t.Errorf("%q and %q from the same seed", a, b)
	}
	if _, err := engine.NewSandbox(t.Context(), SandboxConfig{Random: strings.NewReader("short")}); err == nil || !strings.Contains(err.Error(), "seed") {
		t.Error(err)
	}
}

func TestLogger(t *testing.T) {
	var log bytes.Buffer
	s, err := engine.NewSandbox(t.Context(), SandboxConfig{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.EvalModule(t.Context(), "/x.js", `import s from 'wqjs:sockets'; import * as std from 'std';
		for (let i = 0; i < 200; i++) {
			const fd = s.socket(s.AF_INET, s.SOCK_STREAM, 0);
			try { s.connect(fd, '10.1.2.3', 80) } catch {}
			s.close(fd);
		}`)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), "connect to 10.1.2.3:80"); n != maxLogged || !strings.Contains(log.String(), "--allow-connect") || !strings.Contains(log.String(), "not logged") {
		t.Errorf("%d times in %.600s", n, log.String())
	}
}
