package rootfs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

// openExtra is added to the flags of every open.
const openExtra = 0

// GuestPath returns the path at which the guest sees an absolute path of the
// host: C:\a\b as /C:/a/b. Network and device paths have none.
func GuestPath(abs string) (string, error) {
	abs = strings.TrimPrefix(strings.TrimPrefix(abs, `\??\`), `\\?\`)
	abs = filepath.Clean(abs)
	if vol := filepath.VolumeName(abs); len(vol) != 2 || vol[1] != ':' || !filepath.IsAbs(abs) {
		return "", errors.New("only absolute paths on a drive can be granted")
	}
	guest := "/" + strings.ToUpper(abs[:2]) + filepath.ToSlash(abs[2:])
	return strings.TrimSuffix(guest, "/"), nil
}

// HostPath undoes GuestPath; "" when the path has none on the host.
func HostPath(guest string) string {
	if len(guest) < 3 || guest[2] != ':' {
		return ""
	}
	host := filepath.FromSlash(guest[1:])
	if len(host) == 2 {
		host += `\`
	}
	return host
}

// All returns grants for the whole file system: every drive that can be opened.
func All(read, write bool) ([]Grant, error) {
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return nil, err
	}
	var grants []Grant
	for i := range 26 {
		if mask&(1<<i) == 0 {
			continue
		}
		// A drive without a medium cannot be opened, and has nothing to grant.
		if g, err := Dir(string(rune('A'+i))+`:\`, read, write); err == nil {
			grants = append(grants, g)
		}
	}
	return grants, nil
}

// linkTarget returns the target of a link as the guest would write it: false
// for one that is relative to a drive or the current folder of a drive.
func linkTarget(target string) (string, bool) {
	if filepath.VolumeName(target) == "" && target != "" && !os.IsPathSeparator(target[0]) {
		return filepath.ToSlash(target), true
	}
	guest, err := GuestPath(target)
	return guest, err == nil
}

// validName refuses what Windows would read as more than a name in a path:
// separators, and ':' (streams) except in the drive.
func validName(clean string) bool {
	if len(clean) >= 3 && clean[2] == ':' {
		clean = clean[3:]
	}
	return !strings.ContainsAny(clean, `\:`)
}

// notFound reports an error that other systems call ENOENT.
func notFound(e syscall.Errno) bool {
	return e == windows.ERROR_PATH_NOT_FOUND || e == windows.ERROR_FILE_NOT_FOUND
}
