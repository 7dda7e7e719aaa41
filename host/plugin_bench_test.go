package host

import "testing"

func BenchmarkPluginCall(b *testing.B) {
	p := plugin(b, PluginManifest{Name: "p", Source: "export const add = (a, b) => a + b"})
	for b.Loop() {
		if n, err := CallAs[int](b.Context(), p, "add", 40, 2); n != 42 || err != nil {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkDependencyCall is a call from one sandbox into another.
func BenchmarkDependencyCall(b *testing.B) {
	for name, sync := range map[string]bool{"sync": true, "async": false} {
		b.Run(name, func(b *testing.B) {
			p := plugin(b, PluginManifest{
				Name:   "p",
				Source: "import { add } from 'dep'; export async function run(n) { let s = 0; for (let i = 0; i < n; i++) s = await add(s, 2); return s }",
				Dependencies: map[string]PluginDependency{"dep": {
					Sync: sync, PluginManifest: PluginManifest{Source: "export const add = (a, b) => a + b"},
				}},
			})
			b.ResetTimer()
			if n, err := CallAs[int](b.Context(), p, "run", b.N); n != 2*b.N || err != nil {
				b.Fatal(n, err)
			}
		})
	}
}

// BenchmarkPluginSwap loads a small plugin in the place of another.
func BenchmarkPluginSwap(b *testing.B) {
	m := PluginManifest{Name: "p", Source: "export const add = (a, b) => a + b"}
	p := plugin(b, m)
	for b.Loop() {
		if err := p.Swap(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
}
