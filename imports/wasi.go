package imports

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/wqjs/wqjs/imports/internal/boundary"
	"github.com/wqjs/wqjs/imports/internal/guest"
)

// instantiateWASI adds the functions of WASI preview 1 that the guest imports to
// r, each behind the Tap of the guest that calls it.
func instantiateWASI(ctx context.Context, r wazero.Runtime) error {
	// wazero gives its functions as part of a module only. The interpreter makes one
	// without compiling anything.
	source := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer source.Close(ctx)
	compiled, err := wasi_snapshot_preview1.NewBuilder(source).Compile(ctx)
	if err != nil {
		return err
	}
	functions := compiled.ExportedFunctions()
	b := r.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	for _, shape := range boundary.All() {
		if shape.Module != wasi_snapshot_preview1.ModuleName {
			continue
		}
		def := functions[shape.Name]
		fn, ok := def.GoFunction().(api.GoModuleFunction)
		if !ok {
			return fmt.Errorf("wazero's %s is a %T", shape, def.GoFunction())
		}
		b.NewFunctionBuilder().
			WithGoModuleFunction(guest.Tapped(shape, fn), def.ParamTypes(), def.ResultTypes()).
			Export(shape.Name)
	}
	_, err = b.Instantiate(ctx)
	return err
}

// Tap stands between a guest and its imports; see guest.Tap.
type Tap = guest.Tap

// Func is the shape of an import; see boundary.Func.
type Func = boundary.Func

// Memory is guest memory, as a Tap sees it.
type Memory = guest.Memory

// Funcs are the imports that there are, each at its Index.
func Funcs() []*Func { return boundary.All() }

// SetTap puts a Tap between the guest and its imports; nil takes it away. For the
// goroutine that runs the guest, while it does not.
func (g *Guest) SetTap(t Tap) { g.g.Tap = t }
