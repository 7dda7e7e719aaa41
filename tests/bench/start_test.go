package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkStart runs `wqjs -e 1` with a warm cache and `node -e 1` in turn and
// reports the medians in milliseconds and wqjs in units of node's (without node
// on the machine, wqjs alone).
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	bin := filepath.Join(dir, "wqjs")
	build := exec.Command("go", "build", "-o", bin, "./cmd/wqjs")
	build.Dir = "../.." // the command has dependencies that this module does not know
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	env := append(os.Environ(), "WQJS_CACHE="+filepath.Join(dir, "cache"))
	run := func(name string, args ...string) float64 {
		cmd := exec.Command(name, args...)
		cmd.Env = env
		start := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s: %v: %s", name, err, out)
		}
		return float64(time.Since(start)) / 1e6
	}
	run(bin, "cache", "warm")
	node, err := exec.LookPath("node")
	haveNode := err == nil
	var ours, theirs, ratios []float64
	for b.Loop() {
		for range 11 {
			w := run(bin, "-e", "1")
			ours = append(ours, w)
			if haveNode {
				n := run(node, "-e", "1")
				theirs = append(theirs, n)
				ratios = append(ratios, w/n)
			}
		}
	}
	b.ReportMetric(median(ours), "wqjs-ms")
	if haveNode {
		b.ReportMetric(median(theirs), "node-ms")
		b.ReportMetric(median(ratios), "×node")
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
