// Package js holds the JavaScript library: the modules wqjs:* and the globals.
package js

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.js */*.js
var files embed.FS

// native are the modules that the shim implements in C.
var native = map[string]bool{
	"wqjs:sockets":              true,
	"wqjs:internal/native":      true,
	"wqjs:internal/http-native": true,
	"wqjs:internal/ws-native":   true,
	"wqjs:internal/std":         true,
	"wqjs:internal/os":          true,
}

// Prefix is what library modules' names begin with.
const Prefix = "wqjs:"

// Exists reports whether a library module has that name ("wqjs:net").
func Exists(name string) bool {
	if native[name] {
		return true
	}
	path := strings.TrimPrefix(name, Prefix)
	if dir, _, ok := strings.Cut(path, "/"); ok && dir != "internal" {
		return false // those have internal names
	}
	_, err := fs.Stat(files, file(name))
	return err == nil
}

// Source returns the source of a library module.
func Source(name string) ([]byte, error) { return files.ReadFile(file(name)) }

// Public lists the modules scripts may import, for messages.
func Public() []string {
	names := []string{"wqjs:sockets"}
	entries, _ := files.ReadDir(".")
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".js"); ok {
			names = append(names, Prefix+name)
		}
	}
	return names
}

func file(name string) string {
	path := strings.TrimPrefix(name, Prefix)
	if rest, ok := strings.CutPrefix(path, "internal/"); ok {
		if strings.Contains(rest, "/") { // a part of a public module, in a folder of its own
			path = rest
		}
	}
	return path + ".js"
}
