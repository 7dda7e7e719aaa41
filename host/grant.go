package host

import (
	"fmt"

	"github.com/wqjs/wqjs/imports"
)

// grant hands over what the configuration has, at each start.
func (s *Sandbox) grant() error {
	for _, g := range s.config.Grants {
		if err := s.grantOne(g); err != nil {
			return err
		}
	}
	s.started = true
	return nil
}

func (s *Sandbox) grantOne(g Grant) error {
	t := imports.GrantTerms{Rights: imports.Rights(g.Rights), RecvBytes: g.RecvBytes, SendBytes: g.SendBytes, Deadline: g.Deadline}
	switch {
	case g.RecvBytes < 0, g.SendBytes < 0:
		return fmt.Errorf("Grants: a budget of %q is negative", g.Name)
	case g.File != nil && g.Conn != nil:
		return fmt.Errorf("Grants: %q has both a File and a Conn", g.Name)
	case g.File == nil && g.Conn == nil:
		return fmt.Errorf("Grants: File of %q is nil", g.Name)
	case s.started && (g.Conn != nil || t.Limited()):
		return fmt.Errorf("Grants: %q is used up: a Conn, or what has budgets or a deadline, is for one life of a sandbox", g.Name)
	case g.File != nil:
		return s.guest.GrantFile(g.Name, g.File, t)
	}
	return s.guest.GrantConn(g.Name, g.Conn, t)
}
