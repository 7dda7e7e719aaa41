package host

import (
	"fmt"
	"path"
	"path/filepath"

	"github.com/wqjs/wqjs/imports"
)

// guestPath is the clean guest path of a file: that of a Mount, or of a file of
// the host. They differ on Windows only.
func guestPath(name string) string {
	if filepath.VolumeName(name) != "" {
		if p, err := imports.GuestPath(name); err == nil {
			return p
		}
	}
	if name = filepath.ToSlash(name); path.IsAbs(name) {
		name = path.Clean(name)
	}
	return name
}

// guestDir checks SandboxConfig.Dir.
func guestDir(dir string) (string, error) {
	if dir == "" {
		return "/", nil
	}
	if p := guestPath(dir); path.IsAbs(p) {
		return p, nil
	}
	return "", fmt.Errorf("SandboxConfig.Dir is %q, must be absolute", dir)
}
