package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// table formats milliseconds, and wqjs as a multiple of each other engine.
func table(names []string, sets []set, times map[string][]float64) string {
	var b strings.Builder
	row := func(name string, ms []float64) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, t := range ms {
			fmt.Fprintf(&b, " %.1f |", t)
		}
		for _, t := range ms[1:] {
			fmt.Fprintf(&b, " %.2f |", ms[0]/t)
		}
		b.WriteByte('\n')
	}
	for i, set := range sets {
		if i > 0 {
			b.WriteByte('\n')
		}
		header := append([]string{set.name}, names...)
		for _, n := range names[1:] {
			header = append(header, names[0]+" / "+n)
		}
		fmt.Fprintf(&b, "| %s |\n|---|%s\n", strings.Join(header, " | "), strings.Repeat("--:|", len(header)-1))
		for _, kernel := range set.names {
			row(kernel, times[kernel])
		}
		row("**geomean**", geomeans(set, times))
	}
	return b.String()
}

func geomeans(s set, times map[string][]float64) []float64 {
	var sums []float64
	for _, kernel := range s.names {
		ms := times[kernel]
		if sums == nil {
			sums = slices.Repeat([]float64{0}, len(ms))
		}
		for i, t := range ms {
			sums[i] += math.Log(max(t, 1e-3))
		}
	}
	for i := range sums {
		sums[i] = math.Exp(sums[i] / float64(len(s.names)))
	}
	return sums
}
