package host_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/wqjs/wqjs/host"
)

// A plugin is checked against the interface that the program declares, and
// replaced without losing a call. What it imports by a bare name runs in a
// sandbox of its own.
func ExampleLoadPlugin() {
	ctx := context.Background()
	engine := newEngine(ctx)
	defer engine.Close(ctx)
	image, err := engine.NewImage(ctx, host.ImageConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer image.Close()

	type pricing struct {
		Price func(ctx context.Context, item string, amount int) (float64, error) `js:"price"`
	}
	manifest := host.PluginManifest{
		Name:    "pricing",
		Source:  `import { rate } from 'rates'; export const price = async (item, n) => n * await rate(item)`,
		Exports: host.PluginExports[pricing](),
		Dependencies: map[string]host.PluginDependency{
			"rates": {PluginManifest: host.PluginManifest{Source: `export const rate = (item) => ({ tea: 4, pot: 20 })[item]`}},
		},
	}
	plugin, err := host.LoadPlugin(ctx, image, manifest)
	if err != nil {
		log.Fatal(err)
	}
	defer plugin.Close()
	api := host.BindPlugin[pricing](plugin)
	fmt.Println(api.Price(ctx, "tea", 3))

	manifest.Source = `export const price = (item) => 1` // not what was agreed on
	var wrong *host.InterfaceError
	fmt.Println(errors.As(plugin.Swap(ctx, manifest), &wrong), wrong.Mismatches)

	manifest.Source = `export const price = (item, n) => n * 5`
	fmt.Println(plugin.Swap(ctx, manifest))
	fmt.Println(api.Price(ctx, "tea", 3))
	// Output:
	// 12 <nil>
	// true [{price takes 1 parameters, not 2}]
	// <nil>
	// 15 <nil>
}
