package imports_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/imports"
	"github.com/wqjs/wqjs/wasm"
)

// TestEngineImports: all that the engine imports is there, with the same types.
func TestEngineImports(t *testing.T) {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	check(t, imports.Instantiate(ctx, r))
	engine, err := r.CompileModule(ctx, wasm.QuickJS)
	check(t, err)
	used := map[string]bool{}
	for _, f := range engine.ImportedFunctions() {
		module, name, _ := f.Import()
		used[module+" "+name] = true
		var have api.FunctionDefinition
		if m := r.Module(module); m != nil {
			have = m.ExportedFunctionDefinitions()[name]
		}
		if have == nil || !slices.Equal(have.ParamTypes(), f.ParamTypes()) || !slices.Equal(have.ResultTypes(), f.ResultTypes()) {
			t.Errorf("the engine imports %s.%s%v%v", module, name, f.ParamTypes(), f.ResultTypes())
		}
	}
	for _, module := range []string{"wqjs_core", "wqjs_event", "wqjs_name", "wqjs_socket"} {
		for name := range r.Module(module).ExportedFunctionDefinitions() {
			if !used[module+" "+name] {
				t.Errorf("the engine does not use %s.%s", module, name)
			}
		}
	}
	for name := range used {
		if strings.Contains(name, "sock_") {
			t.Errorf("%s would be a way around the policy", name)
		}
	}
}
