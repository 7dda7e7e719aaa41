package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestSuite runs the small suite of testdata, whose tests are named after what
// must become of them.
func TestSuite(t *testing.T) {
	outcomes, err := runSuite("testdata", nil, 2, 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]int{}
	for _, o := range outcomes {
		want, _, _ := strings.Cut(o.test, "-")
		if o.kind.String() != want {
			t.Errorf("%s: %v (%s)", o.test, o.kind, o.text)
		}
		modes[strings.TrimSuffix(o.test, " strict")]++
	}
	if len(modes) != 17 {
		t.Errorf("%d tests, want 17: %v", len(modes), modes)
	}
	for name, n := range map[string]int{
		"pass-both.js": 2, "pass-sloppy.js": 1, "pass-strict.js": 1, "pass-raw.js": 1, "pass-module.js": 1, "pass-parse.js": 2,
	} {
		if modes[name] != n {
			t.Errorf("%s ran in %d modes, want %d", name, modes[name], n)
		}
	}
}

func TestReport(t *testing.T) {
	outcomes := []outcome{{"a", pass, ""}, {"b", fail, "why"}, {"c", skip, "no c"}}
	for _, c := range []struct {
		known map[string]string
		ok    bool
		text  string
	}{
		{nil, false, "FAIL b: why"},
		{map[string]string{"b": "reason"}, true, "reason"},
		{map[string]string{"a": "reason", "b": "reason"}, false, "PASS a"},
	} {
		var out bytes.Buffer
		if ok := report(&out, outcomes, c.known); ok != c.ok || !strings.Contains(out.String(), c.text) {
			t.Errorf("known %v: %v, %q", c.known, ok, out.String())
		}
	}
}

func TestKnown(t *testing.T) {
	known, err := readKnown("known.txt")
	if err != nil {
		t.Fatal(err)
	}
	if len(known) == 0 {
		t.Error("the list is empty")
	}
	for _, bad := range []string{"a.js\n", "# r\na.js\na.js\n"} {
		file := filepath.Join(t.TempDir(), "known")
		if err := os.WriteFile(file, []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readKnown(file); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestMeta(t *testing.T) {
	m, err := parseMeta("// c\r\n/*---\r\nesid: x\r\ninfo: |\r\n  flags: [raw]\r\nincludes:\r\n  - a.js\r\n  - \"b.js\"\r\nflags: [async,\r\n  module]\r\nnegative: \r\n  phase: parse\r\n  type: SyntaxError\r\nfeatures: [ x, y ]\r\n---*/\r\n")
	if err != nil {
		t.Fatal(err)
	}
	want := meta{[]string{"a.js", "b.js"}, []string{"async", "module"}, []string{"x", "y"}, "parse", "SyntaxError"}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got %+v, want %+v", m, want)
	}
	for _, bad := range []string{"", "/*--- flags: []"} {
		if _, err := parseMeta(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
