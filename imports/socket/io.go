package socket

import (
	"errors"
	"syscall"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// blocking runs try until it does not say EAGAIN, waiting between for event on
// the socket, unless the fd or this call is non-blocking. timeout is the
// socket's; 0 is none.
func blocking(g *guest.Guest, e *fdtable.Entry, k *sock.Socket, dontwait bool, event uint32, timeout time.Duration, try func() error) error {
	var deadline time.Time
	for futile := 0; ; {
		err := try()
		if err == nil || !errors.Is(err, syscall.EAGAIN) || e.Nonblock || dontwait {
			return err
		}
		switch now := time.Now(); {
		case timeout <= 0:
		case deadline.IsZero():
			deadline = now.Add(timeout)
		case !now.Before(deadline):
			return abi.EAGAIN // a timeout is EAGAIN, as socket(7) says
		}
		if futile > 0 {
			// Ready, and yet EAGAIN: either somebody who shares the socket was
			// faster, or it is a Unix socket whose receiver is full, which is
			// not what poll(2) looks at.
			if err := g.Loop.Sleep(time.Millisecond << min(futile, 5)); err != nil {
				return err
			}
		}
		n, err := g.Loop.WaitFDs([]loop.Interest{{FD: k.FD, Events: event}}, lookUntil(e, event, deadline))
		if err != nil {
			return err
		}
		if n > 0 {
			futile++
		} else {
			futile = 0
		}
	}
}

// lookUntil is when a wait that ends at the deadline (zero is never) looks again
// by itself. poll(2) on Linux tells that a Unix socket can send only when most
// of the sender's buffer is free, long after the receiver has room.
func lookUntil(e *fdtable.Entry, event uint32, deadline time.Time) time.Time {
	if e.Family != netsys.AF_UNIX || event != netsys.EPOLLOUT {
		return deadline
	}
	if soon := time.Now().Add(50 * time.Millisecond); deadline.IsZero() || soon.Before(deadline) {
		return soon
	}
	return deadline
}

const knownFlags = netsys.MSG_PEEK | netsys.MSG_DONTWAIT | netsys.MSG_WAITALL | netsys.MSG_NOSIGNAL

// ioFlags splits the guest's flags into those for the kernel and the host's.
func ioFlags(v uint64) (flags int, dontwait, waitall bool, err error) {
	f := int(guest.I32(v))
	if f&^knownFlags != 0 {
		return 0, false, false, abi.Detailed(abi.EINVAL, "unknown flags %#x: known are MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL and MSG_NOSIGNAL", f&^knownFlags)
	}
	return f & netsys.MSG_PEEK, f&netsys.MSG_DONTWAIT != 0, f&netsys.MSG_WAITALL != 0 && f&netsys.MSG_PEEK == 0, nil
}

func send(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.Send)
	if err != nil {
		return 0, err
	}
	p, err := m.Bytes(guest.Ptr(a[1]), guest.I32(a[2]))
	if err != nil {
		return 0, err
	}
	_, dontwait, _, err := ioFlags(a[3])
	if err != nil {
		return 0, err
	}
	// Straight to the kernel; the closure below is for the sockets that are full.
	n, err := k.Net.Send(k.FD, p, 0)
	if err != nil && errors.Is(err, syscall.EAGAIN) && !e.Nonblock && !dontwait {
		err = blocking(g, e, k, false, netsys.EPOLLOUT, e.SendTimeout, func() (err error) {
			n, err = k.Net.Send(k.FD, p, 0)
			return err
		})
	}
	return int32(n), k.Explain(err)
}

func recv(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.Recv)
	if err != nil {
		return 0, err
	}
	p, err := m.Bytes(guest.Ptr(a[1]), guest.I32(a[2]))
	if err != nil {
		return 0, err
	}
	flags, dontwait, waitall, err := ioFlags(a[3])
	if err != nil {
		return 0, err
	}
	n, err := received(g, k, p, flags)
	if err == nil && (!waitall || n == 0 || n == len(p)) {
		return int32(n), nil
	}
	if err != nil {
		n = 0
		if !errors.Is(err, syscall.EAGAIN) || e.Nonblock || dontwait {
			return 0, err
		}
	}
	return recvWaiting(g, e, k, p, n, flags, dontwait, waitall)
}

// received is one try to receive. The end of a stream that failed is its error.
func received(g *guest.Guest, k *sock.Socket, p []byte, flags int) (int, error) {
	n, err := k.Net.Recv(k.FD, p, flags)
	if n == 0 && err == nil && len(p) > 0 {
		err = k.Failure()
	}
	return n, k.Explain(err)
}

// recvWaiting goes on with a recv that has n bytes and wants to wait for more.
func recvWaiting(g *guest.Guest, e *fdtable.Entry, k *sock.Socket, p []byte, n, flags int, dontwait, waitall bool) (int32, error) {
	timeout, start := e.RecvTimeout, time.Now()
	for {
		var got int
		if timeout > 0 { // of the call, not of each piece
			timeout = max(e.RecvTimeout-time.Since(start), 1)
		}
		err := blocking(g, e, k, dontwait, netsys.EPOLLIN|netsys.EPOLLRDHUP, timeout, func() (err error) {
			got, err = received(g, k, p[n:], flags)
			return err
		})
		if err != nil {
			if n > 0 {
				return int32(n), nil // what came before the error is not lost
			}
			return 0, err
		}
		n += got
		if !waitall || got == 0 || n == len(p) {
			return int32(n), nil
		}
	}
}

func sendto(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.Send|fdtable.Connect)
	if err != nil {
		return 0, err
	}
	p, err := m.Bytes(guest.Ptr(a[1]), guest.I32(a[2]))
	if err != nil {
		return 0, err
	}
	_, dontwait, _, err := ioFlags(a[3])
	if err != nil {
		return 0, err
	}
	addr, err := argAddr(g, m, e, a[4], a[5], a[6], "sendto")
	if err != nil {
		return 0, err
	}
	if err := mayReach(g, e, &addr, true); err != nil {
		return 0, err
	}
	var n int
	err = blocking(g, e, k, dontwait, netsys.EPOLLOUT, e.SendTimeout, func() (err error) {
		n, err = k.Net.SendTo(k.FD, p, 0, addr)
		return err
	})
	return int32(n), err
}

func recvfrom(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.Recv)
	if err != nil {
		return 0, err
	}
	p, err := m.Bytes(guest.Ptr(a[1]), guest.I32(a[2]))
	if err != nil {
		return 0, err
	}
	out, err := m.Bytes(guest.Ptr(a[4]), addrSize)
	if err != nil {
		return 0, err
	}
	flags, dontwait, _, err := ioFlags(a[3])
	if err != nil {
		return 0, err
	}
	var n int
	var from netsys.Addr
	err = blocking(g, e, k, dontwait, netsys.EPOLLIN, e.RecvTimeout, func() (err error) {
		n, from, err = k.Net.RecvFrom(k.FD, p, flags)
		return k.Explain(err)
	})
	if err != nil {
		return 0, err
	}
	if from.Family == 0 {
		from.Family = e.Family
	}
	putAddr(out, from)
	return int32(n), nil
}

func accept(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.Accept)
	if err != nil {
		return 0, err
	}
	out, err := m.Bytes(guest.Ptr(a[1]), addrSize)
	if err != nil {
		return 0, err
	}
	if g.FDs.Full() {
		return 0, abi.EMFILE
	}
	var conn *sock.Socket
	var peer netsys.Addr
	err = blocking(g, e, k, guest.I32(a[2]) != 0, netsys.EPOLLIN, e.RecvTimeout, func() (err error) {
		conn, peer, err = k.Accept()
		return err
	})
	if err != nil {
		return 0, err
	}
	// What may be done with a connection: all, but to start or accept others.
	rights := fdtable.Send | fdtable.Recv | fdtable.Shutdown | e.Rights&(fdtable.GetOpt|fdtable.SetOpt)
	n, err := g.FDs.Insert(&fdtable.Entry{Object: conn, Rights: rights, Family: e.Family, Type: e.Type})
	if err != nil {
		_ = conn.Close()
		return 0, err
	}
	if peer.Family == 0 {
		peer.Family = e.Family
	}
	putAddr(out, peer)
	return n, nil
}

func connect(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	e, k, err := get(g, a[0], fdtable.Connect)
	if err != nil {
		return 0, err
	}
	addr, err := argAddr(g, m, e, a[1], a[2], a[3], "connect")
	if err != nil {
		return 0, err
	}
	if err := mayReach(g, e, &addr, false); err != nil {
		return 0, err
	}
	dontwait := e.Nonblock || guest.I32(a[4]) != 0
	// Only a Unix listener whose queue is full says EAGAIN and means: later.
	once := dontwait || e.Family != netsys.AF_UNIX
	err = blocking(g, e, k, once, netsys.EPOLLOUT, e.SendTimeout, func() error { return k.Net.Connect(k.FD, addr) })
	if dontwait || !errors.Is(err, syscall.EINPROGRESS) {
		return 0, err
	}
	var deadline time.Time
	if e.SendTimeout > 0 {
		deadline = time.Now().Add(e.SendTimeout)
	}
	n, err := g.Loop.WaitFDs([]loop.Interest{{FD: k.FD, Events: netsys.EPOLLOUT}}, deadline)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, abi.ETIMEDOUT
	}
	return 0, soError(g, k)
}

// soError is the socket's pending error, which reading clears.
func soError(g *guest.Guest, k *sock.Socket) error {
	n, err := k.Net.GetsockoptInt(k.FD, netsys.SOL_SOCKET, netsys.SO_ERROR)
	if err != nil {
		return err
	}
	if n != 0 {
		return syscall.Errno(n)
	}
	return nil
}

type call = func(*guest.Guest, guest.Memory, []uint64) (int32, error)

// sending counts the bytes that f sends.
func sending(f call) call {
	return func(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
		n, err := f(g, m, a)
		g.BytesOut.Add(uint64(max(n, 0)))
		return n, err
	}
}

// receiving counts the bytes that f receives.
func receiving(f call) call {
	return func(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
		n, err := f(g, m, a)
		g.BytesIn.Add(uint64(max(n, 0)))
		return n, err
	}
}
