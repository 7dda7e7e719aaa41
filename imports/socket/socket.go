// Package socket is the host module wqjs_socket: BSD sockets on real system
// calls. A guest fd is an index into the sandbox's table; every call checks the
// fd's rights, and what names an address asks the policy.
//
// The kernel's fds never block. A call on a blocking guest fd waits in the
// host, where cancellation, deadlines and the sandbox's end reach it.
package socket

import (
	"context"
	"errors"
	"os"

	"github.com/tetratelabs/wazero"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// ModuleName is the name guests import from.
const ModuleName = "wqjs_socket"

// Instantiate adds the module to r.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	return guest.Instantiate(ctx, r, ModuleName, Funcs())
}

// Funcs are the functions of the module.
func Funcs() []guest.Func {
	return []guest.Func{
		{Name: "socket", Params: "iii", Call: socket},
		{Name: "socketpair", Params: "iiii", Call: socketpair},
		{Name: "bind", Params: "iiii", Call: bind},
		{Name: "listen", Params: "ii", Call: listen},
		{Name: "accept", Params: "iii", Call: accept},
		{Name: "connect", Params: "iiiii", Call: connect},
		{Name: "send", Params: "iiii", Call: sending(send)},
		{Name: "recv", Params: "iiii", Call: receiving(recv)},
		{Name: "sendto", Params: "iiiiiii", Call: sending(sendto)},
		{Name: "recvfrom", Params: "iiiii", Call: receiving(recvfrom)},
		{Name: "shutdown", Params: "ii", Call: shutdown},
		{Name: "close", Params: "i", Call: closeFD},
		{Name: "setsockopt", Params: "iiii", Call: setsockopt},
		{Name: "getsockopt", Params: "iiii", Call: getsockopt},
		{Name: "getsockname", Params: "ii", Call: getsockname},
		{Name: "getpeername", Params: "ii", Call: getpeername},
		{Name: "fcntl", Params: "iii", Call: fcntl},
		{Name: "poll", Params: "iii", Call: poll},
		{Name: "epoll_create1", Params: "i", Call: epollCreate},
		{Name: "epoll_ctl", Params: "iiii", Call: epollCtl},
		{Name: "epoll_wait", Params: "iiii", Call: epollWait},
		{Name: "granted", Params: "i", Call: granted},
		{Name: "granted_name", Params: "i", Call: grantedName},
	}
}

// get finds fd and the socket behind it.
func get(g *guest.Guest, v uint64, need fdtable.Rights) (*fdtable.Entry, *sock.Socket, error) {
	fd := guest.I32(v)
	e, err := g.FDs.Get(fd, 0)
	if err != nil {
		return nil, nil, err
	}
	k, ok := e.Object.(*sock.Socket)
	if !ok {
		return nil, nil, abi.ENOTSOCK
	}
	_, err = g.FDs.Get(fd, need)
	return e, k, err
}

// Flags that socket() takes in its type, in Linux' numbering.
const (
	sockNonblock = 0x800
	sockCloexec  = 0x80000
)

func socket(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	family, typ, proto := int(guest.I32(a[0])), int(guest.I32(a[1])), int(guest.I32(a[2]))
	nonblock := typ&sockNonblock != 0
	typ &^= sockNonblock | sockCloexec
	// ICMP passes for a datagram protocol, too (icmp(7)), and knows no ports.
	if typ == netsys.SOCK_RAW || proto == netsys.IPPROTO_ICMP || proto == netsys.IPPROTO_ICMPV6 {
		if err := g.Policy.Raw(); err != nil {
			return 0, err
		}
	}
	if g.FDs.Full() {
		return 0, abi.EMFILE
	}
	fd, err := g.Net.Socket(family, typ, proto)
	if err != nil {
		return 0, err
	}
	return g.FDs.Insert(&fdtable.Entry{
		Object: &sock.Socket{Net: g.Net, FD: fd}, Rights: fdtable.All, Family: family, Type: typ, Nonblock: nonblock,
	})
}

// socketpair makes two connected sockets, which reach nobody but the guest
// itself: it needs no permission.
func socketpair(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	family, typ, proto := int(guest.I32(a[0])), int(guest.I32(a[1])), int(guest.I32(a[2]))
	out, err := m.Bytes(guest.Ptr(a[3]), 8)
	if err != nil {
		return 0, err
	}
	nonblock := typ&sockNonblock != 0
	typ &^= sockNonblock | sockCloexec
	if g.FDs.Full() {
		return 0, abi.EMFILE
	}
	pair, err := g.Net.SocketPair(family, typ, proto)
	if err != nil {
		return 0, err
	}
	var fds [2]int32
	for i, fd := range pair {
		fds[i], err = g.FDs.Insert(&fdtable.Entry{
			Object: &sock.Socket{Net: g.Net, FD: fd}, Rights: fdtable.All, Family: family, Type: typ, Nonblock: nonblock,
		})
		if err != nil { // only the second can find the table full
			g.Net.Close(pair[1])
			e, _ := g.FDs.Remove(fds[0])
			e.Object.Close()
			return 0, err
		}
	}
	putU32(out, uint32(fds[0]))
	putU32(out[4:], uint32(fds[1]))
	return 0, nil
}

func listen(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.Listen)
	if err != nil {
		return 0, err
	}
	// A socket that was never bound gets a port on every interface. Its present
	// address tells nothing: a failed connect leaves one that is not in use.
	if !e.Bound && e.Family != netsys.AF_UNIX {
		if err := g.Policy.Listen(unspecified(e.Family)); err != nil {
			return 0, err
		}
	}
	backlog := guest.I32(a[1])
	if k.Listener != nil {
		return 0, nil // as ever
	}
	return 0, k.Net.Listen(k.FD, int(min(max(backlog, 0), 4096)))
}

func shutdown(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	_, k, err := get(g, a[0], fdtable.Shutdown)
	if err != nil {
		return 0, err
	}
	how := guest.I32(a[1])
	if how < 0 || how > 2 {
		return 0, abi.EINVAL
	}
	return 0, k.Net.Shutdown(k.FD, int(how))
}

// closeFD frees the number even when the kernel reports an error, as close(2)
// does on Linux.
func closeFD(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	fd := guest.I32(a[0])
	e, err := g.FDs.Remove(fd)
	if err != nil {
		return 0, err
	}
	if o, ok := e.Object.(pollable); ok && e.Watched {
		g.Loop.Unwatch(fd, o.SysFD())
	}
	if k, ok := e.Object.(*sock.Socket); ok && k.Shared {
		sock.Unpoll(g.FDs, k.FD)
	}
	return 0, e.Object.Close()
}

func fcntl(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	const getfl, setfl, nonblock = 3, 4, 0x800
	e, err := g.FDs.Get(guest.I32(a[0]), 0)
	if err != nil {
		return 0, err
	}
	switch guest.I32(a[1]) {
	case getfl:
		if e.Nonblock {
			return nonblock, nil
		}
		return 0, nil
	case setfl:
		arg := guest.I32(a[2])
		if arg&^nonblock != 0 {
			return 0, abi.Detailed(abi.EINVAL, "fcntl: F_SETFL knows O_NONBLOCK only, got %#x", arg)
		}
		e.Nonblock = arg&nonblock != 0
		return 0, nil
	}
	return 0, abi.Detailed(abi.EINVAL, "fcntl: command %d is neither F_GETFL nor F_SETFL", guest.I32(a[1]))
}

func granted(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	fd, ok := g.Granted(guest.I32(a[0]))
	if !ok {
		return 0, abi.ENOENT
	}
	return fd, nil
}

func grantedName(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	fd, err := granted(g, m, a)
	if err != nil {
		return 0, err
	}
	e, err := g.FDs.Get(fd, 0)
	if err != nil {
		return 0, err
	}
	return g.Offer([]byte(e.Name))
}

// Adopt makes an entry of a duplicate of f, a socket of any kind.
func Adopt(f *os.File) (*fdtable.Entry, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd netsys.FD
	var dupErr error
	if err := conn.Control(func(raw uintptr) { fd, dupErr = netsys.Dup(netsys.FD(raw)) }); err != nil {
		return nil, err
	}
	if dupErr != nil {
		return nil, dupErr
	}
	e, err := adopt(fd)
	if err != nil {
		return nil, errors.Join(err, netsys.OS.Close(fd))
	}
	return e, nil
}

func adopt(fd netsys.FD) (*fdtable.Entry, error) {
	n := netsys.OS
	if err := n.Adopt(fd); err != nil {
		return nil, err
	}
	family, err := n.Family(fd)
	if err != nil {
		return nil, err
	}
	typ, err := n.Type(fd)
	if err != nil {
		return nil, err
	}
	listening, err := n.IsListening(fd)
	if err != nil {
		return nil, err
	}
	rights := fdtable.Send | fdtable.Recv | fdtable.Shutdown | fdtable.GetOpt | fdtable.SetOpt
	if listening {
		rights = fdtable.Accept | fdtable.Listen | fdtable.GetOpt | fdtable.SetOpt
	}
	k := &sock.Socket{Net: n, FD: fd, Shared: true}
	return &fdtable.Entry{Object: k, Rights: rights, Family: family, Type: typ, Bound: true}, nil
}
