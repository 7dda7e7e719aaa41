//go:build peers

package main

import (
	"github.com/dop251/goja"
	"modernc.org/quickjs"
)

func init() {
	contenders = append(contenders, contender{name: "goja", open: openGoja}, contender{name: "modernc.org/quickjs", open: openModernc})
}

type gojaEngine struct{ vm *goja.Runtime }

func openGoja(options) (engine, error) {
	e := gojaEngine{goja.New()}
	_, err := e.vm.RunString(script)
	return e, err
}

func (e gojaEngine) run(kernel string) (float64, error) {
	return timed(func() error {
		_, err := e.vm.RunString(call(kernel))
		return err
	})
}

func (gojaEngine) close() {}

type moderncEngine struct{ vm *quickjs.VM }

func openModernc(options) (engine, error) {
	vm, err := quickjs.NewVM()
	if err != nil {
		return nil, err
	}
	_, err = vm.Eval(script, quickjs.EvalGlobal)
	return moderncEngine{vm}, err
}

func (e moderncEngine) run(kernel string) (float64, error) {
	return timed(func() error {
		// The value of the script stays in JavaScript.
		_, err := e.vm.Eval(call(kernel)+", 0", quickjs.EvalGlobal)
		return err
	})
}

func (e moderncEngine) close() { e.vm.Close() }
