package socket

import (
	"encoding/binary"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
	"github.com/wqjs/wqjs/imports/internal/guest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/netsys"
)

// The form of wq_pollfd in wasm/shim/wqjs.h.
const (
	pollSize = 12
	maxPoll  = 65536
	pollNval = 0x20
	// pollEvents can be waited for; poll(2) passes over other bits.
	pollEvents = netsys.EPOLLIN | netsys.EPOLLPRI | netsys.EPOLLOUT | netsys.EPOLLRDHUP
	// maxReady is how many events one epoll_wait reports: what is left is
	// reported by the next.
	maxReady = 128
)

// pollable is an object whose readiness the kernel knows.
type pollable interface{ SysFD() netsys.FD }

func deadlineOf(timeoutMS int32) time.Time {
	if timeoutMS < 0 {
		return time.Time{}
	}
	return time.Now().Add(time.Duration(timeoutMS) * time.Millisecond)
}

// array is the guest's array of n wq_pollfd.
func array(m guest.Memory, ptr uint64, n int32) ([]byte, error) {
	if n < 0 || n > maxPoll {
		return nil, abi.EINVAL
	}
	return m.Bytes(guest.Ptr(ptr), n*pollSize)
}

func poll(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	n := guest.I32(a[1])
	b, err := array(m, a[0], n)
	if err != nil {
		return 0, err
	}
	fds := make([]loop.Interest, 0, n)
	index := make([]int, 0, n) // of each interest in the guest's array
	invalid := 0
	for i := range int(n) {
		p := b[i*pollSize:]
		fd := int32(binary.LittleEndian.Uint32(p))
		putU32(p[8:], 0)
		if fd < 0 {
			continue // poll(2): a negative fd is skipped
		}
		e, err := g.FDs.Get(fd, 0)
		var o pollable
		if err == nil {
			o, _ = e.Object.(pollable)
		}
		if o == nil {
			putU32(p[8:], pollNval)
			invalid++
			continue
		}
		fds = append(fds, loop.Interest{FD: o.SysFD(), Events: binary.LittleEndian.Uint32(p[4:]) & pollEvents})
		index = append(index, i)
	}
	deadline := deadlineOf(guest.I32(a[2]))
	if invalid > 0 {
		deadline = time.Now() // there is something to report already
	}
	ready, err := g.Loop.WaitFDs(fds, deadline)
	if err != nil {
		return 0, err
	}
	// The guest did not run meanwhile: b is still its memory.
	for i, f := range fds {
		putU32(b[index[i]*pollSize+8:], f.Revents)
	}
	return int32(ready + invalid), nil
}

// epoll is a guest's epoll instance: the kernel's own, with guest fds as tokens.
type epoll struct {
	p   *netsys.Poller
	buf [maxReady]netsys.Event
}

// SysFD lets an epoll instance be polled itself.
func (e *epoll) SysFD() netsys.FD {
	fd, _ := e.p.AsPollFD()
	return fd
}

func (e *epoll) Close() error { return e.p.Close() }

// Unpoll is for sock.Unpoll.
func (e *epoll) Unpoll(fd netsys.FD) { _ = e.p.Del(fd) }

func epollCreate(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	if guest.I32(a[0])&^sockCloexec != 0 {
		return 0, abi.EINVAL
	}
	if g.FDs.Full() {
		return 0, abi.EMFILE
	}
	p, err := netsys.NewPoller()
	if err != nil {
		return 0, err
	}
	return g.FDs.Insert(&fdtable.Entry{Object: &epoll{p: p}})
}

func getEpoll(g *guest.Guest, v uint64) (*epoll, error) {
	e, err := g.FDs.Get(guest.I32(v), 0)
	if err != nil {
		return nil, err
	}
	ep, ok := e.Object.(*epoll)
	if !ok {
		return nil, abi.EINVAL
	}
	return ep, nil
}

func epollCtl(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	const add, del, mod = 1, 2, 3
	ep, err := getEpoll(g, a[0])
	if err != nil {
		return 0, err
	}
	fd := guest.I32(a[2])
	e, err := g.FDs.Get(fd, 0)
	if err != nil {
		return 0, err
	}
	o, ok := e.Object.(pollable)
	if !ok {
		return 0, abi.EPERM
	}
	if o == pollable(ep) {
		return 0, abi.EINVAL // epoll_ctl(2): an instance cannot watch itself
	}
	events := uint32(a[3])
	switch guest.I32(a[1]) {
	case add:
		return 0, ep.p.Add(o.SysFD(), events, uint64(uint32(fd)))
	case mod:
		return 0, ep.p.Mod(o.SysFD(), events, uint64(uint32(fd)))
	case del:
		return 0, ep.p.Del(o.SysFD())
	}
	return 0, abi.EINVAL
}

func epollWait(g *guest.Guest, m guest.Memory, a []uint64) (int32, error) {
	ep, err := getEpoll(g, a[0])
	if err != nil {
		return 0, err
	}
	max := guest.I32(a[2])
	if max < 1 {
		return 0, abi.EINVAL
	}
	b, err := array(m, a[1], max)
	if err != nil {
		return 0, err
	}
	n, err := g.Loop.WaitPoller(ep.p, ep.buf[:min(max, maxReady)], deadlineOf(guest.I32(a[3])))
	if err != nil {
		return 0, err
	}
	for i, ev := range ep.buf[:n] {
		p := b[i*pollSize:]
		putU32(p, uint32(ev.Token))
		putU32(p[4:], 0)
		putU32(p[8:], ev.Events)
	}
	return int32(n), nil
}
