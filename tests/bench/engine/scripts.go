package main

import (
	"embed"
	"path"
	"strings"
)

//go:embed kernels.js programs/*.js
var files embed.FS

// set is a table of its own, with its geometric mean.
type set struct {
	name  string
	names []string
}

func (s set) String() string { return s.name + ": " + strings.Join(s.names, ", ") }

// library is what the programs share, and no program.
const library = "programs/lib.js"

// sets are the kernels in the order of the table, and the programs, one a file.
var sets = []set{
	{"kernel", []string{"fib27", "loop", "float", "props", "array", "sort", "string", "split", "regex",
		"json", "closure", "class", "typed", "map", "gen", "trycatch", "bigint"}},
	{"program", programNames()},
}

// script defines all of them: an engine evaluates it once and then calls them
// by name.
var script = read("kernels.js") + read(library) + programs()

func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

func programNames() (names []string) {
	entries, err := files.ReadDir("programs")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		if name := path.Join("programs", e.Name()); name != library {
			names = append(names, strings.TrimSuffix(e.Name(), ".js"))
		}
	}
	return names
}

func programs() (all string) {
	for _, name := range programNames() {
		all += read("programs/" + name + ".js")
	}
	return all
}

func call(kernel string) string { return "kernels." + kernel + "()" }
