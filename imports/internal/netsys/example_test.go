//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package netsys_test

import (
	"fmt"
	"time"

	"github.com/wqjs/wqjs/imports/internal/netsys"
)

func Example() {
	pair, err := netsys.OS.SocketPair(netsys.AF_UNIX, netsys.SOCK_STREAM, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer netsys.OS.Close(pair[0])
	defer netsys.OS.Close(pair[1])

	p, err := netsys.NewPoller()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()
	p.Add(pair[0], netsys.EPOLLIN|netsys.EPOLLET, 42)
	netsys.OS.Send(pair[1], []byte("hello"), 0)

	var events [8]netsys.Event
	n, err := p.Wait(events[:], time.Now().Add(time.Second))
	for _, ev := range events[:n] {
		buf := make([]byte, 16)
		n, err := netsys.OS.Recv(pair[0], buf, 0)
		fmt.Println(ev.Token, string(buf[:n]), err)
	}
	_, again := netsys.OS.Recv(pair[0], make([]byte, 16), 0)
	fmt.Println(err, again)
	// Output:
	// 42 hello <nil>
	// <nil> resource temporarily unavailable
}
