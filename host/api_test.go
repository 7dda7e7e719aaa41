package host

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/api.golden anew")

// TestAPI compares the exported names, with their types, with a list, so that
// none changes unnoticed. After a wanted change:
//
//	go test ./host -run TestAPI -update
func TestAPI(t *testing.T) {
	fset := token.NewFileSet()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var api []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.FileExports(f)
		for _, d := range f.Decls {
			api = append(api, declared(fset, d)...)
		}
	}
	slices.Sort(api)
	api = slices.Compact(api) // one for each system
	got := strings.Join(api, "\n") + "\n"
	const golden = "testdata/api.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Split(strings.ReplaceAll(string(want), "\r\n", "\n"), "\n")
	for _, l := range api {
		if !slices.Contains(known, l) {
			t.Errorf("%s has no line for: %s", golden, l)
		}
	}
	for _, l := range known {
		if l != "" && !slices.Contains(api, l) {
			t.Errorf("%s, but the package has not: %s", golden, l)
		}
	}
}

// declared are the lines for a declaration: one a name.
func declared(fset *token.FileSet, d ast.Decl) []string {
	text := func(n any) string {
		var b bytes.Buffer
		_ = printer.Fprint(&b, fset, n)
		return strings.Join(strings.Fields(b.String()), " ")
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil && !ast.IsExported(strings.Trim(text(d.Recv.List[0].Type), "*")) {
			return nil
		}
		d.Body, d.Doc = nil, nil
		return []string{text(d)}
	case *ast.GenDecl:
		var lines []string
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					lines = append(lines, d.Tok.String()+" "+n.Name)
				}
			case *ast.TypeSpec:
				st, ok := spec.Type.(*ast.StructType)
				if !ok {
					lines = append(lines, "type "+spec.Name.Name+" "+text(spec.Type))
					continue
				}
				lines = append(lines, "type "+spec.Name.Name+" struct")
				for _, f := range st.Fields.List {
					for _, n := range f.Names {
						lines = append(lines, "field "+spec.Name.Name+"."+n.Name+" "+text(f.Type))
					}
				}
			}
		}
		return lines
	}
	return nil
}
