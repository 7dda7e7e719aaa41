package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestCPUProfile: the profile is there however the run ends, and names the
// function; package host tests what is in it.
func TestCPUProfile(t *testing.T) {
	for end, want := range map[string]int{"": exitOK, "throw new Error('x')": exitError, "for (;;) busy()": exitLimit} {
		file := filepath.Join(t.TempDir(), "cpu.pprof")
		code := "function busy() { for (let i = 0; i < 1e6; i++); }\nbusy(); " + end
		if _, errs, got := cli("", "--cpu-profile", file, "--cpu-time=2s", "-e", code); got != want {
			t.Errorf("%s: code %d, %s", end, got, errs)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil || !bytes.Contains(b, []byte("busy")) || !bytes.Contains(b, []byte("[eval]")) {
			t.Errorf("%s: %v, %q", end, err, b)
		}
	}
}
