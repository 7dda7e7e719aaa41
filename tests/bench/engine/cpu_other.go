//go:build !unix

package main

import "time"

var start = time.Now()

// cpuTime is the elapsed time where there is no getrusage.
func cpuTime() time.Duration { return time.Since(start) }
