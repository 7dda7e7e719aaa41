//go:build unix

package host

import (
	"fmt"
	"os"
	"syscall"
)

// checkCacheDir makes dir, or refuses one whose content others could have
// written: machine code is loaded from it.
func checkCacheDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("cache folder %s belongs to another user", dir)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("cache folder %s is writable by others (mode %v): chmod 700 it", dir, info.Mode().Perm())
	}
	return nil
}
