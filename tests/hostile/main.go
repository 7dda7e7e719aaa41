// Command hostile runs scripts that were written to do harm, each in a sandbox
// of its own, and measures how long after its deadline a sandbox goes on, what
// memory it takes, and what that does to a neighbour.
//
//	go run ./tests/hostile                       # all, a table in Markdown
//	go run ./tests/hostile -only builtins/ -rounds 20
//	go run ./tests/hostile -o docs/limits.md     # replaces the table there
//
// Every script runs several rounds with a deadline at a random moment. It ends
// with exit code 1 when one ended in a way that it does not declare.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	failed, err := report(os.Args[1:], os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(2)
	case failed:
		os.Exit(1)
	}
}

// row is what the rounds of one script showed.
type row struct {
	script    script
	ends      []string // each once
	wall, cpu []time.Duration
	peak      uint64
	ratio     float64 // of the neighbour's median latency
	wrong     string
}

func report(args []string, stdout io.Writer) (failed bool, err error) {
	flags := flag.NewFlagSet("hostile", flag.ExitOnError)
	only := flags.String("only", "", "scripts with this in their name")
	rounds := flags.Int("rounds", 10, "how often each script runs")
	memory := flags.Uint64("memory", 256, "of a sandbox, in MiB")
	most := flags.Duration("delay", 400*time.Millisecond, "the longest time from a script's start to its deadline")
	out := flags.String("o", "", "file whose table is replaced")
	flags.Parse(args)
	ctx := context.Background()
	scripts, err := corpus(*only)
	if err != nil {
		return false, err
	}
	r, closeAll, err := newRunner(ctx, *memory<<20)
	if err != nil {
		return false, err
	}
	defer closeAll()
	n, err := newNeighbour(ctx, r.engine)
	if err != nil {
		return false, err
	}
	defer n.close()
	var rows []row
	for _, s := range scripts {
		line := measure(r, n, s, *rounds, *most)
		rows = append(rows, line)
		fmt.Fprintln(os.Stderr, line)
		failed = failed || line.wrong != ""
	}
	text := table(rows) + summary(rows, n)
	if *out == "" {
		fmt.Fprint(stdout, text)
		return failed, nil
	}
	return failed, replace(*out, text)
}

// measure runs s in several rounds, and the neighbour before and beside it.
func measure(r *runner, n *neighbour, s script, rounds int, most time.Duration) row {
	line := row{script: s}
	var alone, beside []time.Duration
	for range rounds {
		alone = append(alone, n.sample(20*time.Millisecond, nil)...)
		stop := make(chan struct{})
		samples := make(chan []time.Duration)
		go func() { samples <- n.sample(time.Hour, stop) }()
		res := r.run(s, someDelay(most))
		close(stop)
		beside = append(beside, <-samples...)
		if !slices.Contains(line.ends, string(res.end)) {
			line.ends = append(line.ends, string(res.end))
		}
		// A deadline may come before the end that a script declares.
		if res.end != interrupted && !slices.Contains(s.expect, res.end) {
			line.wrong = fmt.Sprintf("ended with %q %s", res.end, res.detail)
		}
		if res.late {
			line.wall, line.cpu = append(line.wall, res.wall), append(line.cpu, res.cpu)
		}
		line.peak = max(line.peak, res.peak)
		if res.end == hung {
			break
		}
	}
	slices.Sort(line.wall)
	slices.Sort(line.cpu)
	n.add(alone, beside)
	line.ratio = ratio(alone, beside, 50)
	return line
}

// percentile is that of sorted durations.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }

func (l row) String() string {
	text := fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %d | %.2f |", l.script.name, strings.Join(l.ends, ", "),
		millis(percentile(l.cpu, 50)), millis(percentile(l.cpu, 99)), millis(percentile(l.cpu, 100)), millis(percentile(l.wall, 100)), l.peak>>20, l.ratio)
	if l.wrong != "" {
		text += " WRONG: " + l.wrong
	}
	return text
}

const header = `| script | ended | CPU p50 | CPU p99 | CPU worst | wall worst | peak MiB | neighbour |
|---|---|---:|---:|---:|---:|---:|---:|
`

func table(rows []row) string {
	var b strings.Builder
	b.WriteString(header)
	for _, l := range rows {
		fmt.Fprintln(&b, l)
	}
	return b.String()
}

func summary(rows []row, n *neighbour) string {
	var cpu, wall []time.Duration
	for _, l := range rows {
		cpu, wall = append(cpu, l.cpu...), append(wall, l.wall...)
	}
	slices.Sort(cpu)
	slices.Sort(wall)
	return fmt.Sprintf("\n%d scripts, %d deadlines passed. Overrun in ms of CPU time: p50 %s, p99 %s, worst %s; by the clock: p50 %s, p99 %s, worst %s. %s\n",
		len(rows), len(cpu), millis(percentile(cpu, 50)), millis(percentile(cpu, 99)), millis(percentile(cpu, 100)),
		millis(percentile(wall, 50)), millis(percentile(wall, 99)), millis(percentile(wall, 100)), n.summary())
}

const begin, finish = "<!-- hostile table -->\n", "<!-- end -->"

// replace puts text between the two marks of a file.
func replace(file, text string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, ok1 := strings.Cut(string(b), begin)
	_, tail, ok2 := strings.Cut(rest, finish)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s has no place for the table: %q and %q", file, begin, finish)
	}
	return os.WriteFile(file, []byte(head+begin+"\n"+text+"\n"+finish+tail), 0o644)
}
