package socket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

func TestPutAddr(t *testing.T) {
	ap := netip.MustParseAddrPort
	long := strings.Repeat("p", 200)
	for _, c := range []struct {
		addr         netsys.Addr
		family, port uint16
		text         string
	}{
		{netsys.Addr{}, 0, 0, ""},
		{netsys.Addr{Family: netsys.AF_INET, AddrPort: ap("1.2.3.4:65535")}, 2, 65535, "1.2.3.4"},
		{netsys.Addr{Family: netsys.AF_INET6, AddrPort: ap("[fe80::1%4294967295]:1")}, 10, 1, "fe80::1%4294967295"},
		{netsys.Addr{Family: netsys.AF_INET6, AddrPort: ap("[::ffff:1.2.3.4]:80")}, 10, 80, "::ffff:1.2.3.4"},
		{netsys.Addr{Family: netsys.AF_INET6}, 10, 0, ""},
		{netsys.Addr{Family: netsys.AF_UNIX, Path: "/a b\xff"}, 1, 0, "/a b\xff"},
		{netsys.Addr{Family: netsys.AF_UNIX, Path: long}, 1, 0, long[:120]},
	} {
		b := bytes.Repeat([]byte{0xee}, addrSize+8)
		putAddr(b, c.addr)
		n := binary.LittleEndian.Uint16(b[4:])
		if got := string(b[addrText : addrText+n]); got != c.text || binary.LittleEndian.Uint16(b) != c.family || binary.LittleEndian.Uint16(b[2:]) != c.port {
			t.Errorf("%+v became % x", c.addr, b)
		}
		if len(bytes.Trim(b[addrText+n:addrSize], "\x00")) != 0 || string(b[addrSize:]) != strings.Repeat("\xee", 8) {
			t.Errorf("%+v: something is left of before, or too much was written: % x", c.addr, b)
		}
	}
}

func TestParseAddr(t *testing.T) {
	const inDir = "/guest/x" // not in the folder of this process
	const in4, in6, un = netsys.AF_INET, netsys.AF_INET6, netsys.AF_UNIX
	for _, c := range []struct {
		family int
		text   string
		port   int32
		want   string // of the address or the path
		err    error
	}{
		{in4, "", 80, "0.0.0.0:80", nil},
		{in6, "", 80, "[::]:80", nil},
		{in4, "1.2.3.4", 0, "1.2.3.4:0", nil},
		{in6, "1.2.3.4", 65535, "1.2.3.4:65535", nil},
		{in6, "::1", 1, "[::1]:1", nil},
		{in6, "fe80::1%lo", 1, "[fe80::1%lo]:1", nil},
		{in4, "::1", 1, "", abi.EAFNOSUPPORT},
		{in4, "::ffff:1.2.3.4", 1, "", abi.EAFNOSUPPORT},
		{in4, "1.2.3.4", 65536, "", abi.EINVAL},
		{in4, "1.2.3.4", -1, "", abi.EINVAL},
		{in4, "name", 1, "", abi.EINVAL},
		{in6, "::1%" + strings.Repeat("z", 65), 1, "", abi.EINVAL},
		{0, "1.2.3.4", 1, "", abi.EAFNOSUPPORT},
		{16, "1.2.3.4", 1, "", abi.EAFNOSUPPORT},
		{un, "", -5, "", nil}, // ports mean nothing there
		{un, "@x", 0, "@x", nil},
		{un, "x", 0, inDir, nil},
		{un, "x\x00y", 0, "", abi.EINVAL},
	} {
		a, err := parseAddr("/guest", c.family, c.text, c.port, "bind")
		got := a.Path
		if a.AddrPort.IsValid() {
			got = a.AddrPort.String()
		}
		if !errors.Is(err, c.err) || got != c.want && !(c.family == un && filepath.VolumeName(inDir) != "") {
			t.Errorf("family %d %q port %d: %q, %v", c.family, c.text, c.port, got, err)
		}
	}
}

// FuzzAddr parses what a guest may send and writes what it may get.
func FuzzAddr(f *testing.F) {
	f.Add(netsys.AF_INET, "127.0.0.1", int32(80))
	f.Add(netsys.AF_INET6, "fe80::1%eth0", int32(0))
	f.Add(netsys.AF_INET6, "::ffff:1.2.3.4", int32(65535))
	f.Add(netsys.AF_UNIX, "@abstract", int32(0))
	f.Add(netsys.AF_UNIX, "../a/./b//", int32(-1))
	f.Add(-1, "\x00", int32(1<<30))
	f.Fuzz(func(t *testing.T, family int, text string, port int32) {
		a, err := parseAddr("/guest", family, text, port, "connect")
		if err != nil {
			if n := abi.ToErrno(err); n != abi.EINVAL && n != abi.EAFNOSUPPORT {
				t.Fatalf("%q: %v", text, err)
			}
			if len(err.Error()) > 1500 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		b := bytes.Repeat([]byte{0xee}, addrSize+1)
		putAddr(b, a)
		n := int(binary.LittleEndian.Uint16(b[4:]))
		if n > addrSize-addrText || b[addrSize] != 0xee || len(bytes.Trim(b[addrText+n:addrSize], "\x00")) != 0 {
			t.Fatalf("%q became % x", text, b)
		}
		back := string(b[addrText : addrText+n])
		switch family {
		case netsys.AF_UNIX:
			if a.Path != "" && a.Path[0] != '@' && !filepath.IsAbs(a.Path) || strings.IndexByte(a.Path, 0) >= 0 && a.Path[0] != '@' {
				t.Fatalf("%q became the path %q", text, a.Path)
			}
			if len(a.Path) <= addrSize-addrText && back != a.Path {
				t.Fatalf("%q was written as %q", a.Path, back)
			}
		case netsys.AF_INET, netsys.AF_INET6:
			if int32(a.AddrPort.Port()) != port || !a.AddrPort.IsValid() || family == netsys.AF_INET && !a.AddrPort.Addr().Is4() {
				t.Fatalf("%q port %d became %v", text, port, a.AddrPort)
			}
			if again, err := parseAddr("/guest", family, back, port, "connect"); err != nil || again != a {
				t.Fatalf("%v was written as %q, which is %v, %v", a.AddrPort, back, again, err)
			}
		default:
			t.Fatalf("family %d is taken", family)
		}
	})
}
