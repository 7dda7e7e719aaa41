package policy

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestDeniedText(t *testing.T) {
	for _, c := range []struct{ rules, request, pins, want string }{
		{"", "connect 10.0.0.1:443", "",
			"connect to 10.0.0.1:443 denied: not granted (allow it with --allow-connect=10.0.0.1:443)"},
		{"", "connect [::ffff:10.0.0.1]:443", "",
			"connect to 10.0.0.1:443 denied: not granted (allow it with --allow-connect=10.0.0.1:443)"},
		{"", "connect [::1]:443", "",
			"connect to [::1]:443 denied: not granted (allow it with --allow-connect=[::1]:443)"},
		{"", "connect 93.184.216.34:443", "old.example=93.184.216.34 example.com=93.184.216.34",
			"connect to 93.184.216.34:443 denied: not granted (allow it with --allow-connect=example.com:443)"},
		{"connect=db.internal", "connect 10.0.0.5:5432", "db.internal=10.0.0.5",
			"connect to 10.0.0.5:5432 denied: not a public address, which a name rule does not grant (allow it with --allow-connect=10.0.0.5:5432)"},
		{"connect=*", "connect 169.254.169.254:80", "",
			"connect to 169.254.169.254:80 denied: a link-local address needs an address or CIDR rule (allow it with --allow-connect=169.254.169.254/32:80)"},
		{"connect=*", "connect [fd00:ec2::254]:80", "a.example=fd00:ec2::254",
			"connect to [fd00:ec2::254]:80 denied: a cloud metadata address needs an address or CIDR rule (allow it with --allow-connect=[fd00:ec2::254/128]:80)"},
		{"connect=*", "connect [fe80::1%eth0]:80", "",
			"connect to [fe80::1%eth0]:80 denied: a link-local address needs an address or CIDR rule (allow it with --allow-connect=[fe80::1%eth0]:80)"},
		{"connect=*", "connect [fe80::1%Ethernet 2]:80", "",
			`connect to "[fe80::1%Ethernet 2]:80" denied: a link-local address needs an address or CIDR rule (allow it with '--allow-connect=[fe80::1%Ethernet 2]:80')`},
		{"connect=*", "connect 0.0.0.0:80", "",
			"connect to 0.0.0.0:80 denied: the unspecified address means this host and needs a rule of its own (allow it with --allow-connect=0.0.0.0/32:80)"},
		{"connect=*", "connect 10.0.0.1:0", "",
			"connect to 10.0.0.1:0 denied: port 0 is no destination"},
		{"connect=*", "connect invalid", "",
			`connect to "invalid AddrPort" denied: no valid address`},
		{"connect=localhost", "connect 8.8.8.8:80", "localhost=8.8.8.8",
			"connect to 8.8.8.8:80 denied: not granted (allow it with --allow-connect=8.8.8.8:80)"},
		{"", "listen 0.0.0.0:8080", "",
			"listen on 0.0.0.0:8080 denied: not granted (allow it with --allow-listen=0.0.0.0:8080)"},
		{"listen=127.0.0.1:8080", "listen [::1]:0", "",
			"listen on [::1]:0 denied: not granted (allow it with --allow-listen=[::1]:0)"},
		{"", "udp-bind 0.0.0.0:0", "",
			"UDP bind to 0.0.0.0:0 denied: not granted (allow it with --allow-udp=0.0.0.0:0)"},
		{"", "udp-send 8.8.8.8:53", "",
			"UDP send to 8.8.8.8:53 denied: not granted (allow it with --allow-udp=8.8.8.8:53)"},
		{"", "udp-connect 8.8.8.8:53", "",
			"UDP connect to 8.8.8.8:53 denied: not granted (allow it with --allow-udp=8.8.8.8:53)"},
		{"", "resolve Example.COM.", "",
			"resolve example.com denied: not granted (allow it with --allow-resolve=example.com)"},
		{"", "resolve 127.1", "",
			"resolve 127.1 denied: 127.1 is a number or an address, not a name"},
		{"", "resolve a\x1b[2J", "",
			`resolve "a\x1b[2J" denied: name "a\x1b[2J" contains a space or control character`},
		{"", "unix-connect /run/app.sock", "",
			"connect to Unix socket /run/app.sock denied: not granted (allow it with --allow-unix=/run/app.sock)"},
		{"", "unix-bind /run/../tmp/$(id) 'x'", "",
			`bind Unix socket "/tmp/$(id) 'x'" denied: not granted (allow it with '--allow-unix=/tmp/$(id) '\''x'\''')`},
		{"", "unix-bind @app", "",
			"bind Unix socket @app denied: not granted (allow it with --allow-unix=@app)"},
		{"", "unix-bind ", "",
			`bind Unix socket "" denied: the path is empty`},
		{"", "raw", "",
			"raw socket denied: not granted (allow it with --allow-raw)"},
	} {
		err := ask(mustCompile(t, c.rules), c.request, mustPins(t, c.pins))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s | %s\ngot  %v\nwant %s", c.rules, c.request, err, c.want)
		}
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: not fs.ErrPermission", c.request)
		}
	}
}

// TestDeniedIsBounded keeps what a guest made up out of terminals and logs.
func TestDeniedIsBounded(t *testing.T) {
	for _, request := range []string{
		"resolve " + strings.Repeat("\x1b", 1<<20),
		"resolve " + strings.Repeat("a", 1<<20),
		"resolve " + strings.Repeat("1.", 1<<20),
		"unix-bind " + strings.Repeat("\n", 1<<20),
		"unix-bind /" + strings.Repeat("a", 1<<20),
	} {
		err := ask(nil, request, nil)
		if err == nil {
			t.Fatal("granted")
		}
		text := err.Error()
		if len(text) > 3000 || strings.ContainsAny(text, "\x1b\n") {
			t.Errorf("%.20q: message of %d bytes: %.80q", request, len(text), text)
		}
	}
}
