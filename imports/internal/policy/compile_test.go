package policy

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestCompileErrors(t *testing.T) {
	for _, c := range []struct{ kind, value, reason string }{
		{"connect", "", "empty"},
		{"connect", ":", "a port number is missing"},
		{"connect", "db.internal:", "a port number is missing"},
		{"connect", "db.internal:65536", "65536 is greater than 65535"},
		{"connect", "db.internal:99999999999999999999", "is greater than 65535"},
		{"connect", "db.internal:-1", "missing"},
		{"connect", "db.internal:+80", "+80 is not a number"},
		{"connect", "db.internal:http", "http is not a number"},
		{"connect", "db.internal:080", "leading zero"},
		{"connect", "db.internal:0x50", "not a number"},
		{"connect", "db.internal:*", "not a number"},
		{"connect", "db.internal: 80", "not a number"},
		{"connect", "db.internal:0", "port 0"},
		{"connect", "*:0", "port 0"},
		{"connect", "10.0.0.1:0-80", "port 0"},
		{"connect", "10.0.0.1:90-80", "90-80 is reversed"},
		{"connect", "10.0.0.1:80-", "missing"},
		{"connect", "10.0.0.1:-80", "missing"},
		{"connect", "10.0.0.1:1-2-3", "2-3 is not a number"},
		{"connect", "10.0.0.1:80-65536", "65536"},
		{"connect", "https://example.com", "URL"},
		{"connect", "example.com/path", "not a CIDR block"},
		{"connect", "10.0.0.0/33", "10.0.0.0/33 is not a CIDR block"},
		{"connect", "10.0.0.0/", "not a CIDR block"},
		{"connect", "10.0.0.0/08", "not a CIDR block"},
		{"connect", "10.0.0.0/-1", "not a CIDR block"},
		{"connect", "010.0.0.0/8", "not a CIDR block"},
		{"connect", "10/8", "not a CIDR block"},
		{"connect", "[fd00::/129]:80", "not a CIDR block"},
		{"connect", "fe80::1%eth0/64", "not a CIDR block"},
		{"connect", "10.0.0.1/8:443", "10.0.0.0/8 for the block or 10.0.0.1 for the address"},
		{"connect", "[fd00::1/8]:443", "fd00::/8"},
		{"connect", "*/8", "not a CIDR block"},
		{"connect", "127.1:80", "not an IPv4 address"},
		{"connect", "010.0.0.1:80", "not an IPv4 address"},
		{"connect", "0x7f.0.0.1", "not an IPv4 address"},
		{"connect", "0x7f000001", "not an IPv4 address"},
		{"connect", "2130706433", "not an IPv4 address"},
		{"connect", "017700000001", "not an IPv4 address"},
		{"connect", "256.0.0.1", "not an IPv4 address"},
		{"connect", "1.2.3.4.5", "not an IPv4 address"},
		{"connect", "127.0.0.1.", "not an IPv4 address"},
		{"connect", "*.0.0.1", "not a name"},
		{"connect", "::1:80", "brackets"},
		{"connect", "::1:80-90", "brackets"},
		{"connect", "2001:db8::1:0080", "brackets"},
		{"connect", "1:2:3:4:5:6:7:8:80", "brackets"},
		{"connect", "fe80::1%eth0:80", "brackets"},
		{"connect", "::ffff:1.2.3.4:80", "brackets"},
		{"connect", "db:80:90", "not an IPv6 address"},
		{"connect", "[::1", "brackets"},
		{"connect", "[::1]80", "brackets"},
		{"connect", "[10.0.0.1]:80", "brackets"},
		{"connect", "[db.internal]:80", "brackets"},
		{"connect", "[]:80", "brackets"},
		{"connect", "[::g]:80", "not an IPv6 address"},
		{"connect", "[fd00::]/8:443", "brackets"},
		{"connect", "[fe80::1%]:80", "not an IPv6 address"},
		{"connect", "[fe80::1%a:b]:80", "zone"},
		{"connect", "**", "*"},
		{"connect", "*foo.com", "stands alone"},
		{"connect", "a.*.com:443", "stands alone"},
		{"connect", "*.*.com", "stands alone"},
		{"connect", "*.", "the name is empty"},
		{"connect", "foo.*", "stands alone"},
		{"connect", "a b", "space"},
		{"connect", " db.internal", "space"},
		{"connect", "a\x00b", "control"},
		{"connect", "ex\u00e4mple.com", "punycode"},
		{"connect", "a..b", "empty label"},
		{"connect", ".b", "empty label"},
		{"connect", "-a.b", `"-"`},
		{"connect", "user@host", "'@'"},
		{"connect", strings.Repeat("a", 64) + ".b", "63"},
		{"connect", strings.Repeat("a.", 127) + "b", "253"},
		{"listen", "", "empty"},
		{"listen", "db.internal:80", "not a name"},
		{"listen", "*.example.com:80", "not a name"},
		{"listen", "127.0.0.1:65536", "65536"},
		{"listen", "127.0.0.1:0-10", "cannot be part of a range"},
		{"listen", "8080", "not an IPv4 address"},
		{"udp", "10.0.0.1:domain", "not a number"},
		{"udp", "", "empty"},
		{"resolve", "", "empty"},
		{"resolve", "db.internal:53", "':'"},
		{"resolve", "127.0.0.1", "not a name"},
		{"resolve", "*.1", "not a name"},
		{"resolve", "a.*", "stands alone"},
		{"unix", "", "empty"},
		{"unix", "run/app.sock", "not absolute"},
		{"unix", "./app.sock", "not absolute"},
		{"unix", "**", "not absolute"},
		{"unix", "@", "abstract name is empty"},
		{"unix", "/run/a\x00", "unprintable"},
		{"unix", "/" + strings.Repeat("a", 4096), "too long"},
		{"env", "", "empty"},
		{"env", "A=B", `"="`},
		{"env", "*_KEY", "last character"},
		{"env", "A**", "last character"},
		{"env", "A B", "spaces"},
		{"env", "A\n", "unprintable"},
	} {
		var cfg Config
		addRule(t, &cfg, c.kind, c.value)
		p, err := Compile(cfg)
		if err == nil || p != nil {
			t.Errorf("%s=%q compiled", c.kind, c.value)
			continue
		}
		var rule *RuleError
		if !errors.As(err, &rule) || rule.Value != c.value || rule.Flag != "--allow-"+c.kind {
			t.Errorf("%s=%q: wrong error %#v", c.kind, c.value, err)
			continue
		}
		if !strings.Contains(rule.Reason, c.reason) {
			t.Errorf("%s=%q: %s; want %q in it", c.kind, c.value, err, c.reason)
		}
		if !strings.HasPrefix(err.Error(), rule.Flag+"="+display(c.value)+": ") {
			t.Errorf("value not named: %s", err)
		}
		cfg = Config{}
		addRule(t, &cfg, c.kind, rule.Example)
		if _, err := Compile(cfg); err != nil {
			t.Errorf("the example is wrong: %v", err)
		}
	}
}

func TestCompileErrorText(t *testing.T) {
	_, err := Compile(Config{
		Connect: []string{"10.0.0.1:443", "db.internal:99999", "127.1"},
		Listen:  []string{"example.com:80"},
		All:     true,
	})
	const want = `--allow-listen=example.com:80: listening takes an address, not a name (but localhost) (right is, for example, --allow-listen=127.0.0.1:8080)
--allow-connect=db.internal:99999: port 99999 is greater than 65535 (right is, for example, --allow-connect=db.internal:5432)
--allow-connect=127.1: 127.1 is not an IPv4 address: want four decimal numbers up to 255 without leading zeros (right is, for example, --allow-connect=db.internal:5432)`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestConfigIsCanonical(t *testing.T) {
	p, err := Compile(Config{
		All:     true,
		Raw:     true,
		Listen:  []string{":8080", "*", "[::]:80", "localhost:0", "10.0.0.0/8"},
		Connect: []string{"*:443", "DB.Internal.:1-2", "*.Example.COM", "[::FFFF:10.0.0.1]:80", "::ffff:10.0.0.0/104", "fd00::/8:443", "1.2.3.4/32", "[fe80::1%eth0]", "::1", "10.0.0.1:7-7"},
		Resolve: []string{"*", "A.b.", "*.C"},
		UDP:     []string{"*", "0.0.0.0:0"},
		Unix:    []string{"*", "/a//b/../c", "/a/./", "/", "@x/../y"},
		Env:     []string{"*", "A_*", "B"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		All:     true,
		Raw:     true,
		Listen:  []string{"*:8080", "*", "[::]:80", "localhost:0", "10.0.0.0/8"},
		Connect: []string{"*:443", "db.internal:1-2", "*.example.com", "10.0.0.1:80", "10.0.0.0/8", "[fd00::/8]:443", "1.2.3.4", "[fe80::1%eth0]", "[::1]", "10.0.0.1:7"},
		Resolve: []string{"*", "a.b", "*.c"},
		UDP:     []string{"*", "0.0.0.0:0"},
		Unix:    []string{"*", "/a/c", "/a/", "/", "@x/../y"},
		Env:     []string{"*", "A_*", "B"},
	}
	got := p.Config()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	again, err := Compile(got)
	if err != nil || !reflect.DeepEqual(again, p) {
		t.Errorf("canonical rules compile to another policy: %v", err)
	}
	if c := (*Policy)(nil).Config(); !reflect.DeepEqual(c, Config{}) {
		t.Errorf("nil policy has rules: %+v", c)
	}
}
