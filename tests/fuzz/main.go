// Command fuzz runs made-up JavaScript in sandboxes and looks for what must not
// happen: traps, panics of Go, sandboxes that do not return after their
// deadline, and programs whose output depends on the engine's build.
//
//	go run ./tests/fuzz [-duration 1m] [-seed N] [-corpus DIR,…] [-out DIR]
//	go run ./tests/fuzz -wasm old.wasm -against new.wasm     # two builds
//	go run ./tests/fuzz -native BIN     # the native engine of scripts/sanitize.sh
//
// Half of the programs come from a grammar (they end by themselves, and their
// output is compared), half are mutations of the corpus and of such programs.
// Each finding is reduced by lines and written to -out with the command's seed;
// the exit code is 1 then.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wqjs/wqjs/host"
	"github.com/wqjs/wqjs/wasm"
)

func main() {
	found, err := run(os.Args[1:], os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(2)
	case found > 0:
		os.Exit(1)
	}
}

// maxFindings ends a run: more of them are mostly the same.
const maxFindings = 20

func run(args []string, stdout io.Writer) (found int, err error) {
	flags := flag.NewFlagSet("fuzz", flag.ExitOnError)
	duration := flags.Duration("duration", time.Minute, "how long")
	programs := flags.Int("n", 0, "how many programs at most (default: no limit)")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano()), "of the first program")
	dirs := flags.String("corpus", "tests/js,tests/bench/engine,examples", "folders of .js files to mutate")
	out := flags.String("out", "", "folder for findings")
	build := flags.String("wasm", "", "test this build of quickjs.wasm instead of the embedded one")
	against := flags.String("against", "", "compare with this build")
	bin := flags.String("native", "", "run programs in this process too, and compare")
	show := flags.Bool("print", false, "print the program that -seed generates, and end")
	flags.Parse(args)
	if *show {
		fmt.Fprint(stdout, generate(*seed))
		return 0, nil
	}
	c, err := readCorpus(strings.Split(*dirs, ","))
	if err != nil {
		return 0, err
	}
	f := &fuzzer{}
	defer f.close()
	if err := f.addSandboxes("wqjs", *build); err != nil {
		return 0, err
	}
	if *against != "" {
		if err := f.addSandboxes(*against, *against); err != nil {
			return 0, err
		}
	}
	if *bin != "" {
		f.add("native", &native{bin: *bin})
	}
	n := 0
	for end := time.Now().Add(*duration); time.Now().Before(end) && (*programs == 0 || n < *programs) && found < maxFindings; n++ {
		s, compare := *seed+uint64(n), n%2 == 0
		program := ""
		if compare {
			program = generate(s)
		} else {
			program = c.mutate(s)
		}
		got := f.check(program, compare)
		if got == nil {
			continue
		}
		found++
		got = f.reduce(got, compare, 400)
		fmt.Fprintf(stdout, "\nseed %d: %s\n%s\n", s, got.kind, got.detail)
		if *out == "" {
			fmt.Fprintf(stdout, "---\n%s---\n", got.program)
		} else if err := write(*out, s, got); err != nil {
			return found, err
		}
	}
	fmt.Fprintf(stdout, "%d programs from seed %d, %d findings\n", n, *seed, found)
	return found, nil
}

func (f *fuzzer) addSandboxes(name, file string) error {
	embedded := wasm.QuickJS
	defer func() { wasm.QuickJS = embedded }()
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		wasm.QuickJS = b
	}
	e, err := host.NewEngine(context.Background(), host.Config{})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	f.add(name, sandboxes{e, 32 << 20})
	return nil
}

func write(dir string, seed uint64, f *finding) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text := fmt.Sprintf("// %s\n// %s\n%s", f.kind, strings.ReplaceAll(f.detail, "\n", "\n// "), f.program)
	return os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.js", seed)), []byte(text), 0o644)
}
