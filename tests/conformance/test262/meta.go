package main

import (
	"errors"
	"strings"
)

// meta is the frontmatter of a test: the block between /*--- and ---*/, in the
// subset of YAML that the suite uses (its INTERPRETING.md).
type meta struct {
	includes, flags, features []string
	negativePhase             string // "", "parse", "resolution", "runtime"
	negativeType              string
}

func (m meta) flag(name string) bool { return contains(m.flags, name) }

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// parseMeta reads the frontmatter of a test's source.
func parseMeta(src string) (m meta, err error) {
	_, rest, ok := strings.Cut(src, "/*---")
	if !ok {
		return m, errors.New("no frontmatter")
	}
	block, _, ok := strings.Cut(rest, "---*/")
	if !ok {
		return m, errors.New("frontmatter without an end")
	}
	block = strings.ReplaceAll(strings.ReplaceAll(block, "\r\n", "\n"), "\r", "\n")
	var section string
	for line := range strings.SplitSeq(block, "\n") {
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' && line[0] != '-' {
			key, value, _ := strings.Cut(text, ":")
			section = key
			value = strings.TrimSpace(value)
			if list := m.list(section); list != nil && value != "" {
				*list = append(*list, flowList(value)...)
			}
			continue
		}
		if list := m.list(section); list != nil {
			if item, ok := strings.CutPrefix(text, "- "); ok {
				*list = append(*list, unquote(item))
			} else {
				*list = append(*list, flowList(text)...)
			}
		}
		if section == "negative" {
			key, value, _ := strings.Cut(text, ":")
			switch key {
			case "phase":
				m.negativePhase = unquote(value)
			case "type":
				m.negativeType = unquote(value)
			}
		}
	}
	return m, nil
}

func (m *meta) list(section string) *[]string {
	switch section {
	case "includes":
		return &m.includes
	case "flags":
		return &m.flags
	case "features":
		return &m.features
	}
	return nil
}

// flowList splits "[a, b]", or a part of it that stands on a line of its own.
func flowList(s string) []string {
	var list []string
	for item := range strings.SplitSeq(strings.Trim(s, "[]"), ",") {
		if item = unquote(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

func unquote(s string) string { return strings.Trim(strings.TrimSpace(s), `"'`) }
