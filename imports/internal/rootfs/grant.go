package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Grant is one folder, file or fs.FS that the guest may use.
type Grant struct {
	// GuestPath is where the guest sees it: absolute and clean.
	GuestPath string

	// Root is the folder, or nil when FS is set.
	Root *os.Root

	// File narrows Root to the one regular file of that name.
	File string

	// FS is shown instead of a folder, for reading only. Its files should
	// implement io.ReaderAt and io.Seeker, as those of embed.FS do.
	FS fs.FS

	// Read and Write are the rights: at least one.
	Read, Write bool
}

// Dir returns a grant for a folder or a regular file of the host, which must
// exist. Links in the path are followed now, once: later changes to them do
// not move the grant. The error names hostPath as given.
func Dir(hostPath string, read, write bool) (Grant, error) {
	g, err := dir(hostPath)
	if err != nil {
		return Grant{}, fmt.Errorf("cannot grant %q: %w", hostPath, err)
	}
	g.Read, g.Write = read, write
	return g, nil
}

func dir(hostPath string) (g Grant, err error) {
	if hostPath == "" {
		return g, errors.New("the path is empty")
	}
	abs, err := filepath.Abs(hostPath)
	if err != nil {
		return g, err
	}
	if g.GuestPath, err = GuestPath(abs); err != nil {
		return g, err
	}
	info, err := os.Stat(abs) // before opening, which would wait for a FIFO
	if err != nil {
		return g, err
	}
	switch {
	case info.IsDir():
		g.Root, err = os.OpenRoot(abs)
	case info.Mode().IsRegular():
		var real string
		if real, err = filepath.EvalSymlinks(abs); err == nil {
			g.File = filepath.Base(real)
			g.Root, err = os.OpenRoot(filepath.Dir(real))
		}
	default:
		err = errors.New("neither a folder nor a regular file")
	}
	return g, err
}

// Close closes the grant's folder. An FS does it for the grants it owns.
func (g Grant) Close() error {
	if g.Root == nil {
		return nil
	}
	return g.Root.Close()
}

func (g Grant) check() error {
	switch {
	case !path.IsAbs(g.GuestPath) || path.Clean(g.GuestPath) != g.GuestPath || strings.IndexByte(g.GuestPath, 0) >= 0:
		return fmt.Errorf("grant %q: the path is not absolute and clean", g.GuestPath)
	case (g.Root == nil) == (g.FS == nil):
		return fmt.Errorf("grant %q: either Root or FS must be set", g.GuestPath)
	case !g.Read && !g.Write:
		return fmt.Errorf("grant %q: neither Read nor Write is set", g.GuestPath)
	case g.FS != nil && (g.Write || g.File != ""):
		return fmt.Errorf("grant %q: an FS cannot have Write or File", g.GuestPath)
	case g.File != "" && (!filepath.IsLocal(g.File) || filepath.Base(g.File) != g.File || g.File == "." || g.GuestPath == "/"):
		return fmt.Errorf("grant %q: %q is not the name of a file in a folder", g.GuestPath, g.File)
	}
	return nil
}
