package guest

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/imports/internal/boundary"
)

// Instantiate makes the host module name of the functions given in runtime r.
func Instantiate(ctx context.Context, r wazero.Runtime, name string, funcs []Func) error {
	b := r.NewHostModuleBuilder(name)
	for _, f := range funcs {
		b.NewFunctionBuilder().
			WithGoModuleFunction(f.GoModuleFunction(boundary.Find(name+"."+f.Name)), f.ParamTypes(), []api.ValueType{api.ValueTypeI32}).
			Export(f.Name)
	}
	_, err := b.Instantiate(ctx)
	return err
}
