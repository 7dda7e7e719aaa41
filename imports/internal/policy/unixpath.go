package policy

import (
	"errors"
	"path"
	"runtime"
	"strings"
)

// maxPath is PATH_MAX of Linux. The limit of sockaddr_un is lower, but counts
// the path as the caller will hand it over, which may be a relative one.
const maxPath = 4096

// unixRule is a cleaned path or abstract name. With below set the path ends in
// a slash and stands for all below it.
type unixRule struct {
	path  string
	below bool
	any   bool // *
}

// match takes a cleaned path, which ends in a slash only when it is a root.
func (r unixRule) match(p string) bool {
	switch {
	case r.any:
		return true
	case r.below:
		return strings.HasPrefix(p, r.path)
	}
	return p == r.path
}

func (r unixRule) text() string {
	if r.any {
		return "*"
	}
	return r.path
}

func parseUnix(s string) (unixRule, error) { return parseUnixOn(s, runtime.GOOS == "windows") }

func parseUnixOn(s string, windows bool) (unixRule, error) {
	if s == "*" {
		return unixRule{any: true}, nil
	}
	clean, err := cleanPath(s, windows)
	if err != nil {
		return unixRule{}, err
	}
	if clean[0] == '@' {
		return unixRule{path: clean}, nil
	}
	below := strings.HasSuffix(s, "/") || windows && strings.HasSuffix(s, `\`)
	if below && !strings.HasSuffix(clean, "/") {
		clean += "/"
	}
	return unixRule{path: clean, below: below || strings.HasSuffix(clean, "/")}, nil
}

// CleanPath returns the path of a Unix socket as rules compare it, and as the
// caller must hand it to the kernel: absolute, without "." and ".." (removed
// lexically), or unchanged when it is an abstract name ("@name"). It fails for
// paths that are empty, relative, longer than 4096 bytes, or hold NUL or other
// unprintable characters. On Windows backslashes become slashes, the drive is
// upper case, and the forms that Win32 rewrites (UNC, device and stream names,
// dots and spaces at the end of an element) fail. Symbolic links are the
// caller's business.
func CleanPath(p string) (string, error) { return cleanPath(p, runtime.GOOS == "windows") }

func cleanPath(p string, windows bool) (string, error) {
	switch {
	case p == "":
		return "", errors.New("the path is empty")
	case len(p) > maxPath:
		return "", errors.New("the path is too long")
	case !printable(p):
		return "", errors.New("the path has unprintable characters")
	case p == "@":
		return "", errors.New("the abstract name is empty")
	case p[0] == '@':
		return p, nil
	}
	drive := ""
	if windows {
		p = strings.ReplaceAll(p, `\`, "/")
		if len(p) > 2 && p[1] == ':' && 'a' <= p[0]|0x20 && p[0]|0x20 <= 'z' {
			drive, p = strings.ToUpper(p[:2]), p[2:]
		}
		if strings.HasPrefix(p, "//") || strings.Contains(p, ":") {
			return "", errors.New("network, device and stream paths are not supported")
		}
	}
	if p[0] != '/' {
		return "", errors.New("the path is not absolute")
	}
	p = path.Clean(p)
	if windows {
		for element := range strings.SplitSeq(p, "/") {
			if strings.HasSuffix(element, ".") || strings.HasSuffix(element, " ") {
				return "", errors.New("an element of the path ends in a dot or space")
			}
		}
	}
	return drive + p, nil
}
