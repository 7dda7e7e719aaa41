package host

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// rulesDir is what relative paths in the tests start from.
var rulesDir = filepath.Join(os.TempDir(), "rules")

func TestParsePolicy(t *testing.T) {
	p, err := ParsePolicy([]byte(`{
		"$schema": "anything", "all": false, "raw": true,
		"connect": ["example.com:443", "*"], "listen": [":80"], "resolve": [], "udp": ["10.0.0.53:53"],
		"unix": ["*", "@name", "./a.sock", "socks/"], "env": ["A_*"],
		"read": [".", "data/in.txt"], "write": ["../out"]
	}`), rulesDir)
	in := func(names ...string) string { return filepath.Join(append([]string{rulesDir}, names...)...) }
	want := Policy{
		Raw: true, Connect: []string{"example.com:443", "*"}, Listen: []string{":80"}, UDP: []string{"10.0.0.53:53"},
		Unix: []string{"*", "@name", in("a.sock"), in("socks") + string(filepath.Separator)}, Env: []string{"A_*"},
		ReadDirs: []string{rulesDir, in("data", "in.txt")}, WriteDirs: []string{filepath.Join(rulesDir, "..", "out")},
	}
	if err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v, %v\nwant %+v", p, err, want)
	}
	for _, dir := range []string{"", rulesDir} {
		text := p.Format(dir)
		again, err := ParsePolicy(text, rulesDir)
		if err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("from %s\n%+v, %v", text, again, err)
		}
		if dir != "" && strings.Contains(string(text), filepath.ToSlash(rulesDir)) {
			t.Errorf("not relative: %s", text)
		}
	}
}

func TestParsePolicyErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "1:1: the file ends too early",
		"[]":                             "1:1: want an object of rules, not [",
		"{\n  \"connect\": [\"a\"":       "2:18: the file ends too early",
		"{\n \"conect\": []}":            `2:2: unknown field "conect": there are all, connect, listen, resolve, udp, unix, raw, env, read, write`,
		`{"Connect": []}`:                `1:2: unknown field "Connect"`,
		`{"connect": [], "connect": []}`: `1:17: the field "connect" is there twice`,
		`{"connect": "a:1"}`:             `1:13: want connect to be a list of rules, not "a:1"`,
		`{"connect": null}`:              `1:13: want connect to be a list of rules, not null`,
		`{"raw": 1}`:                     `1:9: raw is true or false, not 1`,
		`{"$schema": {}}`:                `1:13: $schema is text, not {`,
		"{\"env\": [\n\"A\",\n  7]}":     `3:3: a rule of env is text, not 7`,
		`{"env": ["A", ["B"]]}`:          `1:15: a rule of env is text, not [`,
		`{"env": ["A" "B"]}`:             `1:14: invalid character '"' after array element`,
		`{"env": ["A",]}`:                `1:14: invalid character ']'`,
		`{"connect": ["ok:1", "127.1"]}`: `1:22: connect: "127.1": 127.1 is not an IPv4 address`,
		`{"listen": ["example.com:80"]}`: `1:13: listen: "example.com:80": listening takes an address`,
		`{"resolve": [""]}`:              `1:14: resolve: "": `,
		`{"unix": ["@"]}`:                `1:11: unix: "@": `,
		`{"env": ["A=B"]}`:               `1:10: env: "A=B": `,
		`{"udp": ["a b"]}`:               `1:10: udp: "a b": `,
		`{"read": [""]}`:                 `1:11: read: "": the path is empty`,
		`{"write": ["a\u0000"]}`:         `1:12: write: "a\x00": a path has no NUL`,
		`{} {}`:                          `1:4: there is more after the object`,
		`{}]`:                            `1:3: there is more after the object`,
		"{\xff}":                         `1:2: `,
	} {
		_, err := ParsePolicy([]byte(text), rulesDir)
		var bad *PolicyFileError
		if !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
	if _, err := ParsePolicy(make([]byte, maxPolicyFile+1), ""); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Error(err)
	}
}

func TestReadPolicy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.json")
	if _, err := ReadPolicy(file); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	write(t, file, `{"read": ["data"]}`)
	if p, err := ReadPolicy(file); err != nil || p.ReadDirs[0] != filepath.Join(filepath.Dir(file), "data") {
		t.Error(p, err)
	}
	write(t, file, "{\n  \"read\": [1]}")
	if _, err := ReadPolicy(file); err == nil || err.Error() != file+":2:12: a rule of read is text, not 1" {
		t.Error(err)
	}
}

// TestPolicySchema: the published schema has the fields that the reader has.
func TestPolicySchema(t *testing.T) {
	text, err := os.ReadFile("policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		ID                   string `json:"$id"`
		AdditionalProperties *bool
		Properties           map[string]struct {
			Type string
			Ref  string `json:"$ref"`
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	if schema.ID != policySchema || schema.AdditionalProperties == nil || *schema.AdditionalProperties {
		t.Errorf("%s %v", schema.ID, schema.AdditionalProperties)
	}
	if len(schema.Properties) != len(policyFields)+1 { // and $schema
		t.Errorf("%d properties for %d fields", len(schema.Properties), len(policyFields))
	}
	for _, f := range policyFields {
		p, ok := schema.Properties[f.name]
		if !ok || (f.list != nil) != (p.Ref == "#/$defs/rules") || (f.flag != nil) != (p.Type == "boolean") {
			t.Errorf("%s: %+v", f.name, p)
		}
	}
	if n := reflect.TypeFor[Policy]().NumField(); n != len(policyFields)+1 { // and Recorder
		t.Errorf("Policy has %d fields, the file %d", n, len(policyFields))
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"all": true, "connect": ["example.com:443", "[::1]:80"], "read": ["./a", "/b"]}`, `{"unix": ["@x", "a/"]}`,
		`{"env":["A*"],"env":[]}`, `[`, `{"a":{"b":[1,2,{}]}}`, "{\"raw\"\n:\ttrue}x",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePolicy(data, rulesDir)
		if err != nil {
			var bad *PolicyFileError
			if !errors.As(err, &bad) || bad.Line < 1 || bad.Column < 1 {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		for _, dir := range []string{"", rulesDir} {
			text := p.Format(dir)
			again, err := ParsePolicy(text, rulesDir)
			if err != nil || string(again.Format("")) != string(p.Format("")) {
				t.Fatalf("%q became %s, then %+v, %v", data, text, again, err)
			}
		}
	})
}
