//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package netsys

import (
	"syscall"
	"time"
)

// osNet is the Net of systems without one: syscall.ENOTSUP throughout.
type osNet struct{}

func (osNet) Socket(int, int, int) (FD, error)            { return -1, syscall.ENOTSUP }
func (osNet) SocketPair(int, int, int) ([2]FD, error)     { return [2]FD{-1, -1}, syscall.ENOTSUP }
func (osNet) Bind(FD, Addr) error                         { return syscall.ENOTSUP }
func (osNet) Listen(FD, int) error                        { return syscall.ENOTSUP }
func (osNet) Accept(FD) (FD, Addr, error)                 { return -1, Addr{}, syscall.ENOTSUP }
func (osNet) Connect(FD, Addr) error                      { return syscall.ENOTSUP }
func (osNet) Send(FD, []byte, int) (int, error)           { return 0, syscall.ENOTSUP }
func (osNet) Recv(FD, []byte, int) (int, error)           { return 0, syscall.ENOTSUP }
func (osNet) SendTo(FD, []byte, int, Addr) (int, error)   { return 0, syscall.ENOTSUP }
func (osNet) RecvFrom(FD, []byte, int) (int, Addr, error) { return 0, Addr{}, syscall.ENOTSUP }
func (osNet) Shutdown(FD, int) error                      { return syscall.ENOTSUP }
func (osNet) Close(FD) error                              { return syscall.ENOTSUP }
func (osNet) SetsockoptInt(FD, int, int, int) error       { return syscall.ENOTSUP }
func (osNet) GetsockoptInt(FD, int, int) (int, error)     { return 0, syscall.ENOTSUP }
func (osNet) SetLinger(FD, bool, int) error               { return syscall.ENOTSUP }
func (osNet) Linger(FD) (bool, int, error)                { return false, 0, syscall.ENOTSUP }
func (osNet) LocalAddr(FD) (Addr, error)                  { return Addr{}, syscall.ENOTSUP }
func (osNet) PeerAddr(FD) (Addr, error)                   { return Addr{}, syscall.ENOTSUP }
func (osNet) Type(FD) (int, error)                        { return 0, syscall.ENOTSUP }
func (osNet) Family(FD) (int, error)                      { return 0, syscall.ENOTSUP }
func (osNet) IsListening(FD) (bool, error)                { return false, syscall.ENOTSUP }
func (osNet) Adopt(FD) error                              { return syscall.ENOTSUP }

func poll([]PollFD, time.Duration) (int, error) { return 0, syscall.ENOTSUP }

type poller struct{}

func (*poller) open() error                          { return syscall.ENOTSUP }
func (*poller) add(FD, uint32, uint64) error         { return syscall.ENOTSUP }
func (*poller) mod(FD, uint32, uint64) error         { return syscall.ENOTSUP }
func (*poller) del(FD) error                         { return syscall.ENOTSUP }
func (*poller) wait([]Event, time.Time) (int, error) { return 0, syscall.ENOTSUP }
func (*poller) tryWait([]Event) (int, error)         { return 0, syscall.ENOTSUP }
func (*poller) wake()                                {}
func (*poller) close() error                         { return syscall.ENOTSUP }
func (*poller) asPollFD() (FD, bool)                 { return -1, false }
