package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestChatApp is examples/chat with a client in a sandbox in place of the page.
func TestChatApp(t *testing.T) {
	addr := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	_, port, _ := strings.Cut(addr, ":")
	p := start(t, "--allow-listen="+addr, "--allow-read="+examples+"chat", examples+"chat/app.js", port)
	if l := p.line(); !strings.Contains(l, addr) {
		t.Fatalf("first line %q does not name %s", l, addr)
	}
	client := &http.Client{Timeout: 30 * time.Second}
	for path, part := range map[string]string{"/": "<title>wqjs chat</title>", "/chat.js": "new WebSocket", "/chat.css": "grid"} {
		res, err := client.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), part) {
			t.Errorf("%s: %s, %.80q, %v", path, res.Status, body, err)
		}
	}

	events, err := client.Get("http://" + addr + "/rooms/a%20b/members")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	lines := bufio.NewScanner(events.Body)
	members := func(want string) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if data != want {
					t.Errorf("members %s, want %s", data, want)
				}
				return
			}
		}
		t.Error("the events ended:", lines.Err())
	}
	members(`[]`)
	const code = `
		const url = 'ws://127.0.0.1:' + scriptArgs[1] + '/rooms/a%20b?name=';
		const ada = new WebSocket(url + 'Ada');
		const messages = [];
		ada.onopen = () => ada.send('first');
		ada.onmessage = ({ data }) => {
			messages.push(JSON.parse(data));
			if (messages.length === 2) return ada.close();
			const bob = new WebSocket(url + 'Bob');
			bob.onmessage = () => { // the history
				bob.onmessage = null;
				bob.send('second');
			};
			ada.onclose = () => bob.close();
		};
		await new Promise((done) => ada.addEventListener('close', done));
		console.log(messages.map((m) => m.name + ': ' + m.text).join(', '));`
	out, stderr, exit := run(t, "--allow-connect="+addr, "-e", code, port)
	if exit != 0 || out != "Ada: first, Bob: second\n" {
		t.Errorf("code %d, printed %q, %q", exit, out, stderr)
	}
	members(`["Ada"]`)
	members(`["Ada","Bob"]`)
	members(`["Bob"]`)
	members(`[]`)
}
