package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKernels runs every kernel once in wqjs, so that they stay alive.
func TestKernels(t *testing.T) {
	e, err := openWQJS(options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	times, err := measure([]engine{e}, 1)
	if err != nil {
		t.Fatal(err)
	}
	text := table([]string{"wqjs"}, times)
	for _, k := range kernelNames {
		if !strings.Contains(text, "| "+k+" |") {
			t.Errorf("the table lacks %s:\n%s", k, text)
		}
	}
}

func TestReplaceTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "b.md")
	if err := os.WriteFile(file, []byte("a\n"+tableStart+"old\n"+tableEnd+"b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := replaceTable(file, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(file)
	if want := "a\n" + tableStart + "new\n" + tableEnd + "b\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := replaceTable(file, ""); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(file, []byte("no marks"), 0o644)
	if replaceTable(file, "x") == nil {
		t.Error("a file without marks was accepted")
	}
}
