//go:build unix

package imports_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wqjs/wqjs/imports"
	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guesttest"
)

func TestGrantFile(t *testing.T) {
	guesttest.NoLeaks(t)
	dir, err := os.MkdirTemp("", "g")
	check(t, err)
	defer os.RemoveAll(dir)
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	check(t, err)
	defer tcp.Close()
	local, err := net.Listen("unix", filepath.Join(dir, "s"))
	check(t, err)
	defer local.Close()
	conn, err := net.Dial("tcp4", tcp.Addr().String())
	check(t, err)
	defer conn.Close()

	g, err := imports.NewGuest(imports.Config{MaxFDs: 4})
	check(t, err)
	for i, s := range []any{tcp, local, conn} {
		f, err := s.(interface{ File() (*os.File, error) }).File()
		check(t, err)
		_, err = g.GrantFile(fmt.Sprint("socket ", i), f, imports.GrantTerms{})
		check(t, err)
		check(t, f.Close()) // the guest has its own
	}
	if g.OpenFDs() != 3 {
		t.Errorf("%d fds", g.OpenFDs())
	}

	before := guesttest.OpenFDs()
	file, err := os.Create(filepath.Join(dir, "file"))
	check(t, err)
	_, err = g.GrantFile("my file", file, imports.GrantTerms{})
	var pe *os.PathError
	if !errors.As(err, &pe) || pe.Path != "my file" || !errors.Is(err, syscall.ENOTSOCK) || !strings.HasPrefix(err.Error(), "grant my file: ") {
		t.Errorf("a file: %v", err)
	}
	check(t, file.Close())
	if _, err := g.GrantFile("closed", file, imports.GrantTerms{}); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("a closed file: %v", err)
	}
	if _, err := g.GrantFile("none", nil, imports.GrantTerms{}); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("no file: %v", err)
	}
	if guesttest.OpenFDs() != before || g.OpenFDs() != 3 {
		t.Error("a failure leaves a descriptor")
	}

	f, err := tcp.(*net.TCPListener).File()
	check(t, err)
	defer f.Close()
	_, err = g.GrantFile("fourth", f, imports.GrantTerms{})
	check(t, err)
	before = guesttest.OpenFDs()
	if _, err := g.GrantFile("fifth", f, imports.GrantTerms{}); abi.ToErrno(err) != abi.EMFILE || !strings.Contains(err.Error(), "fifth") {
		t.Errorf("one too many: %v", err)
	}
	if guesttest.OpenFDs() != before {
		t.Error("a failure leaves a descriptor")
	}
	check(t, g.Close())
	if g.OpenFDs() != 0 {
		t.Errorf("%d fds after Close", g.OpenFDs())
	}
	// The embedder's sockets live on.
	c, err := tcp.Accept()
	check(t, err)
	check(t, c.Close())
}

// TestNoMemory: address space that is not there is an error that names the size.
func TestNoMemory(t *testing.T) {
	s, err := imports.NewSlot(1 << 60)
	if s != nil || err == nil || !strings.Contains(err.Error(), "1152921504606846976 bytes") {
		t.Errorf("%v, %v", s, err)
	}
}
