package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// readKnown reads the list of known failures: a line "# reason", then the
// tests that fail for it, one a line. It returns test → reason.
func readKnown(file string) (map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	known := map[string]string{}
	reason := ""
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		switch {
		case line == "":
		case line[0] == '#':
			reason = strings.TrimSpace(line[1:])
		case reason == "":
			return nil, fmt.Errorf("%s:%d: %s has no reason above it", file, n, line)
		case known[line] != "":
			return nil, fmt.Errorf("%s:%d: %s is there twice", file, n, line)
		default:
			known[line] = reason
		}
	}
	return known, s.Err()
}
