package tests

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// wsServer echoes messages; it compresses nothing that is short.
const wsServer = `
import { createServer } from 'wqjs:http';
import { WebSocketServer } from 'wqjs:ws';
const server = createServer();
const wss = new WebSocketServer({ server, perMessageDeflate: true, maxPayload: 20000, closeTimeout: 1000 });
wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
server.listen({ host: '127.0.0.1', port: 0 }, () => print(server.address().port));`

const wsRequest = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

// wsFrame is a client's frame; its mask is not zero.
func wsFrame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

// wsTalk sends the pieces after a handshake, ends its side, and gives the bytes
// after the answer's head.
func wsTalk(t *testing.T, addr string, pieces ...[]byte) []byte {
	t.Helper()
	b := talk(t, addr, append([][]byte{[]byte(wsRequest)}, pieces...)...)
	head, rest, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok || !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		t.Fatalf("no handshake: %q", b)
	}
	return rest
}

// wsRead takes a server's frames apart: "opcode:payload", and for a close frame
// its code. Whatever the client did, they are right.
func wsRead(t *testing.T, b []byte) (frames []string) {
	t.Helper()
	for len(b) > 0 {
		if len(b) < 2 || b[1] >= 0x80 {
			t.Fatalf("wrong frame %q", b)
		}
		first, n, at := b[0], int(b[1]), 2
		if n == 126 && len(b) >= 4 {
			n, at = int(binary.BigEndian.Uint16(b[2:])), 4
		} else if n == 127 {
			t.Fatalf("a frame longer than maxPayload: %q", b[:2])
		}
		if len(b) < at+n {
			t.Fatalf("a frame that is cut: %q", b)
		}
		payload := b[at : at+n]
		b = b[at+n:]
		switch op := first & 15; {
		case first&0xb0 != 0x80 || (op > 2 && op < 8) || op > 10:
			t.Fatalf("first byte %#x", first)
		case op == 8:
			if len(b) > 0 {
				t.Fatalf("%q after the close frame", b)
			}
			if n == 1 || (n > 1 && !utf8.Valid(payload[2:])) {
				t.Fatalf("close frame %q", payload)
			}
			code := 1005
			if n > 1 {
				code = int(binary.BigEndian.Uint16(payload))
			}
			frames = append(frames, fmt.Sprint("close ", code))
		case op == 1 && first&0x40 == 0 && !utf8.Valid(payload):
			t.Fatalf("text %q", payload)
		case op == 10:
			// Of several pings in a row only the last need be answered.
			if k := len(frames) - 1; k >= 0 && strings.HasPrefix(frames[k], "pong") {
				frames = frames[:k]
			}
			frames = append(frames, "pong")
		default:
			frames = append(frames, fmt.Sprintf("%d:%s", op, payload))
		}
	}
	return frames
}

// withoutPongs leaves out what depends on how fast pings come.
func withoutPongs(frames []string) string {
	var kept []string
	for _, f := range frames {
		if f != "pong" {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, "\n")
}

// FuzzWebSocket sends bytes in one piece and in three: the messages and the
// close code are the same, and the server serves on.
func FuzzWebSocket(f *testing.F) {
	hello := []byte("hello")
	for _, frames := range [][][]byte{
		{wsFrame(0x81, hello), wsFrame(0x88, []byte{3, 232})},
		{wsFrame(0x01, []byte("\xe2")), wsFrame(0x89, hello), wsFrame(0x80, []byte("\x82\xac")), wsFrame(0x88, nil)},
		{wsFrame(0xc1, []byte("\xf2\x48\xcd\xc9\xc9\x07\x00")), wsFrame(0x88, []byte{3, 233, 'x'})},
		{wsFrame(0x82, bytes.Repeat(hello, 100)), wsFrame(0x82, bytes.Repeat(hello, 5000))},
		{wsFrame(0x81, []byte("\xc0\xaf"))}, {wsFrame(0x88, []byte{0})}, {wsFrame(0x83, nil)}, {{0x81, 0x05}},
		{{0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5}}, {{0x82, 0xfe, 0xff, 0xff, 1, 2, 3, 4, 5}},
	} {
		data := bytes.Join(frames, nil)
		f.Add(data, uint16(1), uint16(len(data)/2))
	}
	addr := startServer(f, wsServer)
	f.Fuzz(func(t *testing.T, data []byte, a, b uint16) {
		if len(data) > 16<<10 {
			return
		}
		i := min(int(a), len(data))
		j := i + min(int(b), len(data)-i)
		whole := withoutPongs(wsRead(t, wsTalk(t, addr, data)))
		pieces := withoutPongs(wsRead(t, wsTalk(t, addr, data[:i], data[i:j], data[j:])))
		if whole != pieces {
			t.Fatalf("%q in one piece: %q, cut at %d and %d: %q", data, whole, i, j, pieces)
		}
	})
}

// TestWebSocketHostile has peers that promise much, say nothing, or leave.
func TestWebSocketHostile(t *testing.T) {
	addr := startServer(t, wsServer)
	for i := range 60 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprint(c, wsRequest)
		switch i % 4 {
		case 0: // a message that never comes; memory must not follow the promise
			c.Write([]byte{0x82, 0xfe, 0x4e, 0x20, 1, 2, 3, 4, 5})
		case 1: // a reset in the middle of a frame
			c.Write([]byte{0x82, 0x85, 1, 2})
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		case 2: // many empty fragments of one message
			c.Write(wsFrame(0x01, nil))
			c.Write(bytes.Repeat(wsFrame(0x00, nil), 2000))
		case 3: // a bad frame, and then it goes on sending
			c.Write([]byte{0xf0, 0})
			c.Write(make([]byte, 100_000))
			io.Copy(io.Discard, c) // until the server hangs up
		}
	}
	got := wsRead(t, wsTalk(t, addr, wsFrame(0x81, []byte("still there?")), wsFrame(0x88, []byte{3, 232})))
	if want := []string{"1:still there?", "close 1000"}; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q", got, want)
	}
}
