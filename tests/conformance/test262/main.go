// Command test262 runs the ECMAScript conformance suite in wqjs sandboxes, each
// test in a fresh one, and compares the failures with a committed list.
//
//	go run ./tests/conformance/test262 [flags] SUITE [PREFIX...]
//
// SUITE is a checkout of https://github.com/tc39/test262 (folders harness and
// test); a PREFIX like built-ins/Array or language/expressions/ chooses tests. The exit code is 0
// when every failure is known and every known failure that was run still fails.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wqjs/wqjs/host"
	"github.com/wqjs/wqjs/wasm"
)

func main() { os.Exit(doMain(os.Args[1:], os.Stdout, os.Stderr)) }

func doMain(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("test262", flag.ContinueOnError)
	flags.SetOutput(stderr)
	jobs := flags.Int("j", runtime.NumCPU(), "how many tests run at once")
	timeout := flags.Duration("timeout", 60*time.Second, "CPU time of one test")
	knownFile := flags.String("known", "tests/conformance/test262/known.txt", "list of known failures; empty: none")
	results := flags.String("results", "", "write every outcome to this file")
	engine := flags.String("wasm", "", "run this build of quickjs.wasm instead of the embedded one")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() == 0 {
		fmt.Fprintln(stderr, "test262: the suite's folder is missing")
		return 2
	}
	known := map[string]string{}
	var err error
	if *knownFile != "" {
		if known, err = readKnown(*knownFile); err != nil {
			fmt.Fprintln(stderr, "test262:", err)
			return 2
		}
	}
	if *engine != "" {
		if wasm.QuickJS, err = os.ReadFile(*engine); err != nil {
			fmt.Fprintln(stderr, "test262:", err)
			return 2
		}
	}
	start := time.Now()
	outcomes, err := runSuite(flags.Arg(0), flags.Args()[1:], *jobs, *timeout)
	if err != nil {
		fmt.Fprintln(stderr, "test262:", err)
		return 2
	}
	if *results != "" {
		if err := writeResults(*results, outcomes); err != nil {
			fmt.Fprintln(stderr, "test262:", err)
			return 2
		}
	}
	ok := report(stdout, outcomes, known)
	fmt.Fprintf(stdout, "%.0f s\n", time.Since(start).Seconds())
	if !ok {
		return 1
	}
	return 0
}

// runSuite runs the tests that begin with one of the prefixes (none: all).
func runSuite(suite string, prefixes []string, jobs int, timeout time.Duration) ([]outcome, error) {
	suite, err := filepath.Abs(suite)
	if err != nil {
		return nil, err
	}
	// Modules are resolved by their real paths.
	if suite, err = filepath.EvalSymlinks(suite); err != nil {
		return nil, err
	}
	names, err := listTests(filepath.Join(suite, "test"), prefixes)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		return nil, err
	}
	defer engine.Close(ctx)
	r := &runner{engine: engine, suite: suite, timeout: timeout}
	queue := make(chan string)
	var mu sync.Mutex
	var outcomes []outcome
	var workers sync.WaitGroup
	for range max(jobs, 1) {
		workers.Go(func() {
			for name := range queue {
				o := r.run(ctx, name)
				mu.Lock()
				outcomes = append(outcomes, o...)
				mu.Unlock()
			}
		})
	}
	for _, name := range names {
		queue <- name
	}
	close(queue)
	workers.Wait()
	slices.SortFunc(outcomes, func(a, b outcome) int { return strings.Compare(a.test, b.test) })
	return outcomes, nil
}

// listTests finds the tests; files named *_FIXTURE.js are parts of tests.
func listTests(root string, prefixes []string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".js" || strings.Contains(d.Name(), "_FIXTURE") {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if len(prefixes) == 0 || slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// report prints what is not as expected and the totals.
func report(w io.Writer, outcomes []outcome, known map[string]string) bool {
	var counts [3]int
	skipped, reasons := map[string]int{}, map[string]int{}
	ok := true
	for _, o := range outcomes {
		counts[o.kind]++
		reason := known[o.test]
		switch {
		case o.kind == skip:
			skipped[o.text]++
		case o.kind == fail && reason == "":
			ok = false
			fmt.Fprintf(w, "FAIL %s: %s\n", o.test, o.text)
		case o.kind == fail:
			reasons[reason]++
		case reason != "":
			ok = false
			fmt.Fprintf(w, "PASS %s, a known failure: take it off the list\n", o.test)
		}
	}
	printCounts(w, "skipped files", skipped)
	printCounts(w, "known failures", reasons)
	run := counts[pass] + counts[fail]
	fmt.Fprintf(w, "%d runs: %d passed, %d failed (%.2f %%); %d files skipped\n",
		run, counts[pass], counts[fail], 100*float64(counts[pass])/float64(max(run, 1)), counts[skip])
	return ok
}

func printCounts(w io.Writer, title string, counts map[string]int) {
	if len(counts) == 0 {
		return
	}
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	fmt.Fprintf(w, "%s:\n", title)
	for _, k := range keys {
		fmt.Fprintf(w, "%7d  %s\n", counts[k], k)
	}
}

// writeResults writes a line "pass|fail|skip test: why" for each outcome, for
// comparing two engines with diff.
func writeResults(file string, outcomes []outcome) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for _, o := range outcomes {
		fmt.Fprintf(w, "%s %s", o.kind, o.test)
		if o.text != "" {
			fmt.Fprintf(w, ": %s", o.text)
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
