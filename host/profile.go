package host

import (
	"sync"
	"time"
)

// CPUProfile collects samples of the JavaScript of one or more sandboxes
// (SandboxConfig.Profile), to be read with `go tool pprof`. Its zero value is
// ready. Its methods may be called from any goroutine, at any time.
//
// Samples are taken a millisecond apart, where the engine lets the host in: at
// calls, jumps backward and allocations. Each weighs the time since the one
// before it by the wall clock, waiting left out. So a builtin that runs long
// without that shows where it returned to. The line of a frame is that of its
// last call or property access. Names are the script's word.
type CPUProfile struct {
	mu      sync.Mutex
	started time.Time
	stacks  map[string]*stackTime
	size    int // bytes of the keys of stacks
}

type stackTime struct {
	samples int64
	spent   time.Duration
}

const (
	samplePeriod = time.Millisecond
	// A script can make up stacks without end: beyond these, samples are
	// counted under one name.
	maxStacks     = 20_000
	maxStackBytes = 32 << 20
)

// add counts a sample: frames in the form of wasm/shim/profile.c.
func (p *CPUProfile) add(frames []byte, spent time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stacks[string(frames)]
	if s == nil {
		if len(p.stacks) >= maxStacks || p.size+len(frames) > maxStackBytes {
			frames = overflow
		}
		if s = p.stacks[string(frames)]; s == nil {
			s = &stackTime{}
			p.keep(frames, s)
		}
	}
	s.samples++
	s.spent += spent
}

func (p *CPUProfile) keep(frames []byte, s *stackTime) {
	if p.stacks == nil {
		p.stacks = map[string]*stackTime{}
		p.started = time.Now()
	}
	p.stacks[string(frames)] = s
	p.size += len(frames)
}

// sampler is a profile's part in one sandbox. Its methods are for the goroutine
// that runs the sandbox; a nil one does nothing.
type sampler struct {
	profile *CPUProfile
	last    time.Time     // of the last sample, waits since then taken out
	carried time.Duration // executed since the last sample, while waiting
	waits   bool
}

func (s *sampler) Due() bool { return time.Since(s.last) >= samplePeriod }

func (s *sampler) Sample(frames []byte) {
	now := time.Now()
	s.profile.add(frames, now.Sub(s.last))
	s.last = now
}

// wait is told when the guest stops and starts executing.
func (s *sampler) wait(on bool) {
	if s == nil || s.waits == on {
		return
	}
	s.waits = on
	if on {
		s.carried = time.Since(s.last)
	} else {
		s.last = time.Now().Add(-s.carried)
	}
}
