// Command engine compares the speed of JavaScript engines on small kernels.
//
//	cd tests/bench && go run -tags peers ./engine [-rounds N] [-o FILE] [-sources DIR]
//
// The engines are wqjs; QuickJS-NG compiled by gcc -O2 from the sources that
// quickjs.wasm is built from (where gcc is; -sources, or scripts/fetch-wasm.sh);
// with the tag peers goja and modernc.org/quickjs; and node --jitless where
// node is. Every round runs a kernel in all of them in turn. The numbers are
// medians of the CPU time of the process, in milliseconds: on a machine that
// does other work too, elapsed time says little.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	_ "embed"
)

//go:embed kernels.js
var kernels string

// kernelNames are the kernels in the order of the table.
var kernelNames = []string{"fib27", "loop", "float", "props", "array", "sort", "string", "split", "regex",
	"json", "closure", "class", "typed", "map", "gen", "trycatch", "bigint"}

// engine runs kernels. Only one runs at a time.
type engine interface {
	// run calls a kernel once and returns its CPU time in milliseconds.
	run(kernel string) (float64, error)
	close()
}

// contender is an engine under its name; open may say that it is not there.
type contender struct {
	name string
	open func(options) (engine, error)
}

type options struct {
	sources string // of QuickJS-NG, or empty
	wasm    string // another build of the engine, or empty
}

var contenders = []contender{{"wqjs", openWQJS}, {"native", openNative}, {"node --jitless", openNode}}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("engine", flag.ExitOnError)
	rounds := flags.Int("rounds", 9, "how often each kernel runs in each engine")
	out := flags.String("o", "", "write the table to this file, between its marks if it has them")
	var o options
	flags.StringVar(&o.sources, "sources", "", "folder with the sources of QuickJS-NG")
	flags.StringVar(&o.wasm, "wasm", "", "run this build of quickjs.wasm instead of the embedded one")
	flags.Parse(args)
	var names []string
	var engines []engine
	for _, c := range contenders {
		e, err := c.open(o)
		if err != nil {
			fmt.Fprintf(stdout, "without %s: %v\n", c.name, err)
			continue
		}
		defer e.close()
		names = append(names, c.name)
		engines = append(engines, e)
	}
	times, err := measure(engines, *rounds)
	if err != nil {
		return err
	}
	text := table(names, times)
	fmt.Fprint(stdout, text)
	if *out == "" {
		return nil
	}
	return replaceTable(*out, text)
}

// measure returns the median of each kernel in each engine.
func measure(engines []engine, rounds int) ([][]float64, error) {
	times := make([][]float64, len(kernelNames))
	for k, kernel := range kernelNames {
		samples := make([][]float64, len(engines))
		for round := range rounds + 1 {
			for i, e := range engines {
				ms, err := e.run(kernel)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", kernel, err)
				}
				if round > 0 { // the first warms up
					samples[i] = append(samples[i], ms)
				}
			}
		}
		for _, s := range samples {
			slices.Sort(s)
			times[k] = append(times[k], s[len(s)/2])
		}
	}
	return times, nil
}

const (
	tableStart = "<!-- engine table -->\n"
	tableEnd   = "<!-- end -->\n"
)

// replaceTable puts text between the marks of a file.
func replaceTable(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(old), tableStart)
	_, tail, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %q and %q", file, tableStart, tableEnd)
	}
	return os.WriteFile(file, []byte(head+tableStart+text+tableEnd+tail), 0o644)
}
