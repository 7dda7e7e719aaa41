// Command engine compares the speed of JavaScript engines on small kernels, each
// of one feature, and on whole programs.
//
//	cd tests/bench && go run -tags peers ./engine [-rounds N] [-only NAME,…] [-o FILE]
//
// The engines are wqjs; QuickJS-NG compiled by gcc -O2 from the sources that
// quickjs.wasm is built from, without and with the patches of wasm/shim/patches
// (where gcc is; -sources, or scripts/fetch-wasm.sh);
// with the tag peers goja and modernc.org/quickjs, which take half a minute to
// compile; and node --jitless where node is. Each runs in a process of its own,
// so that none pays for another's garbage. Every round runs a kernel in all of
// them in turn. The numbers are medians of the CPU time of the process, in
// milliseconds: on a machine that does other work too, elapsed time says little.
// Programs compare their result with the one that every engine must give.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

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
	// foreign engines are processes anyway; others are served by this program.
	foreign bool
}

type options struct {
	sources string // of fetch-wasm.sh, or empty
	wasm    string // another build of the engine, or empty
}

var contenders = []contender{
	{name: "wqjs", open: openWQJS},
	{name: "native", open: native("quickjs-ng"), foreign: true},
	{name: "native, patched", open: native("quickjs"), foreign: true},
	{name: "node --jitless", open: openNode, foreign: true},
}

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

func run(args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet("engine", flag.ExitOnError)
	rounds := flags.Int("rounds", 9, "how often each kernel runs in each engine")
	out := flags.String("o", "", "write the table to this file, between its marks")
	only := flags.String("only", "", "run just these kernels and programs")
	served := flags.String("serve", "", "be the process of this engine")
	var o options
	flags.StringVar(&o.sources, "sources", "", "folder written by scripts/fetch-wasm.sh --sources")
	flags.StringVar(&o.wasm, "wasm", "", "run this build of quickjs.wasm instead of the embedded one")
	flags.Parse(args)
	if *served != "" {
		return serve(*served, o, stdin, stdout)
	}
	sets, err := choose(*only)
	if err != nil {
		return err
	}
	var names []string
	var engines []engine
	for _, c := range contenders {
		e, err := c.start(o)
		if err != nil {
			fmt.Fprintf(stdout, "without %s: %v\n", c.name, err)
			continue
		}
		defer e.close()
		names = append(names, c.name)
		engines = append(engines, e)
	}
	times, err := measure(engines, sets, *rounds)
	if err != nil {
		return err
	}
	text := table(names, sets, times)
	fmt.Fprint(stdout, text)
	if *out == "" {
		return nil
	}
	return replaceTable(*out, text)
}

// choose is all kernels and programs, or those of a comma-separated list.
func choose(only string) ([]set, error) {
	if only == "" {
		return sets, nil
	}
	names := strings.Split(only, ",")
	var out []set
	found := 0
	for _, s := range sets {
		kept := set{name: s.name}
		for _, n := range s.names {
			if slices.Contains(names, n) {
				kept.names = append(kept.names, n)
				found++
			}
		}
		if len(kept.names) > 0 {
			out = append(out, kept)
		}
	}
	if found != len(names) {
		return nil, fmt.Errorf("-only %s: the names are %v", only, sets)
	}
	return out, nil
}

// measure returns the median of each kernel in each engine.
func measure(engines []engine, sets []set, rounds int) (map[string][]float64, error) {
	times := map[string][]float64{}
	for _, set := range sets {
		for _, kernel := range set.names {
			samples := make([][]float64, len(engines))
			for round := range rounds + 1 {
				for i, e := range engines {
					ms, err := e.run(kernel)
					if err != nil {
						return nil, fmt.Errorf("%s: %w", kernel, err)
					}
					if round > 0 || rounds == 0 { // the first warms up
						samples[i] = append(samples[i], ms)
					}
				}
			}
			for _, s := range samples {
				slices.Sort(s)
				times[kernel] = append(times[kernel], s[len(s)/2])
			}
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
