package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wqjs/wqjs/host"
)

// neighbour is a sandbox of a tenant who means no harm: what a short call of it
// takes tells what the others do to it.
type neighbour struct {
	sandbox       *host.Sandbox
	alone, beside []time.Duration // of all scripts
}

func newNeighbour(ctx context.Context, e *host.Engine) (*neighbour, error) {
	s, err := e.NewSandbox(ctx, host.SandboxConfig{})
	if err != nil {
		return nil, err
	}
	err = s.Eval(ctx, "neighbour.js", `
		globalThis.work = () => { let n = 0; for (let i = 0; i < 2000; i++) n += JSON.stringify({ i }).length; return n; };
	`)
	return &neighbour{sandbox: s}, err
}

func (n *neighbour) close() { n.sandbox.Close() }

// sample calls the neighbour every millisecond for so long, or until stop.
func (n *neighbour) sample(d time.Duration, stop <-chan struct{}) (times []time.Duration) {
	pause := time.NewTicker(time.Millisecond)
	defer pause.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); {
		start := time.Now()
		if _, err := host.CallAs[int](context.Background(), n.sandbox, "work"); err != nil {
			panic(err) // it does nothing that may fail
		}
		times = append(times, time.Since(start))
		select {
		case <-stop:
			return times
		case <-pause.C:
		}
	}
	return times
}

func (n *neighbour) add(alone, beside []time.Duration) {
	n.alone, n.beside = append(n.alone, alone...), append(n.beside, beside...)
}

// ratio is that of a percentile of latencies beside a hostile script to that of
// those alone.
func ratio(alone, beside []time.Duration, p int) float64 {
	slices.Sort(alone)
	slices.Sort(beside)
	a := percentile(alone, p)
	if a == 0 {
		return 0
	}
	return float64(percentile(beside, p)) / float64(a)
}

func (n *neighbour) summary() string {
	return fmt.Sprintf("The neighbour's calls took p50 %v alone and %.2f times that beside the scripts, p99 %v and %.2f times.",
		median(n.alone).Round(time.Microsecond), ratio(n.alone, n.beside, 50), percentile(n.alone, 99).Round(time.Microsecond), ratio(n.alone, n.beside, 99))
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return percentile(d, 50)
}
