package host

import (
	"context"
	"fmt"

	"github.com/wqjs/wqjs/imports"
)

// Grant hands over one more socket, and returns its fd. Scripts find it in granted
// of wqjs:sockets, too. It is the sandbox's until that is Reset or closed.
func (s *Sandbox) Grant(ctx context.Context, g Grant) (fd int, err error) {
	err = s.enter(ctx, func(ctx context.Context) error {
		n, err := s.grantOne(g)
		if err != nil {
			return err
		}
		fd = int(n)
		return s.showGrants(ctx)
	})
	return fd, err
}

// grant hands over what the configuration has, at each start: what can be used by
// one sandbox only, just at the first.
func (s *Sandbox) grant() error {
	for _, g := range s.config.Grants {
		if s.started && g.once() {
			continue
		}
		if _, err := s.grantOne(g); err != nil {
			return err
		}
	}
	s.started = true
	return nil
}

// showGrants tells scripts whose image has loaded wqjs:sockets already.
func (s *Sandbox) showGrants(ctx context.Context) error {
	_, err := s.call(ctx, s.mod.ExportedFunction("wqjs_granted"))
	return err
}

// once reports whether the grant is used up by one life of a sandbox.
func (g *Grant) once() bool { return g.File == nil || g.terms().Limited() }

func (g *Grant) terms() imports.GrantTerms {
	return imports.GrantTerms{Rights: imports.Rights(g.Rights), RecvBytes: g.RecvBytes, SendBytes: g.SendBytes, Deadline: g.Deadline}
}

func (s *Sandbox) grantOne(g Grant) (int32, error) {
	given := 0
	for _, is := range []bool{g.File != nil, g.Conn != nil, g.Listener != nil} {
		if is {
			given++
		}
	}
	switch {
	case g.RecvBytes < 0, g.SendBytes < 0:
		return 0, fmt.Errorf("Grants: a budget of %q is negative", g.Name)
	case given != 1:
		return 0, fmt.Errorf("Grants: %q has %d of File, Conn and Listener, must have one", g.Name, given)
	case g.File != nil:
		return s.guest.GrantFile(g.Name, g.File, g.terms())
	case g.Conn != nil:
		return s.guest.GrantConn(g.Name, g.Conn, g.terms())
	}
	return s.guest.GrantListener(g.Name, g.Listener, g.terms())
}
