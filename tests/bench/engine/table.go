package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// table formats milliseconds, and wqjs as a multiple of each other engine.
func table(names []string, times [][]float64) string {
	var b strings.Builder
	header := append([]string{"kernel"}, names...)
	for _, n := range names[1:] {
		header = append(header, names[0]+" / "+n)
	}
	fmt.Fprintf(&b, "| %s |\n|---|%s\n", strings.Join(header, " | "), strings.Repeat("--:|", len(header)-1))
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
	for k, ms := range times {
		row(kernelNames[k], ms)
	}
	row("**geomean**", geomeans(times))
	return b.String()
}

func geomeans(times [][]float64) []float64 {
	sums := slices.Repeat([]float64{0}, len(times[0]))
	for _, ms := range times {
		for i, t := range ms {
			sums[i] += math.Log(max(t, 1e-3))
		}
	}
	for i := range sums {
		sums[i] = math.Exp(sums[i] / float64(len(times)))
	}
	return sums
}
