package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	if os.Getenv("WQJS_TEST_COMMAND") != "" { // a process that is the command: replayed
		os.Exit(doMain(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	flag.Parse()
	dir, err := os.MkdirTemp("", "wqjs-cli")
	if err != nil {
		panic(err)
	}
	os.Setenv("WQJS_CACHE", filepath.Join(dir, "cache"))
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// cli runs the command as a function.
func cli(stdin string, args ...string) (stdout, stderr string, code int) {
	var out, errs strings.Builder
	code = doMain(args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

func TestHelpAndVersion(t *testing.T) {
	for _, arg := range []string{"help", "-h", "--help"} {
		out, errs, code := cli("", arg)
		if out != usage || errs != "" || code != exitOK {
			t.Errorf("%s: code %d, stderr %q", arg, code, errs)
		}
	}
	if _, errs, code := cli(""); errs != usage || code != exitUsage {
		t.Errorf("without arguments: code %d", code)
	}
	for _, arg := range []string{"version", "-v", "--version"} {
		out, _, code := cli("", arg)
		if ok, _ := regexp.MatchString(`^wqjs \S+ \(QuickJS-NG 0\.17\.0, go\S+ \w+/\w+\)\n$`, out); !ok || code != exitOK {
			t.Errorf("%s printed %q, code %d", arg, out, code)
		}
	}
	for name := range flags {
		if !strings.Contains(usage, name) {
			t.Errorf("help does not name %s", name)
		}
	}
}

// TestUsageErrors: each message names the flag, the value and what is wrong.
func TestUsageErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args string
		want []string
	}{
		{"--nope x.js", []string{"unknown flag --nope"}},
		{"run", []string{"no script given"}},
		{"--", []string{"no script given"}},
		{"-e", []string{"-e needs the code"}},
		{"--memory", []string{"--memory needs a value"}},
		{"--memory lots x.js", []string{"--memory=lots", "64m"}},
		{"--memory 99999999999999999999g x.js", []string{"--memory"}},
		{"--memory 18446744073709551615g x.js", []string{"--memory"}},
		{"--memory 1k -e 1", []string{"Memory is 1024 bytes", "must be from"}},
		{"--memory 8g -e 1", []string{"Memory", "must be"}},
		{"--stack 1 -e 1", []string{"Stack is 1 bytes"}},
		{"--stack 1g -e 1", []string{"Stack", "must be"}},
		{"--timeout soon x.js", []string{"--timeout=soon", "500ms"}},
		{"--timeout -1s x.js", []string{"--timeout=-1s"}},
		{"--timeout 0 x.js", []string{"--timeout=0"}},
		{"--cpu-time x y.js", []string{"--cpu-time=x"}},
		{"--cpu-profile= -e 1", []string{"--cpu-profile=", "want a file"}},
		{"--cpu-profile " + dir + "/no/where -e 1", []string{"--cpu-profile", "no such file"}},
		{"--record= -e 1", []string{"--record=", "want a file"}},
		{"--record " + dir + "/no/where -e 1", []string{"--record", "no such file"}},
		{"--record-limit 1m -e 1", []string{"--record-limit is of no use without --record"}},
		{"serve --record x x.js", []string{"add --workers 1"}},
		{"serve --record x --workers 2 x.js", []string{"add --workers 1"}},
		{"serve --record x --workers 1 --watch x.js", []string{"leave out --watch"}},
		{"replay", []string{"replay needs the file of a recording"}},
		{"replay --what x", []string{"replay needs the file of a recording"}},
		{"replay a b c", []string{"replay needs the file of a recording"}},
		{"replay " + dir + "/nowhere", []string{"cannot read the recording", "no such file"}},
		{"--max-fds 0 x.js", []string{"--max-fds=0", "positive"}},
		{"--max-fds many x.js", []string{"--max-fds=many"}},
		{"--allow-raw=yes x.js", []string{"--allow-raw takes no value", "yes"}},
		{"--allow-all=1 x.js", []string{"--allow-all takes no value"}},
		{"--allow-listen= -e 1", []string{"--allow-listen", "empty"}},
		{"--allow-listen=127.0.0.1:99999 -e 1", []string{"--allow-listen=127.0.0.1:99999", "99999"}},
		{"--allow-listen=127.0.0.1:80,:x -e 1", []string{"--allow-listen=:x"}},
		{"--allow-connect=010.0.0.1:80 -e 1", []string{"--allow-connect=010.0.0.1:80"}},
		{"--allow-connect=10.0.0.0/33 -e 1", []string{"--allow-connect=10.0.0.0/33"}},
		{"--allow-connect=::1:80 -e 1", []string{"--allow-connect=::1:80", "needs brackets"}},
		{"--allow-resolve=a..b -e 1", []string{"--allow-resolve=a..b"}},
		{"--allow-udp=x:-1 -e 1", []string{"--allow-udp=x:-1"}},
		{"--allow-read=" + dir + "/nowhere -e 1", []string{"nowhere", "no such file"}},
		{"--listen 300.0.0.1:80 -e 1", []string{"--listen 300.0.0.1:80"}},
		{dir + "/nowhere.js", []string{"nowhere.js", "no such file"}},
		{dir, []string{"it is a folder"}},
		{"cache what", []string{"cache what", "path, clear or warm"}},
		{"cache path clear", []string{"one argument"}},
	} {
		out, errs, code := cli("", strings.Fields(c.args)...)
		if code != exitUsage || out != "" {
			t.Errorf("%s: code %d, printed %q", c.args, code, out)
		}
		checkMessage(t, c.args, errs)
		for _, w := range c.want {
			if !strings.Contains(errs, w) {
				t.Errorf("%s: %q does not say %q", c.args, errs, w)
			}
		}
	}
}

// checkMessage: readable, and never a stack trace of Go.
func checkMessage(t *testing.T, what, errs string) {
	t.Helper()
	if !strings.HasPrefix(errs, "wqjs: ") && !strings.Contains(errs, "Uncaught ") {
		t.Errorf("%s: no message: %q", what, errs)
	}
	for _, bad := range []string{"goroutine ", "panic", ".go:", "0x"} {
		if strings.Contains(errs, bad) {
			t.Errorf("%s: %q shows the inside", what, errs)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string
		errs string // a part of stderr
	}{
		{"ok", []string{"-e", "print(1 + 1)"}, exitOK, "2\n", ""},
		{"run", []string{"run", "-e", "print(scriptArgs.slice(1).join())", "a", "--b"}, exitOK, "a,--b\n", ""},
		{"throw", []string{"-e", "\nthrow new RangeError('no')"}, exitError, "", "[eval]:2:11: Uncaught RangeError: no\n"},
		{"throw a value", []string{"-e", "throw {a: [1]}"}, exitError, "", "Uncaught { a: [ 1 ] }\n"},
		{"throw null", []string{"-e", "throw null"}, exitError, "", "Uncaught null\n"},
		{"cause", []string{"-e", "throw new Error('a', {cause: new TypeError('b')})"}, exitError, "", "[cause]: TypeError: b"},
		{"syntax", []string{"-e", "let a = ;"}, exitError, "", "[eval]:1:9: Uncaught SyntaxError"},
		{"rejection", []string{"-e", "Promise.reject(new Error('r'))"}, exitError, "", "Uncaught (in promise) Error: r"},
		{"timer", []string{"-e", "setTimeout(() => { throw new Error('t') }, 1); setTimeout(() => print('late'), 500)"}, exitError, "", "Uncaught Error: t"},
		{"exit", []string{"-e", "import * as std from 'std'; std.exit(7); print('on')"}, 7, "", ""},
		{"exit in a timer", []string{"-e", "import * as std from 'std'; setTimeout(() => std.exit(9), 1)"}, 9, "", ""},
		{"exit cannot be caught", []string{"-e", "import * as std from 'std'; try { std.exit(3) } catch { print('caught') }"}, 3, "", ""},
		{"unsettled", []string{"-e", "await new Promise(() => {})"}, exitUnsettled, "", "top-level await never settles"},
		{"timeout", []string{"--timeout", "50ms", "-e", "await new Promise(r => setTimeout(r, 1e6))"}, exitLimit, "", "time limit of 50ms reached (--timeout)"},
		{"timeout while busy", []string{"--timeout", "50ms", "-e", "for (;;);"}, exitLimit, "", "--timeout"},
		{"cpu", []string{"--cpu-time=50ms", "-e", "for (;;);"}, exitLimit, "", "CPU time limit reached (--cpu-time)"},
		{"memory", []string{"--memory", "8m", "-e", "const a = []; for (;;) a.push('x'.repeat(1e4) + a.length)"}, exitError, "", "out of memory"},
		{"stack", []string{"--stack", "64k", "-e", "(function f() { f() })()"}, exitError, "", "RangeError: Maximum call stack size exceeded"},
		{"fds", []string{"--max-fds", "2", "-e", "import s from 'wqjs:sockets'; for (;;) s.socketpair(1, 1, 0)"}, exitError, "", "EMFILE"},
		{"bare import", []string{"-e", "import 'lodash'"}, exitError, "", `[eval]:1:8`},
		{"missing import", []string{"-e", "import './nowhere.js'"}, exitError, "", "nowhere.js does not exist"},
		{"network import", []string{"-e", "import 'https://example.com/x.js'"}, exitError, "", "no loading over the network"},
		{"internal import", []string{"-e", "import 'wqjs:internal/native'"}, exitError, "", "no such library module"},
		{"stderr", []string{"-e", "console.error('e')"}, exitOK, "", "e\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := cli("", c.args...)
			if code != c.code || out != c.out || !strings.Contains(errs, c.errs) || c.errs == "" && errs != "" {
				t.Errorf("code %d, want %d; printed %q, want %q; stderr %q, want a part %q", code, c.code, out, c.out, errs, c.errs)
			}
			if code != exitOK && code != 7 && code != 9 && code != 3 {
				checkMessage(t, c.name, errs)
			}
		})
	}
}

func TestStdin(t *testing.T) {
	out, errs, code := cli("print('from stdin', scriptArgs[1])", "-", "arg")
	if out != "from stdin arg\n" || code != exitOK {
		t.Errorf("%q %q %d", out, errs, code)
	}
	out, errs, code = cli("line one\nline two", "-e", "import * as std from 'std'; print(std.in.getline() + '|' + std.in.readAsString())")
	if out != "line one|line two\n" || code != exitOK {
		t.Errorf("%q %q %d", out, errs, code)
	}
}

func TestScriptFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	write("lib/x.js", "export const x = import.meta.filename.split('/').pop();")
	write("bad.js", "export const a = 1;\nlet b = ;\n")
	main := write("main.js", "import { x } from './lib/x.js';\nprint(x, import.meta.main, scriptArgs[1]);\n")
	if out, errs, code := cli("", main, "arg"); out != "x.js true arg\n" || code != exitOK {
		t.Errorf("%q %q %d", out, errs, code)
	}
	if out, errs, code := cli("", "--", main, "arg"); out != "x.js true arg\n" || code != exitOK {
		t.Errorf("--: %q %q %d", out, errs, code)
	}
	bom := write("bom.js", "\ufeffimport b from './bytes.txt' with { type: 'bytes' }; print(b.length);")
	write("bytes.txt", "\ufeffab")
	if out, errs, code := cli("", bom); out != "5\n" || code != exitOK {
		t.Errorf("byte order marks: %q %q %d", out, errs, code)
	}
	user := write("user.js", "import './bad.js';")
	if _, errs, code := cli("", user); code != exitError || !strings.Contains(errs, filepath.Join(dir, "bad.js")+":2:9: Uncaught SyntaxError") {
		t.Errorf("%q %d", errs, code)
	}
	// Modules come from the script's folder, files from granted ones only.
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "o.js"), []byte("print('other')"), 0o644); err != nil {
		t.Fatal(err)
	}
	outside := write("outside.js", "import '"+filepath.Join(other, "o.js")+"';")
	if _, errs, code := cli("", outside); code != exitError || !strings.Contains(errs, "--allow-read=") || !strings.Contains(errs, "outside.js:1:8") {
		t.Errorf("%q %d", errs, code)
	}
	if out, errs, code := cli("", "--allow-read="+other, outside); out != "other\n" || code != exitOK {
		t.Errorf("%q %q %d", out, errs, code)
	}
}

// TestDenied: each kind of denial names the flag that allows it, and it does.
func TestDenied(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "s.sock")
	for _, c := range []struct{ code, flag string }{
		{"s.bind(s.socket(s.AF_INET, s.SOCK_STREAM), '127.0.0.1', 0)", "--allow-listen=127.0.0.1:0"},
		{"s.bind(s.socket(s.AF_INET, s.SOCK_DGRAM), '127.0.0.1', 0)", "--allow-udp=127.0.0.1:0"},
		{"s.sendto(s.socket(s.AF_INET, s.SOCK_DGRAM), 'x', 0, '127.0.0.1', 9)", "--allow-udp=127.0.0.1:9"},
		{"s.bind(s.socket(s.AF_UNIX, s.SOCK_STREAM), '" + sock + "')", "--allow-unix=" + sock},
		{"s.getaddrinfo('localhost')", "--allow-resolve=localhost"},
	} {
		script := "import s from 'wqjs:sockets'; try { " + c.code + " } catch (e) { if (e.code !== 'EACCES') throw e; print(e.message) }"
		out, errs, code := cli("", "-e", script)
		if code != exitOK || !strings.Contains(out, "(allow it with "+c.flag+")") {
			t.Errorf("%s: %q %q does not name %s", c.code, out, errs, c.flag)
		}
		if out, errs, code := cli("", c.flag, "-e", script); code != exitOK || out != "" {
			t.Errorf("%s under %s: %q %q", c.code, c.flag, out, errs)
		}
	}
	_, errs, _ := cli("", "-e", "import s from 'wqjs:sockets'; s.connect(s.socket(2, 1), '169.254.169.254', 80)")
	if !strings.Contains(errs, "--allow-connect=169.254.169.254") {
		t.Errorf("metadata address: %q", errs)
	}
	_, errs, _ = cli("", "--allow-connect", "-e", "import s from 'wqjs:sockets'; s.connect(s.socket(2, 1), '169.254.169.254', 80)")
	if !strings.Contains(errs, "denied") {
		t.Errorf("metadata address under --allow-connect: %q", errs)
	}
	_, errs, _ = cli("", "-e", "import s from 'wqjs:sockets'; s.socket(s.AF_INET, s.SOCK_RAW, s.IPPROTO_ICMP)")
	if !strings.Contains(errs, "--allow-raw") {
		t.Errorf("raw: %q", errs)
	}
}

func TestEnv(t *testing.T) {
	t.Setenv("WQJS_TEST_A", "a")
	t.Setenv("WQJS_TEST_B", "b")
	const code = "import * as std from 'std'; print(std.getenv('WQJS_TEST_A'), std.getenv('WQJS_TEST_B'))"
	for flag, want := range map[string]string{
		"--allow-env=WQJS_TEST_A": "a undefined\n", "--allow-env=WQJS_*": "a b\n", "--allow-env": "a b\n", "-A": "a b\n", "--allow-raw": "undefined undefined\n",
	} {
		if out, errs, _ := cli("", flag, "-e", code); out != want {
			t.Errorf("%s: %q %q, want %q", flag, out, errs, want)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("in.txt", []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	const read = "import * as std from 'std'; print(std.loadFile('in.txt'))"
	const write = "import * as std from 'std'; const f = std.open('out.txt', 'w'); if (f) { f.puts('x'); f.close() } print(f !== null)"
	for _, c := range []struct{ flag, code, want string }{
		{"--allow-raw", read, "null\n"},
		{"--allow-read=in.txt", read, "text\n"},
		{"--allow-read=.", read, "text\n"},
		{"--allow-read", read, "text\n"},
		{"--allow-write=.", read, "null\n"},
		{"--allow-read=.", write, "false\n"},
		{"--allow-write=.", write, "true\n"},
	} {
		if out, errs, _ := cli("", c.flag, "-e", c.code); out != c.want {
			t.Errorf("%s %s: %q %q, want %q", c.flag, c.code, out, errs, c.want)
		}
	}
}

func TestCacheCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	t.Setenv("WQJS_CACHE", dir)
	if out, _, code := cli("", "cache"); out != dir+"\n" || code != exitOK {
		t.Errorf("path: %q %d", out, code)
	}
	if _, errs, code := cli("", "cache", "warm"); code != exitOK {
		t.Fatalf("warm: %q", errs)
	}
	keep := filepath.Join(dir, "mine.txt")
	if err := os.WriteFile(keep, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	found, _ := filepath.Glob(filepath.Join(dir, "engine-*"))
	if len(found) == 0 {
		t.Error("warm left nothing")
	}
	if _, errs, code := cli("", "cache", "clear"); code != exitOK {
		t.Fatalf("clear: %q", errs)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "engine-*")); len(found) != 0 {
		t.Errorf("clear left %v", found)
	}
	if _, err := os.Stat(keep); err != nil {
		t.Error("clear removed a file that is not its own")
	}
	t.Setenv("WQJS_CACHE", "off")
	if out, errs, code := cli("", "-e", "print(1)"); out != "1\n" || code != exitOK {
		t.Errorf("off: %q %q %d", out, errs, code)
	}
	if _, errs, code := cli("", "cache", "path"); code != exitError || !strings.Contains(errs, "WQJS_CACHE=off") {
		t.Errorf("off, path: %q %d", errs, code)
	}
}

// TestUncaughtGolden pins what users see.
func TestUncaughtGolden(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		out, errs, code := cli("", script)
		got := strings.ReplaceAll("-- exit code "+string(rune('0'+code))+"\n-- stdout\n"+out+"-- stderr\n"+errs, cwd+"/", "")
		file := strings.TrimSuffix(script, ".js") + ".golden"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s (-update rewrites it):\n%s\nwant:\n%s", script, got, want)
		}
	}
}

func FuzzParseRun(f *testing.F) {
	for _, s := range []string{"-e\x001", "--memory\x0064m\x00x.js", "--allow-listen=:80,[::1]:1\x00-", "--\x00x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := parseRun(strings.Split(s, "\x00"))
		if (o == nil) == (err == nil) {
			t.Fatalf("%q: %v, %v", s, o, err)
		}
		if err != nil && !strings.Contains(err.Error(), "wqjs help") {
			t.Fatalf("%q: %v does not say where to look", s, err)
		}
	})
}
