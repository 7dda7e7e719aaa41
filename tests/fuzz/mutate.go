package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var tokens = regexp.MustCompile("//[^\n]*|/\\*(?s:.*?)\\*/|\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`|[A-Za-z_$#][\\w$]*|\\d[\\w.]*|=>|\\.\\.\\.|\\?\\.|[-+*/%&|^<>=!?]+|\\s+|.")

// interesting replaces a token now and then.
var interesting = []string{"0", "-1", "1e9", "4294967296", "2**53", "NaN", "null", "undefined", "[]", "{}", "''", "this", "new", "yield", "await", "async", "=>", "...", "?.", "delete", "in", "of", "super", "arguments", "eval", "`", "/", "(", ")", "{", "}", "[", "]", "=", "function*", "static", "#p", "\\u{110000}", "\x00", "\u2028", "0n", "/(?<=a)b/v", "new.target", "import.meta", "label:"}

// corpus is the text that mutations start from, by file.
type corpus []string

// readCorpus collects the .js files below folders.
func readCorpus(dirs []string) (c corpus, err error) {
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".js") {
				return err
			}
			b, err := os.ReadFile(path)
			c = append(c, string(b))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// mutate changes a program of the corpus, or a generated one, in a few places.
// Most results do not parse; loops may be endless.
func (c corpus) mutate(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 0xda942042e4dd58b5))
	one := func() string {
		if len(c) == 0 || r.IntN(2) == 0 {
			return generate(r.Uint64())
		}
		return c[r.IntN(len(c))]
	}
	source := one()
	if r.IntN(2) == 0 { // lines of another
		lines, others := strings.SplitAfter(source, "\n"), strings.SplitAfter(one(), "\n")
		from := r.IntN(len(others))
		to := min(len(others), from+1+r.IntN(10))
		at := r.IntN(len(lines) + 1)
		source = strings.Join(lines[:at], "") + strings.Join(others[from:to], "") + strings.Join(lines[at:], "")
	}
	parts := tokens.FindAllString(source, -1)
	for range 1 + r.IntN(4) {
		if len(parts) < 2 {
			break
		}
		i, k := r.IntN(len(parts)), r.IntN(len(parts))
		switch r.IntN(6) {
		case 0:
			parts[i] = ""
		case 1:
			parts[i] = parts[k]
		case 2:
			parts[i], parts[k] = parts[k], parts[i]
		case 3:
			parts[i] += parts[i]
		default:
			parts[i] = interesting[r.IntN(len(interesting))]
		}
	}
	return strings.Join(parts, "")
}
