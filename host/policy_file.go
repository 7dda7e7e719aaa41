package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wqjs/wqjs/imports"
)

// policySchema is where the JSON Schema of policy files is published;
// policy.schema.json is its source.
const policySchema = "https://raw.githubusercontent.com/wqjs/wqjs/main/host/policy.schema.json"

// maxPolicyFile bounds a policy file, in bytes.
const maxPolicyFile = 4 << 20

// policyField is a field of a policy file: a list of rules, or a switch.
type policyField struct {
	name string // in the file, and after --allow- in messages
	list func(*Policy) *[]string
	flag func(*Policy) *bool
	path bool // its rules are paths, which may be relative
}

var policyFields = []policyField{
	{name: "all", flag: func(p *Policy) *bool { return &p.All }},
	{name: "connect", list: func(p *Policy) *[]string { return &p.Connect }},
	{name: "listen", list: func(p *Policy) *[]string { return &p.Listen }},
	{name: "resolve", list: func(p *Policy) *[]string { return &p.Resolve }},
	{name: "udp", list: func(p *Policy) *[]string { return &p.UDP }},
	{name: "unix", list: func(p *Policy) *[]string { return &p.Unix }, path: true},
	{name: "raw", flag: func(p *Policy) *bool { return &p.Raw }},
	{name: "env", list: func(p *Policy) *[]string { return &p.Env }},
	{name: "read", list: func(p *Policy) *[]string { return &p.ReadDirs }, path: true},
	{name: "write", list: func(p *Policy) *[]string { return &p.WriteDirs }, path: true},
}

// PolicyFileError says what is wrong in a policy file, and where.
type PolicyFileError struct {
	Line, Column int // from 1; columns count bytes
	Message      string
}

func (e *PolicyFileError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// ReadPolicy reads a policy file; relative paths in it start from its folder.
// Errors name the file, and wrap a *PolicyFileError when it was read.
func ReadPolicy(file string) (Policy, error) {
	f, err := os.Open(file)
	if err != nil {
		return Policy{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPolicyFile+1))
	if err != nil {
		return Policy{}, err
	}
	p, err := ParsePolicy(data, filepath.Dir(file))
	if err != nil {
		return Policy{}, fmt.Errorf("%s:%w", file, err)
	}
	return p, nil
}

// ParsePolicy reads the text of a policy file: one JSON object (RFC 8259) with
// the fields of Policy in lower case, read and write for its folders, as
// host/policy.schema.json describes. All rules are checked, and nothing is
// passed over: errors are *PolicyFileError. Relative paths start from dir.
func ParsePolicy(data []byte, dir string) (Policy, error) {
	r := &policyReader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), dir: dir}
	if len(data) > maxPolicyFile {
		return Policy{}, r.fail(0, "the file is longer than %d bytes", maxPolicyFile)
	}
	var p Policy
	if err := r.read(&p); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// policyReader reads a policy file token by token, so that it knows where it is.
type policyReader struct {
	data []byte
	dec  *json.Decoder
	dir  string
}

// fail is an error at an offset.
func (r *policyReader) fail(at int, format string, args ...any) error {
	before := r.data[:min(at, len(r.data))]
	line := 1 + bytes.Count(before, []byte("\n"))
	return &PolicyFileError{line, at - bytes.LastIndexByte(before, '\n'), fmt.Sprintf(format, args...)}
}

// next gives the next token, and where it starts.
func (r *policyReader) next() (t json.Token, at int, err error) {
	at = int(r.dec.InputOffset())
	for at < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	t, err = r.dec.Token()
	var bad *json.SyntaxError
	switch {
	case errors.As(err, &bad):
		return nil, at, r.fail(max(at, int(bad.Offset)-1), "%v", bad)
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return nil, at, r.fail(len(r.data), "the file ends too early")
	case err != nil:
		return nil, at, r.fail(at, "%v", err)
	}
	return t, at, nil
}

// expect reads a delimiter.
func (r *policyReader) expect(d json.Delim, what string) error {
	t, at, err := r.next()
	if err == nil && t != d {
		err = r.fail(at, "want %s, not %s", what, tokenText(t))
	}
	return err
}

func (r *policyReader) read(p *Policy) error {
	if err := r.expect('{', "an object of rules"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.dec.More() {
		t, at, err := r.next()
		if err != nil {
			return err
		}
		name := t.(string) // an object's keys are
		if seen[name] {
			return r.fail(at, "the field %q is there twice", name)
		}
		seen[name] = true
		if err := r.field(p, name, at); err != nil {
			return err
		}
	}
	if err := r.expect('}', "a field"); err != nil {
		return err
	}
	if rest := bytes.TrimLeft(r.data[r.dec.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return r.fail(len(r.data)-len(rest), "there is more after the object")
	}
	return nil
}

func (r *policyReader) field(p *Policy, name string, at int) error {
	if name == "$schema" {
		t, at, err := r.next()
		if _, ok := t.(string); err == nil && !ok {
			err = r.fail(at, "$schema is text, not %s", tokenText(t))
		}
		return err
	}
	i := slices.IndexFunc(policyFields, func(f policyField) bool { return f.name == name })
	if i < 0 {
		var names []string
		for _, f := range policyFields {
			names = append(names, f.name)
		}
		return r.fail(at, "unknown field %q: there are %s", name, strings.Join(names, ", "))
	}
	f := policyFields[i]
	if f.flag != nil {
		t, at, err := r.next()
		on, ok := t.(bool)
		if err == nil && !ok {
			err = r.fail(at, "%s is true or false, not %s", name, tokenText(t))
		}
		*f.flag(p) = on
		return err
	}
	return r.rules(f, f.list(p))
}

// rules reads a list.
func (r *policyReader) rules(f policyField, list *[]string) error {
	if err := r.expect('[', f.name+" to be a list of rules"); err != nil {
		return err
	}
	for r.dec.More() {
		t, at, err := r.next()
		if err != nil {
			return err
		}
		rule, ok := t.(string)
		if !ok {
			return r.fail(at, "a rule of %s is text, not %s", f.name, tokenText(t))
		}
		given := rule
		if f.path {
			rule = r.path(rule)
		}
		if err := checkRule(f.name, rule); err != nil {
			return r.fail(at, "%s: %q: %v", f.name, given, err)
		}
		*list = append(*list, rule)
	}
	return r.expect(']', "a rule of "+f.name)
}

// checkRule checks one rule, as far as that can be done without looking for files.
func checkRule(field, rule string) error {
	if field != "read" && field != "write" {
		return imports.CheckRule(field, rule)
	}
	switch {
	case rule == "":
		return errors.New("the path is empty")
	case strings.IndexByte(rule, 0) >= 0:
		return errors.New("a path has no NUL")
	}
	return nil
}

// path makes a path absolute; "*" and abstract names of Unix sockets are none.
func (r *policyReader) path(rule string) string {
	local := filepath.FromSlash(rule)
	if rule == "" || rule == "*" || rule[0] == '@' || filepath.IsAbs(local) {
		return local
	}
	abs, err := filepath.Abs(filepath.Join(r.dir, local))
	if err != nil {
		return local
	}
	if strings.HasSuffix(rule, "/") {
		abs += string(filepath.Separator) // a folder of Unix sockets
	}
	return abs
}

// tokenText is a token as it may have been written.
func tokenText(t json.Token) string {
	if d, ok := t.(json.Delim); ok {
		return d.String()
	}
	text, _ := json.Marshal(t) // scalars have a form
	return string(text)
}

// Format is the text of a policy file, for ReadPolicy from the folder dir: paths
// in it are written relative to it. "" leaves them absolute.
func (p Policy) Format(dir string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"$schema\": %q", policySchema)
	for _, f := range policyFields {
		var value any
		switch {
		case f.flag != nil && *f.flag(&p):
			value = true
		case f.list != nil && len(*f.list(&p)) > 0:
			rules := *f.list(&p)
			if f.path && dir != "" {
				rules = relative(dir, rules)
			}
			value = rules
		default:
			continue
		}
		fmt.Fprintf(&b, ",\n  %q: ", f.name)
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("  ", "  ")
		_ = enc.Encode(value)   // text and truth have a form
		b.Truncate(b.Len() - 1) // a line break
	}
	b.WriteString("\n}\n")
	return b.Bytes()
}

// relative writes the paths inside of a folder relative to it.
func relative(dir string, paths []string) []string {
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		rel, err := filepath.Rel(dir, p)
		if err == nil && filepath.IsAbs(p) && filepath.IsLocal(rel) {
			folder := strings.HasSuffix(p, string(filepath.Separator))
			if p = rel; rel != "." {
				p = "./" + rel
			}
			if folder {
				p += "/"
			}
		}
		out = append(out, filepath.ToSlash(p))
	}
	return out
}
