package abi_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/tetratelabs/wazero/experimental/sys"

	"github.com/wqjs/wqjs/imports/internal/abi"
)

// wasiErrno is the "errno" enumeration of WASI preview 1 (witx, typenames), in
// its order from 0.
const wasiErrno = `success 2big acces addrinuse addrnotavail afnosupport again already badf
badmsg busy canceled child connaborted connrefused connreset deadlk destaddrreq dom dquot exist
fault fbig hostunreach idrm ilseq inprogress intr inval io isconn isdir loop mfile mlink msgsize
multihop nametoolong netdown netreset netunreach nfile nobufs nodev noent noexec nolck nolink nomem
nomsg noprotoopt nospc nosys notconn notdir notempty notrecoverable notsock notsup notty nxio
overflow ownerdead perm pipe proto protonosupport prototype range rofs spipe srch stale timedout
txtbsy xdev notcapable`

func TestErrnoIsWASI(t *testing.T) {
	names := strings.Fields(wasiErrno)
	if len(names) != 77 {
		t.Fatalf("%d names", len(names))
	}
	seen := map[string]bool{}
	for i, name := range names {
		want := "E" + strings.ToUpper(name)
		if i == 0 {
			want = "errno 0" // no error has a name
		}
		if got := abi.Errno(i).Error(); got != want {
			t.Errorf("errno %d is %s, want %s", i, got, want)
		}
		if seen[want] {
			t.Errorf("%s is there twice", want)
		}
		seen[want] = true
	}
	for e, want := range map[abi.Errno]string{
		abi.ENOTFOUND: "ENOTFOUND", abi.EAI_AGAIN: "EAI_AGAIN", abi.ECERT: "ECERT",
		77: "errno 77", 200: "errno 200", 204: "errno 204", -1: "errno -1",
	} {
		if got := e.Error(); got != want {
			t.Errorf("errno %d is %s, want %s", int(e), got, want)
		}
	}
}

func TestErrnoIs(t *testing.T) {
	for _, c := range []struct {
		err  abi.Errno
		like error
	}{
		{abi.EACCES, fs.ErrPermission}, {abi.EPERM, fs.ErrPermission}, {abi.ENOENT, fs.ErrNotExist},
		{abi.EEXIST, fs.ErrExist}, {abi.ECANCELED, context.Canceled},
		{abi.ENOSYS, errors.ErrUnsupported}, {abi.ENOTSUP, errors.ErrUnsupported},
	} {
		if !errors.Is(fmt.Errorf("wrapped: %w", c.err), c.like) {
			t.Errorf("%v is not %v", c.err, c.like)
		}
		if errors.Is(abi.EIO, c.like) {
			t.Errorf("EIO is %v", c.like)
		}
	}
}

// timeout is an error as package net returns them, with a number inside.
type timeout struct{}

func (timeout) Error() string   { return "timed out" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }
func (timeout) Unwrap() error   { return context.DeadlineExceeded }

func TestToErrno(t *testing.T) {
	_, noFile := os.Open("/nowhere/at/all")
	closed, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	_, useClosed := closed.Read(make([]byte, 1))

	for _, c := range []struct {
		err  error
		want abi.Errno
	}{
		{nil, abi.ESUCCESS},
		{abi.EMFILE, abi.EMFILE},
		{abi.ENOTFOUND, abi.ENOTFOUND},
		{fmt.Errorf("a: %w", fmt.Errorf("b: %w", abi.ENOTSOCK)), abi.ENOTSOCK},
		{abi.Detailed(abi.EDOM, "no %d", 1), abi.EDOM},
		{errors.Join(errors.New("x"), abi.EBUSY), abi.EBUSY},
		{syscall.ECONNRESET, abi.ECONNRESET},
		{os.NewSyscallError("bind", syscall.EADDRINUSE), abi.EADDRINUSE},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, abi.ECONNREFUSED},
		{&fs.PathError{Op: "read", Path: "x", Err: syscall.EISDIR}, abi.EISDIR},
		{noFile, abi.ENOENT},
		{useClosed, abi.EBADF},
		{context.Canceled, abi.ECANCELED},
		{context.DeadlineExceeded, abi.ETIMEDOUT},
		{timeout{}, abi.ETIMEDOUT},
		{os.ErrDeadlineExceeded, abi.ETIMEDOUT},
		{fs.ErrPermission, abi.EACCES},
		{fs.ErrNotExist, abi.ENOENT},
		{fs.ErrExist, abi.EEXIST},
		{fs.ErrClosed, abi.EBADF},
		{errors.ErrUnsupported, abi.ENOSYS},
		{errors.New("anything"), abi.EIO},
		// Package rootfs speaks wazero's numbers.
		{sys.ENOENT, abi.ENOENT},
		{sys.EACCES, abi.EACCES},
		{sys.EISDIR, abi.EISDIR},
		{sys.ELOOP, abi.ELOOP},
		{sys.EROFS, abi.EROFS},
		{sys.ENAMETOOLONG, abi.ENAMETOOLONG},
		{&fs.PathError{Op: "open", Path: "x", Err: sys.ENOTDIR}, abi.ENOTDIR},
	} {
		if got := abi.ToErrno(c.err); got != c.want {
			t.Errorf("%v (%T) is %v, want %v", c.err, c.err, got, c.want)
		}
	}
}

func TestUnknownNumbers(t *testing.T) {
	// A number of the OS never stands for success, and never passes through.
	for _, e := range []syscall.Errno{0, 9999, 1 << 30, ^syscall.Errno(0)} {
		if got := abi.ToErrno(e); got != abi.EIO {
			t.Errorf("system errno %d is %v", uintptr(e), got)
		}
	}
}

func TestDetail(t *testing.T) {
	err := abi.Detailed(abi.EINVAL, "port %d is not from 0 to 65535", 70000)
	if err.Error() != "port 70000 is not from 0 to 65535" || !errors.Is(err, abi.EINVAL) {
		t.Errorf("%v, %v", err, errors.Is(err, abi.EINVAL))
	}
	var d *abi.DetailError
	if !errors.As(fmt.Errorf("x: %w", err), &d) || d.Errno != abi.EINVAL {
		t.Errorf("%+v", d)
	}
	for _, c := range []struct {
		err  error
		bare bool
	}{
		{abi.EBADF, true}, {syscall.EBADF, true}, {err, false}, {errors.New("x"), false},
		{fmt.Errorf("x: %w", abi.EBADF), false}, {nil, false},
	} {
		if abi.IsErrno(c.err) != c.bare {
			t.Errorf("IsErrno(%v) is %v", c.err, !c.bare)
		}
	}
}

func FuzzErrno(f *testing.F) {
	f.Add(int64(0), "x", true)
	f.Add(int64(syscall.ECONNREFUSED), "connect", false)
	f.Add(int64(-1), "", true)
	f.Fuzz(func(t *testing.T, n int64, text string, wrap bool) {
		var err error = syscall.Errno(n)
		if wrap {
			err = fmt.Errorf("%s: %w", text, err)
		}
		got := abi.ToErrno(err)
		if got <= 0 || got > abi.ECERT || strings.HasPrefix(got.Error(), "errno ") {
			t.Fatalf("system errno %d became %d", n, got)
		}
		if again := abi.ToErrno(fmt.Errorf("%s: %w", text, abi.Detailed(got, "%s", text))); again != got {
			t.Fatalf("%v became %v by being wrapped", got, again)
		}
		if s := abi.Errno(n).Error(); s == "" {
			t.Fatal("no name")
		}
	})
}
