package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lesson is a script to learn the policy of.
type lesson struct {
	name string
	args []string // the script and its arguments
	// drive makes a server do its work; nil: the script ends by itself.
	drive func() error
}

// do runs the script under flags, to its end.
func (l *lesson) do(t *testing.T, flags ...string) (driven error, stderr string) {
	t.Helper()
	p := start(t, append(flags, l.args...)...)
	if l.drive != nil {
		select {
		case _, ok := <-p.lines: // it listens
			if ok {
				driven = l.drive()
			} else {
				driven = io.ErrUnexpectedEOF
			}
		case <-time.After(30 * time.Second):
			t.Fatal("no output")
		}
		p.cmd.Process.Signal(syscall.SIGTERM)
	}
	if err := p.wait(); err != nil && driven == nil && l.drive == nil {
		driven = err
	}
	return driven, p.errs.String()
}

func fetchPage(url, want string) error {
	res, err := (&http.Client{Timeout: 30 * time.Second}).Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && !strings.Contains(string(body), want) {
		err = fmt.Errorf("%s: %d %q", url, res.StatusCode, body)
	}
	return err
}

// TestLearnedPolicy: what was learned of a run with everything allowed lets it
// run again, and without any one entry something is refused that the entry names.
func TestLearnedPolicy(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("WQJS_LESSON", "env")
	script := filepath.Join(dir, "app", "files.js")
	for name, text := range map[string]string{
		"in.txt": "in", "list/a.txt": "a", "lib.js": "export const lib = 'lib'",
		"app/files.js": `
			import { lib } from '../lib.js';
			import { readdir } from 'os';
			import { getenv, loadFile, writeFile } from 'std';
			const [names] = readdir('list');
			writeFile('out/made.txt', 'made');
			const all = [lib, getenv('WQJS_LESSON'), loadFile('in.txt'), names.length, loadFile('nothing')];
			if (all.join() !== 'lib,env,in,3,') throw new Error(all.join());`,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	source, err := filepath.Abs(examples)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir) // relative paths in policy files are those of their folder

	port := strconv.Itoa(freePort(t))
	socket := filepath.Join(dir, "echo.sock")
	lessons := []lesson{
		{name: "files", args: []string{script}},
		{name: "http-server", args: []string{filepath.Join(source, "http-server.js"), port}, drive: func() error {
			if err := fetchPage("http://127.0.0.1:"+port+"/", "Hello"); err != nil {
				return err
			}
			return fetchPage("http://127.0.0.1:"+port+"/source", "createServer")
		}},
		{name: "unix-echo", args: []string{filepath.Join(source, "unix-echo.js"), socket}, drive: func() error {
			c, err := net.Dial("unix", socket)
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = fmt.Fprint(c, "x")
			return err
		}},
	}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		l.Close()
		lessons = append(lessons, lesson{name: "ipv6", args: []string{filepath.Join(source, "ipv6.js")}})
	}
	for _, l := range lessons {
		t.Run(l.name, func(t *testing.T) {
			file := filepath.Join(dir, l.name+".json")
			os.Remove(filepath.Join(dir, "out", "made.txt"))
			if err, stderr := l.do(t, "-A", "--learn", file); err != nil {
				t.Fatal(err, stderr)
			} else if l.name == "files" && !strings.Contains(stderr, `as it did not exist: "`+filepath.Join(dir, "nothing")) {
				t.Errorf("stderr %q does not name what is missing", stderr)
			}
			os.Remove(socket)
			os.Remove(filepath.Join(dir, "out", "made.txt"))
			if err, stderr := l.do(t, "--policy", file); err != nil {
				t.Fatal(err, stderr)
			}
			less(t, l, file)
		})
	}
}

// less takes away each entry of a policy file.
func less(t *testing.T, l lesson, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var policy map[string]any
	if err := json.Unmarshal(text, &policy); err != nil {
		t.Fatal(err)
	}
	without, learned := filepath.Join(filepath.Dir(file), "less.json"), filepath.Join(filepath.Dir(file), "learned.json")
	entries := 0
	for field, rules := range policy {
		list, ok := rules.([]any)
		if !ok {
			continue // $schema
		}
		for i, rule := range list {
			entries++
			rest := append(append([]any{}, list[:i]...), list[i+1:]...)
			policy[field] = rest
			text, err := json.Marshal(policy)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(without, text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, stderr := l.do(t, "--policy", without, "--learn", learned)
			flag := "--allow-" + field
			name := strings.TrimPrefix(rule.(string), "./")
			if !strings.Contains(stderr, flag+"=") || !strings.Contains(stderr, name) || !strings.Contains(stderr, "denied") {
				t.Errorf("without %s %q stderr is %q", field, rule, stderr)
			}
		}
		policy[field] = list
	}
	if entries == 0 {
		t.Errorf("nothing was learned: %s", text)
	}
	t.Logf("%d entries", entries)
}

// TestPolicyFlag: mistakes in the file are found before anything runs.
func TestPolicyFlag(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.json")
	for text, want := range map[string]string{
		"{\n  \"conect\": []\n}":      file + `:2:3: unknown field "conect"`,
		`{"connect": ["127.1:80"]}`:   file + `:1:14: connect: "127.1:80": 127.1 is not an IPv4 address`,
		`{"read": ["does/not/exist"]`: file + `:1:28: the file ends too early`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, stderr, code := run(t, "--policy", file, "-e", "print(1)"); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("code %d, %q, want %q", code, stderr, want)
		}
	}
	if err := os.WriteFile(file, []byte(`{"env": ["WQJS_A"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("WQJS_A", "a")
	t.Setenv("WQJS_B", "b")
	out, stderr, code := run(t, "--policy", file, "--allow-env=WQJS_B", "-e", "import { getenv as e } from 'std'; print(e('WQJS_A'), e('WQJS_B'))")
	if out != "a b\n" || code != 0 {
		t.Errorf("code %d, %q %q", code, out, stderr)
	}
	for _, args := range [][]string{{"--policy", file + "x"}, {"--learn", filepath.Join(file, "x")}, {"--learn="}} {
		if _, stderr, code := run(t, append(args, "-e", "1")...); code != 2 || !strings.Contains(stderr, args[0][:7]) {
			t.Errorf("%v: code %d, %q", args, code, stderr)
		}
	}
}
