package wasm_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/wasm"
)

var update = flag.Bool("update", false, "write exports.txt and imports.txt anew")

func TestSums(t *testing.T) {
	want := fmt.Sprintf("%x  quickjs.wasm\n", sha256.Sum256(wasm.QuickJS))
	if wasm.Sums != want {
		t.Errorf("SHA256SUMS says\n%sbut the embedded file has\n%s", wasm.Sums, want)
	}
}

// TestInterface compares what the engine exports and imports with the lists in
// this folder, so that neither changes unnoticed. After a wanted change:
//
//	go test ./wasm -update
func TestInterface(t *testing.T) {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	mod, err := r.CompileModule(ctx, wasm.QuickJS)
	if err != nil {
		t.Fatal(err)
	}
	var exports, imports []string
	for name, kind := range exportKinds(t) {
		switch kind {
		case "func":
			exports = append(exports, "func "+name+signature(mod.ExportedFunctions()[name]))
		default:
			exports = append(exports, kind+" "+name)
		}
	}
	for _, f := range mod.ImportedFunctions() {
		module, name, _ := f.Import()
		imports = append(imports, "func "+module+" "+name+signature(f))
	}
	if n, _ := uvarint(t, sections(t)[2]); int(n) != len(imports) {
		t.Errorf("%d imports, of which %d are functions", n, len(imports))
	}
	golden(t, "exports.txt", exports)
	golden(t, "imports.txt", imports)
}

// signature is "(i32, f64) -> i32".
func signature(f api.FunctionDefinition) string {
	names := func(types []api.ValueType) string {
		var out []string
		for _, t := range types {
			out = append(out, api.ValueTypeName(t))
		}
		return strings.Join(out, ", ")
	}
	s := "(" + names(f.ParamTypes()) + ")"
	if res := f.ResultTypes(); len(res) > 0 {
		s += " -> " + names(res)
	}
	return s
}

// golden compares lines, in any order, with those of a file.
func golden(t *testing.T, file string, lines []string) {
	t.Helper()
	slices.Sort(lines)
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n"), "\n")
	for _, l := range lines {
		if !slices.Contains(want, l) {
			t.Errorf("%s has no line for: %s", file, l)
		}
	}
	for _, l := range want {
		if !slices.Contains(lines, l) {
			t.Errorf("%s, but the engine has not: %s", file, l)
		}
	}
	if !slices.IsSorted(want) || len(want) != len(lines) {
		t.Errorf("%s is not sorted, or has a line twice", file)
	}
}

// TestSections: no custom section but the list of CPU features that the linker
// writes. Names and debugging information would cost start-up time, and may
// hold paths of the machine that built the file.
func TestSections(t *testing.T) {
	custom := sections(t)[0]
	if custom == nil {
		return
	}
	n, rest := uvarint(t, custom)
	if name := string(rest[:n]); name != "target_features" {
		t.Errorf("there is a custom section %q", name)
	}
}

// sections are the contents of the module's sections, by id; each is there once
// (WebAssembly core specification, 5.5.2).
func sections(t *testing.T) map[byte][]byte {
	t.Helper()
	b := wasm.QuickJS
	if string(b[:8]) != "\x00asm\x01\x00\x00\x00" {
		t.Fatalf("begins with % x", b[:8])
	}
	all := map[byte][]byte{}
	for b = b[8:]; len(b) > 0; {
		size, rest := uvarint(t, b[1:])
		if size > uint64(len(rest)) {
			t.Fatalf("section %d does not fit into the file", b[0])
		}
		if _, ok := all[b[0]]; ok {
			t.Errorf("section %d is there twice", b[0])
		}
		all[b[0]], b = rest[:size], rest[size:]
	}
	return all
}

// exportKinds are the names in the export section (5.5.10).
func exportKinds(t *testing.T) map[string]string {
	t.Helper()
	kinds := map[string]string{}
	n, b := uvarint(t, sections(t)[7])
	for range n {
		size, rest := uvarint(t, b)
		name, kind := string(rest[:size]), rest[size]
		kinds[name] = []string{"func", "table", "memory", "global"}[kind]
		_, b = uvarint(t, rest[size+1:])
	}
	return kinds
}

// uvarint reads an unsigned LEB128 number and returns what follows.
func uvarint(t *testing.T, b []byte) (uint64, []byte) {
	t.Helper()
	v, n := binary.Uvarint(b)
	if n <= 0 {
		t.Fatal("the file ends in a number")
	}
	return v, b[n:]
}
