package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/wqjs/wqjs/imports"
	"github.com/wqjs/wqjs/js"
)

const (
	preludeName  = "wqjs:internal/prelude"
	soName       = "network_sockets.so" // the native C module's file
	socketModule = "wqjs:sockets"
)

// aliases are the names that users of QuickJS and Node know.
var aliases = map[string]string{
	"std": "wqjs:std", "os": "wqjs:os", "qjs:std": "wqjs:std", "qjs:os": "wqjs:os",
	"express": "wqjs:express",
}

// modules resolves and loads ES modules for one sandbox.
type modules struct {
	guest *imports.Guest
	dir   string // base of names without one
	// What the engine has loaded needs no file any more: here, and in the image.
	loaded, image map[string]struct{}
	loader        func(context.Context, string) ([]byte, error) // nil: none
	fetched       map[string][]byte                             // by the loader, not yet loaded
	// The source given last by the embedder, which no file may hold.
	name, source string
	recorded     map[string]string // sources of a replay, which has no files
}

func newModules(g *imports.Guest, dir string) *modules {
	return &modules{guest: g, dir: dir, loaded: map[string]struct{}{}}
}

// moduleError is a failed import; it says who imported what, and where.
type moduleError struct {
	msg string
	err error
}

func (e *moduleError) Error() string { return e.msg }
func (e *moduleError) Unwrap() error { return e.err }

// Resolve turns an import's specifier into a module's name: a library module
// ("wqjs:net") or an absolute path.
func (m *modules) Resolve(base, spec string) (string, error) {
	name, err := m.resolve(base, spec)
	if err != nil && m.loader != nil && isBare(spec) {
		name, err = spec, nil
	}
	if err != nil {
		return "", &moduleError{fmt.Sprintf("cannot import %q%s: %v", spec, m.from(base, spec), err), fs.ErrNotExist}
	}
	if !strings.HasPrefix(name, js.Prefix) && !m.has(name) {
		// Where the import stands is known only here.
		err := m.fetch(name)
		if errors.Is(err, fs.ErrNotExist) && path.IsAbs(name) {
			err = m.guest.CheckModule(name)
		}
		if err != nil {
			return "", &moduleError{fmt.Sprintf("cannot import %q%s: %v", spec, m.from(base, spec), explain(name, err)), err}
		}
	}
	return name, nil
}

// isBare reports whether an import's specifier is a name, neither a path nor a
// URL nor of the library.
func isBare(spec string) bool {
	return spec != "" && !strings.HasPrefix(spec, ".") && !path.IsAbs(spec) && !strings.Contains(spec, ":")
}

// fetch asks the loader for a module and keeps it for Load.
func (m *modules) fetch(name string) error {
	if m.loader == nil {
		return fs.ErrNotExist
	}
	if _, ok := m.fetched[name]; ok {
		return nil
	}
	src, err := m.guest.Await(func(ctx context.Context) ([]byte, error) { return m.loader(ctx, name) })
	if err != nil {
		return err
	}
	if len(src) > maxSource {
		return fmt.Errorf("%d bytes are more than %d", len(src), maxSource)
	}
	if m.fetched == nil {
		m.fetched = map[string][]byte{}
	}
	m.fetched[name] = src
	return nil
}

// has reports whether the engine has loaded the module.
func (m *modules) has(name string) bool {
	_, here := m.loaded[name]
	_, there := m.image[name]
	return here || there
}

func explain(name string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist", name)
	}
	return err
}

func (m *modules) resolve(base, spec string) (string, error) {
	if a, ok := aliases[spec]; ok {
		return a, nil
	}
	if strings.HasPrefix(spec, js.Prefix) {
		internal := strings.HasPrefix(spec, js.Prefix+"internal/")
		if internal && !strings.HasPrefix(base, js.Prefix) || !js.Exists(spec) {
			return "", fmt.Errorf("no such library module; there are %s", strings.Join(js.Public(), ", "))
		}
		return spec, nil
	}
	if path.Base(spec) == soName {
		return socketModule, nil
	}
	switch {
	case strings.HasPrefix(spec, "file:"):
		u, err := url.Parse(spec)
		if err != nil || u.Host != "" && u.Host != "localhost" || !path.IsAbs(u.Path) {
			return "", errors.New("not a file URL with an absolute path")
		}
		return path.Clean(u.Path), nil
	case path.IsAbs(spec):
		return path.Clean(spec), nil
	case strings.HasPrefix(spec, "./"), strings.HasPrefix(spec, "../"):
		dir := m.dir
		if path.IsAbs(base) {
			dir = path.Dir(base)
		}
		return path.Join(dir, spec), nil
	case strings.Contains(spec, "://"):
		return "", errors.New("modules come from files: there is no loading over the network")
	}
	return "", fmt.Errorf("a bare name must be a library module (%s); start file names with \"./\"", strings.Join(js.Public(), ", "))
}

// from is " from FILE:LINE:COLUMN" of the import statement, as far as known.
func (m *modules) from(base, spec string) string {
	if base == "" {
		return ""
	}
	src := m.text(base)
	for _, quote := range []string{"'", `"`} {
		if i := strings.Index(src, quote+spec+quote); i >= 0 {
			line := 1 + strings.Count(src[:i], "\n")
			col := 1 + utf8.RuneCountInString(src[1+strings.LastIndexByte(src[:i], '\n'):i])
			return fmt.Sprintf(" from %s:%d:%d", base, line, col)
		}
	}
	return " from " + base
}

// maxQuoted bounds the files that are read again for a message.
const maxQuoted = 1 << 20

// text is the source of a module for a message, or "". Files are read again:
// keeping all that a guest loads would be memory it does not pay for.
func (m *modules) text(name string) string {
	if name == m.name {
		return m.source
	}
	if m.recorded != nil {
		return m.recorded[name]
	}
	if !path.IsAbs(name) {
		return ""
	}
	src, err := m.guest.ReadModule(name, maxQuoted)
	if err != nil {
		return ""
	}
	return string(src)
}

// line is a line of a module's source, or "".
func (m *modules) line(name string, n int) string {
	for text := range strings.Lines(m.text(name)) {
		if n--; n == 0 {
			return strings.TrimRight(text, "\r\n")
		}
	}
	return ""
}

// Load returns a module's source.
func (m *modules) Load(name string) ([]byte, error) {
	if strings.HasPrefix(name, js.Prefix) {
		return js.Source(name)
	}
	err := m.fetch(name)
	src := m.fetched[name]
	delete(m.fetched, name)
	if errors.Is(err, fs.ErrNotExist) {
		src, err = m.guest.ReadModule(name, maxSource)
	}
	if err != nil {
		return nil, &moduleError{fmt.Sprintf("cannot load module %s: %v", name, explain(name, err)), err}
	}
	m.loaded[name] = struct{}{}
	return src, nil
}

// remember keeps a source for messages.
func (m *modules) remember(name, source string) { m.name, m.source = name, source }

// URL is the file URL of a path.
func (m *modules) URL(name string) string { return (&url.URL{Scheme: "file", Path: name}).String() }
