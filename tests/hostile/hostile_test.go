package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCorpus runs every script in a small sandbox: it ends as its head says, in
// time, and leaves nothing behind.
func TestCorpus(t *testing.T) {
	scripts, err := corpus("")
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) < 200 {
		t.Errorf("only %d scripts", len(scripts))
	}
	r, closeAll, err := newRunner(context.Background(), 16<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	if res := r.run(script{name: "loop/first", source: "for (;;);"}, time.Millisecond); res.end != interrupted {
		t.Fatal(res)
	}
	goroutines, fds := runtime.NumGoroutine(), openFDs()
	t.Run("scripts", func(t *testing.T) {
		for _, s := range scripts {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				delay := 15 * time.Millisecond
				if !s.endless() {
					delay = patience // it ends by itself
				}
				if res := r.run(s, delay); !slices.Contains(s.expect, res.end) {
					t.Errorf("ended with %q, expected %q %s", res.end, s.expect, res.detail)
				}
			})
		}
	})
	// Goroutines that were interrupted end in their time.
	for range 100 {
		if runtime.NumGoroutine() <= goroutines && openFDs() <= fds {
			return
		}
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d goroutines and %d fds, before there were %d and %d", runtime.NumGoroutine(), openFDs(), goroutines, fds)
}

// openFDs counts them; -1 where there is no /proc.
func openFDs() int {
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(d)
}

func TestParse(t *testing.T) {
	const head = "// Tries something.\n// expect: ok | throws TypeError\n// with: module, run, output=5\n1;\n"
	s, err := parse("a/b", head)
	if err != nil || !s.module || !s.run || s.limits["output"] != 5 || !slices.Equal(s.expect, []end{ok, "throws TypeError"}) || s.endless() {
		t.Errorf("%+v, %v", s, err)
	}
	for _, bad := range []string{
		"1;", "// expect: ok\n1;", "// Tries something.\n1;",
		strings.Replace(head, "module", "modul", 1), strings.Replace(head, "=5", "=x", 1),
	} {
		if _, err := parse("a/b", bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestReport: the command measures, prints a row for each script and a summary,
// and puts them where it is told.
func TestReport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "limits.md")
	if err := os.WriteFile(file, []byte("before\n"+begin+"old\n"+finish+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	failed, err := report([]string{"-only", "loop/plain", "-rounds", "2", "-delay", "1ms", "-memory", "16", "-o", file}, os.Stdout)
	if err != nil || failed {
		t.Fatal(failed, err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n" + begin, "| loop/plain | interrupted | ", "1 scripts, 2 deadlines passed", finish + "\nafter\n"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
	if strings.Contains(string(b), "old") {
		t.Error("the old table is still there")
	}
}
