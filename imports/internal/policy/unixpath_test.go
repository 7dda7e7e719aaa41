package policy

import (
	"strings"
	"testing"
)

func TestCleanPath(t *testing.T) {
	for _, c := range []struct {
		in, want string
		windows  bool
	}{
		{"/run/app.sock", "/run/app.sock", false},
		{"/run//a/./b/../app.sock", "/run/a/app.sock", false},
		{"/../../x", "/x", false},
		{"/run/app/", "/run/app", false},
		{"/", "/", false},
		{"//x", "/x", false},
		{"/a b/\u00e4", "/a b/\u00e4", false},
		{`/a\..\b`, `/a\..\b`, false},
		{"@app", "@app", false},
		{"@a/../b", "@a/../b", false},
		{`c:\run\app.sock`, "C:/run/app.sock", true},
		{`C:/run\..\app.sock`, "C:/app.sock", true},
		{`C:\..\..\x`, "C:/x", true},
		{`\run\x`, "/run/x", true},
		{"@app", "@app", true},
	} {
		if got, err := cleanPath(c.in, c.windows); err != nil || got != c.want {
			t.Errorf("cleanPath(%q, %v) = %q, %v; want %q", c.in, c.windows, got, err, c.want)
		}
	}
	for _, c := range []struct {
		in      string
		windows bool
	}{
		{"", false}, {"@", false}, {"x", false}, {"./x", false}, {"../x", false}, {"~/x", false}, {"/a\x00b", false},
		{"@\x00", false}, {"/a\nb", false}, {"/\xff", false}, {"/a\u202eb", false}, {"/" + strings.Repeat("a", maxPath), false},
		{`C:\x`, false}, {`C:x`, true}, {`C:`, true}, {`\\server\share`, true}, {`\\?\C:\x`, true}, {`//./pipe/x`, true},
		{`C:\x:stream`, true}, {`C:\a\.. \x`, true}, {`C:\x.`, true}, {`C:\x `, true}, {`C:\...\x`, true}, {`x`, true}, {`1:\x`, true},
	} {
		if got, err := cleanPath(c.in, c.windows); err == nil {
			t.Errorf("cleanPath(%.40q, %v) = %q, want an error", c.in, c.windows, got)
		}
	}
}

func TestUnixRulesOnWindows(t *testing.T) {
	for _, c := range []struct {
		rule, path string
		allow      bool
	}{
		{`c:\run\app.sock`, `C:/run/app.sock`, true},
		{`C:\run\`, `C:\run\x`, true},
		{`C:\run\`, `C:\run\..\x`, false},
		{`C:\run\`, `D:\run\x`, false},
		{`C:\`, `C:\any`, true},
	} {
		rule, err := parseUnixOn(c.rule, true)
		if err != nil {
			t.Fatal(err)
		}
		path, err := cleanPath(c.path, true)
		if err != nil {
			t.Fatal(err)
		}
		if rule.match(path) != c.allow {
			t.Errorf("rule %s, path %s: want %v", c.rule, c.path, c.allow)
		}
	}
}
