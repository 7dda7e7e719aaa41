//go:build unix

package imports_test

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/wqjs/wqjs/imports/internal/guesttest"
	"github.com/wqjs/wqjs/imports/internal/loop"
	"github.com/wqjs/wqjs/imports/internal/netsys"
	"github.com/wqjs/wqjs/imports/internal/policy"
)

// interesting are the values that a byte of the fuzzer's input can stand for.
var interesting = []uint32{
	1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 0, 1, 2, 3, 4, 5, 8, 10, 12, 16, 64, 128,
	256, 512, 768, 1024, 4096, 0x800 | 1, 0x800 | 2, 0x40, 0x2, 0x100, 0x4000, 0x40000001, 0x80000005, 0x2001, 0x4000000f,
	guesttest.MemorySize - 128, guesttest.MemorySize - 1, guesttest.MemorySize, 65536, 6, 9, 13, 17, 20, 21, 41, 58,
	math.MaxUint32, math.MaxInt32, 1 << 31, 1280,
}

// image is the memory that a run starts with: addresses, names, an array for
// poll and what else a call may be pointed at.
func image(dir string) []byte {
	b := make([]byte, guesttest.MemorySize)
	copy(b[256:], "127.0.0.1")
	copy(b[512:], "::1")
	copy(b[768:], dir+"/socket")
	copy(b[1024:], "a.test")
	copy(b[1280:], "gzip")
	for i := range uint32(8) {
		p := b[4096+12*i:]
		binary.LittleEndian.PutUint32(p, 1000+i)
		binary.LittleEndian.PutUint32(p[4:], 1<<i|1)
	}
	return b
}

// FuzzHostCalls is a hostile guest: it calls any functions with any arguments.
// Nothing may panic, hang, or grow beyond its limit, and in the end everything
// is closed. No call gets beyond this process: what would connect or send to an
// address fails below the policy.
func FuzzHostCalls(f *testing.F) {
	const (
		maxFDs, maxTimers, maxLookups = 7, 5, 4
		typed                         = 0xff // four bytes of the input follow, instead of an interesting value
	)
	at := func(v uint32) byte {
		for i, x := range interesting {
			if x == v {
				return byte(i)
			}
		}
		f.Fatalf("%d is not interesting", v)
		return 0
	}
	all := funcs()
	fn := func(name string) byte {
		for i := range all {
			if all[i].Name == name {
				return byte(i)
			}
		}
		f.Fatalf("no function %s", name)
		return 0
	}
	f.Add([]byte{fn("socketpair"), at(1), at(1), at(0), at(16), fn("watch"), at(1000), fn("send"), at(1001), at(256), at(9), at(0), fn("recv"), at(1000), at(0), at(64), at(0), fn("close"), at(1000)})
	f.Add([]byte{fn("socket"), at(2), at(1), at(0), fn("bind"), at(1000), at(256), at(9), at(0), fn("listen"), at(1000), at(5), fn("accept"), at(1000), at(1024), at(0), fn("poll"), at(4096), at(8), at(10)})
	f.Add([]byte{fn("epoll_create1"), at(0), fn("epoll_create1"), at(0), fn("epoll_ctl"), at(1000), at(1), at(1001), at(5), fn("epoll_wait"), at(1000), at(4096), at(8), at(3), fn("close"), at(1001)})
	f.Add([]byte{fn("socket"), at(10), at(2), at(17), fn("sendto"), at(1000), at(0), at(4), at(0), at(512), at(3), typed, 1, 0, 0, 0, fn("recvfrom"), at(1000), at(0), at(4), at(64), at(128)})
	f.Add([]byte{fn("lookup_start"), at(1), at(1024), at(6), at(0), fn("lookup_start"), at(1), at(512), at(3), at(10), fn("lookup_result"), at(1), fn("take"), at(0), at(64), fn("detail"), at(0), at(64)})
	f.Add([]byte{fn("timer_start"), at(1), at(2), at(1), fn("timer_start"), at(1), at(0), at(0), fn("timer_ref"), at(1), at(0), fn("timer_stop"), at(1)})

	f.Add([]byte{fn("encoder_open"), at(1280), at(4), at(1), fn("encoder_write"), at(1), at(0), at(64), at(2), fn("take"), at(0), at(64), fn("decode"), at(1280), at(4), at(0), at(64), at(4096)})
	f.Add([]byte{fn("call"), at(1), at(0), at(256), at(9), at(64), fn("start"), at(1), fn("lookup_result"), at(1), fn("result"), at(1), at(0), at(64), fn("handshake_result"), at(1)})
	f.Add([]byte{fn("socketpair"), at(1), at(1), at(0), at(16), fn("context"), at(0), at(0), fn("wrap"), at(1000), at(1002), at(1024), at(6), fn("handshake"), at(1000), fn("handshake_start"), at(1), at(1000), fn("info"), at(1000), fn("close"), at(1000), fn("handshake_result"), at(1)})

	dir, err := os.MkdirTemp("", "f")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { os.RemoveAll(dir) })
	start := image(dir)
	memory := guesttest.NewMemory(f)
	stop := errors.New("stop")
	rules := policy.Config{
		Listen: []string{"127.0.0.1:0"}, UDP: []string{"127.0.0.1", "[::1]"}, Connect: []string{"127.0.0.1", "[::1]"},
		Resolve: []string{"*.test"}, Unix: []string{dir + "/"},
	}
	inside := netsys.Fault{Net: netsys.OS, Hook: func(op string, _ netsys.FD, _ int) (error, int) {
		if op == "connect" || op == "sendto" {
			return syscall.ECONNREFUSED, 0
		}
		return nil, 0
	}}
	f.Fuzz(func(t *testing.T, input []byte) {
		before := guesttest.OpenFDs()
		if !memory.Write(0, start) {
			t.Fatal("the memory is smaller than its image")
		}
		g := allGuest(t, guesttest.Config{
			Rules: rules, Net: inside, Memory: memory,
			MaxFDs: maxFDs, MaxLookups: maxLookups, Loop: loop.Config{MaxTimers: maxTimers, MaxOps: 3},
		})
		for range 64 {
			if len(input) == 0 {
				break
			}
			call := all[int(input[0])%len(all)]
			input = input[1:]
			args := make([]any, len(call.Params))
			for i := range args {
				v := uint32(0)
				if len(input) > 0 {
					b := input[0]
					input = input[1:]
					if v = interesting[int(b)%len(interesting)]; b == typed && len(input) >= 4 {
						v = binary.LittleEndian.Uint32(input)
						input = input[4:]
					}
				}
				args[i] = v
				if call.Params[i] == 'F' {
					args[i] = float64(math.Float32frombits(v))
				}
			}
			timer := time.AfterFunc(time.Millisecond, func() { g.Loop.Interrupt(stop) })
			n, err := g.Try(call.Name, args...)
			timer.Stop()
			if g.FDs.Len() > maxFDs || g.Lookups > maxLookups {
				t.Fatalf("%s%v = %d, %v with %d fds and %d lookups", call.Name, args, n, err, g.FDs.Len(), g.Lookups)
			}
			if err != nil && len(err.Error()) > 4096 {
				t.Fatalf("%s%v: an error of %d bytes", call.Name, args, len(err.Error()))
			}
			g.Loop.Resume()
			if call.Name == "timer_start" || call.Name == "lookup_start" || call.Name == "watch" {
				timer := time.AfterFunc(time.Millisecond, func() { g.Loop.Interrupt(stop) })
				events, err := g.Loop.Next(make([]loop.Event, 0, 8))
				timer.Stop()
				if err != nil && err != stop || len(events) > 8 {
					t.Fatalf("Next: %+v, %v", events, err)
				}
				g.Loop.Resume()
			}
		}
		if n := g.Queue.Used(); n > 1<<20 {
			t.Fatalf("%d bytes wait", n)
		}
		if err := g.Loop.Close(); err != nil {
			t.Fatal(err)
		}
		if err := g.FDs.CloseAll(); err != nil {
			t.Fatal(err)
		}
		after := guesttest.OpenFDs()
		for end := time.Now().Add(10 * time.Second); after > before; after = guesttest.OpenFDs() { // of streams
			if time.Now().After(end) {
				t.Fatalf("%d descriptors became %d", before, after)
			}
			time.Sleep(100 * time.Microsecond)
		}
		os.Remove(dir + "/socket")
	})
}
