package host

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/wqjs/wqjs/imports"
)

// Eval runs a classic script in the global scope, and the promise jobs that are
// due then. name stands in stack traces.
func (s *Sandbox) Eval(ctx context.Context, name, source string) error {
	return s.enter(ctx, func(ctx context.Context) error {
		s.modules.remember(name, source)
		return s.eval(ctx, name, source, 0)
	})
}

// EvalModule runs source as the ES module name, an absolute path that relative
// imports start from, and waits for its top-level await, handling events. It
// leaves other events to Run.
func (s *Sandbox) EvalModule(ctx context.Context, name, source string) error {
	return s.enter(ctx, func(ctx context.Context) error {
		return s.evalMain(ctx, guestPath(name), source)
	})
}

// RunFile loads the module file, which Policy.ReadDirs, a Mount or ModuleDirs
// must cover, runs it as the main module, and then Runs.
func (s *Sandbox) RunFile(ctx context.Context, file string) error {
	name := guestPath(file)
	return s.enter(ctx, func(ctx context.Context) error {
		src, err := s.modules.Load(name)
		if err != nil {
			return err
		}
		if err := s.evalMain(ctx, name, strings.TrimPrefix(string(src), "\ufeff")); err != nil {
			return err
		}
		return s.loop(ctx, nil)
	})
}

// Run handles events until nothing is pending: no timer, no watched fd, no
// operation. After an error it may be called again: it goes on with the event
// after the one that failed.
func (s *Sandbox) Run(ctx context.Context) error {
	return s.enter(ctx, func(ctx context.Context) error {
		// What an error left: jobs not run, rejections not reported.
		r, err := s.call(ctx, s.fnJobs)
		if err == nil {
			err = s.status(ctx, int32(r))
		}
		if err != nil {
			return err
		}
		return s.loop(ctx, nil)
	})
}

func (s *Sandbox) evalMain(ctx context.Context, name, src string) error {
	s.modules.remember(name, src)
	s.modules.loaded[name] = struct{}{}
	s.config.Record.main(name, src)
	if err := s.eval(ctx, name, src, evalModule|evalMain); err != nil {
		return err
	}
	pending := func() (bool, error) {
		r, err := s.call(ctx, s.fnPending)
		return r != 0, err
	}
	if err := s.loop(ctx, pending); err != nil {
		return err
	}
	if p, err := pending(); err != nil || p {
		return errors.Join(err, ErrUnsettled)
	}
	return nil
}

// loop drives the guest while more says so (nil: while anything is pending).
func (s *Sandbox) loop(ctx context.Context, more func() (bool, error)) error {
	if s.bridge.depth > 0 {
		if more != nil {
			if ok, err := more(); err != nil || !ok {
				return err
			}
		}
		return ErrNestedWait
	}
	for {
		if more != nil {
			if ok, err := more(); err != nil || !ok {
				return err
			}
		}
		if len(s.events) == 0 {
			if err := s.wait(); err != nil || len(s.events) == 0 {
				return err
			}
		}
		if err := s.bridge.runTasks(); err != nil {
			return err
		}
		if err := s.dispatch(ctx); err != nil {
			return err
		}
	}
}

// wait fetches events; none when nothing is pending.
func (s *Sandbox) wait() (err error) {
	s.waiting(true)
	defer s.waiting(false)
	if s.room == nil {
		s.room = make([]imports.Event, 0, s.layout.ringCap)
	}
	s.events, err = s.guest.Next(s.room)
	if err != nil && s.guest.Interrupted() != nil {
		return s.interrupted()
	}
	return err
}

// dispatch hands the events to the guest, up to the first that fails.
func (s *Sandbox) dispatch(ctx context.Context) error {
	ring, ok := s.mod.Memory().Read(s.layout.ring, uint32(len(s.events)*imports.EventSize))
	if !ok {
		return errors.New("the event ring lies outside of the guest's memory")
	}
	b := ring
	for _, e := range s.events {
		for k, v := range [4]int32{e.Kind, e.ID, e.A, e.B} {
			binary.LittleEndian.PutUint32(b[4*k:], uint32(v))
		}
		b = b[imports.EventSize:]
	}
	s.config.Record.poke(s.layout.ring, ring)
	r, err := s.call(ctx, s.fnDispatch, 0, uint64(len(s.events)))
	if err != nil {
		return err
	}
	next := int(uint16(r))
	if next > len(s.events) {
		return fmt.Errorf("the engine handled %d events of %d", next, len(s.events))
	}
	s.events = s.events[next:]
	return s.status(ctx, int32(r)>>16)
}

// eval compiles and runs src.
func (s *Sandbox) eval(ctx context.Context, name, src string, flags uint64) error {
	np, err := s.put(ctx, name)
	if err != nil {
		return err
	}
	defer s.free(ctx, np)
	sp, err := s.put(ctx, src)
	if err != nil {
		return err
	}
	defer s.free(ctx, sp)
	r, err := s.call(ctx, s.fnEval, uint64(sp), uint64(len(src)), uint64(np), flags)
	if err != nil {
		return err
	}
	return s.status(ctx, int32(r))
}
