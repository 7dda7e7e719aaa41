package guest

import (
	"context"

	"github.com/tetratelabs/wazero/api"

	"github.com/wqjs/wqjs/imports/internal/boundary"
)

// Tap stands between a guest and its imports.
type Tap interface {
	// Import is called for each call of an import. stack holds the arguments and
	// takes the result. do is the import itself: it is called once, or, when the
	// Tap gives results of its own, not at all. A panic of do must be let through.
	Import(f *boundary.Func, m Memory, stack []uint64, do func())
}

// tapOf is the Tap of the guest that calls, or nil.
func tapOf(ctx context.Context) Tap {
	if c, ok := ctx.(*guestContext); ok {
		return c.g.Tap
	}
	if g, ok := ctx.Value(key{}).(*Guest); ok {
		return g.Tap
	}
	return nil
}

// Tapped is a host function behind the Tap of the guest that calls it.
func Tapped(f *boundary.Func, fn api.GoModuleFunction) api.GoModuleFunction {
	return api.GoModuleFunc(func(ctx context.Context, mod api.Module, stack []uint64) {
		if tap := tapOf(ctx); tap != nil {
			tap.Import(f, Memory{Memory: mod.Memory()}, stack, func() { fn.Call(ctx, mod, stack) })
			return
		}
		fn.Call(ctx, mod, stack)
	})
}
