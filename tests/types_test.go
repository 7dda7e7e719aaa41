package tests

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/host"
)

var (
	declared = regexp.MustCompile(`(?m)^  export (?:function|const|class) (\w+)`)
	renamed  = regexp.MustCompile(`(?m)^  export \{(.*)\};`)
	typeOnly = regexp.MustCompile(`(?m)^  export (?:type|interface) \w+`)
)

// exportsOf lists what the type definitions of a module declare as values.
func exportsOf(t *testing.T, file string) []string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// What follows are other names of the same module.
	module, _, _ := strings.Cut(string(src), "\n}\n")
	module = typeOnly.ReplaceAllString(module, "")
	var names []string
	for _, m := range declared.FindAllStringSubmatch(module, -1) {
		names = append(names, m[1])
	}
	for _, m := range renamed.FindAllStringSubmatch(module, -1) {
		for item := range strings.SplitSeq(m[1], ",") {
			_, name, _ := strings.Cut(item, " as ")
			names = append(names, strings.TrimSpace(name))
		}
	}
	if strings.Contains(module, "\n  export default ") {
		names = append(names, "default")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestTypesAreComplete compares the type definition beside each public module
// with what the module exports.
func TestTypesAreComplete(t *testing.T) {
	engine := sharedEngine(t)
	files, err := filepath.Glob("../js/*.d.ts")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d type definitions (%v)", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".d.ts")
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			sb, err := engine.NewSandbox(t.Context(), host.SandboxConfig{Stdout: &out})
			if err != nil {
				t.Fatal(err)
			}
			defer sb.Close()
			code := fmt.Sprintf(`import * as m from "wqjs:%s"; print(Object.keys(m).sort().join("\n"))`, name)
			if err := sb.EvalModule(t.Context(), "/types.js", code); err != nil {
				t.Fatal(err)
			}
			has := strings.Fields(out.String())
			slices.Sort(has)
			says := exportsOf(t, file)
			for _, n := range has {
				if !slices.Contains(says, n) {
					t.Errorf("%s is exported and not declared", n)
				}
			}
			for _, n := range says {
				if !slices.Contains(has, n) {
					t.Errorf("%s is declared and not exported", n)
				}
			}
		})
	}
}

var (
	comment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	option  = regexp.MustCompile(`(?m)^ +(?:readonly )?(\w+)\?(?::|\()`)
)

// TestOptionsAreTested: each option and optional property that a module of the
// network documents is in a test in JavaScript.
func TestOptionsAreTested(t *testing.T) {
	var tests []byte
	err := filepath.WalkDir("js", func(file string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".js" {
			return err
		}
		b, err := os.ReadFile(file)
		tests = append(tests, b...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range []string{"http", "express", "ws", "sockets", "net"} {
		src, err := os.ReadFile("../js/" + module + ".d.ts")
		if err != nil {
			t.Fatal(err)
		}
		all := option.FindAllSubmatch(comment.ReplaceAll(src, nil), -1)
		if len(all) < 5 {
			t.Errorf("%s: %d options found", module, len(all))
		}
		for _, m := range all {
			if set := regexp.MustCompile(`\.` + string(m[1]) + `\b|\b` + string(m[1]) + `(?:: | }|, |\()`); !set.Match(tests) {
				t.Errorf("%s: no test has %s", module, m[1])
			}
		}
	}
}
