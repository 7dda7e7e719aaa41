package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScripts runs every kernel and program once in wqjs: the programs check
// their results.
func TestScripts(t *testing.T) {
	e, err := openWQJS(options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	times, err := measure([]engine{e}, sets, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := table([]string{"wqjs"}, sets, times)
	for _, s := range sets {
		for _, k := range s.names {
			if !strings.Contains(text, "| "+k+" |") {
				t.Errorf("the table lacks %s:\n%s", k, text)
			}
		}
	}
}

// TestProgramsCheck: a program that goes wrong ends the measurement.
func TestProgramsCheck(t *testing.T) {
	e, err := openWQJS(options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	const broken = "kernels.broken = () => expect('broken', checksum('a'), 1)"
	if err := e.(*wqjs).sandbox.Eval(t.Context(), "broken.js", broken); err != nil {
		t.Fatal(err)
	}
	_, err = measure([]engine{e}, []set{{"program", []string{"broken"}}}, 0)
	if err == nil || !strings.Contains(err.Error(), "broken: got 3826002220, want 1") {
		t.Errorf("%v", err)
	}
}

func TestChoose(t *testing.T) {
	got, err := choose("loop,sudoku")
	if err != nil || len(got) != 2 || got[0].String() != "kernel: loop" || got[1].String() != "program: sudoku" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := choose("loop,nothing"); err == nil || !strings.Contains(err.Error(), "raytrace") {
		t.Errorf("a wrong name: %v", err)
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
