package host

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// learned runs source with everything allowed, in the folder dir, and gives what
// it used.
func learned(t *testing.T, dir, source string) *PolicyRecorder {
	t.Helper()
	r := &PolicyRecorder{}
	c := SandboxConfig{Policy: Policy{All: true, Recorder: r}, Dir: dir, Env: []string{"A=1", "B=2"}}
	s, _ := sandbox(t, c)
	if err := s.EvalModule(t.Context(), filepath.Join(dir, "learn.js"), source); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPolicyRecorderFiles(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"in.txt", "both.txt", "list/a", "list/sub/b", "old/gone.txt", "deep/er/c"} {
		if err := os.MkdirAll(filepath.Dir(in(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, in(name), name)
	}
	for _, c := range []struct {
		source               string
		read, write, missing []string
	}{
		{"std.loadFile('in.txt')", []string{"in.txt"}, nil, nil},
		{"std.loadFile('nothing'); os.stat('no/where')", nil, nil, []string{"no/where", "nothing"}},
		{"std.writeFile('both.txt', 'x'); std.loadFile('both.txt')", []string{"both.txt"}, []string{"both.txt"}, nil},
		{"os.stat('in.txt'); os.utimes('in.txt', 1000, 1000)", []string{"in.txt"}, []string{"in.txt"}, nil},
		// A folder that is listed covers what is in it; one that is looked at, with something below, needs no rule.
		{"os.readdir('list'); std.loadFile('list/sub/b'); std.loadFile('list/a')", []string{"list"}, nil, nil},
		{"os.stat('deep'); os.stat('deep/er'); std.loadFile('deep/er/c')", []string{"deep/er/c"}, nil, nil},
		{"os.stat('deep')", []string{"deep"}, nil, nil},
		// Making and removing names needs the folder, and so does reading what was made.
		{"std.writeFile('list/new.txt', 'x'); std.loadFile('list/new.txt'); os.remove('list/new.txt')", []string{"list"}, []string{"list"}, nil},
		{"os.mkdir('list/made'); std.writeFile('list/made/f', 'x'); std.loadFile('list/made/f')", []string{"list"}, []string{"list"}, nil},
		{"os.remove('old/gone.txt')", nil, []string{"old"}, nil},
		{"os.rename('both.txt', 'list/both.txt')", nil, []string{"."}, nil},
	} {
		r := learned(t, dir, "import * as std from 'std'; import * as os from 'os';"+c.source)
		p := r.Policy()
		abs := func(names []string) (out []string) {
			for _, n := range names {
				out = append(out, in(n))
			}
			return out
		}
		if !slices.Equal(p.ReadDirs, abs(c.read)) || !slices.Equal(p.WriteDirs, abs(c.write)) || !slices.Equal(r.Missing(), abs(c.missing)) {
			t.Errorf("%s\nread %v, write %v, missing %v", c.source, p.ReadDirs, p.WriteDirs, r.Missing())
		}
	}
}

func TestPolicyRecorderModules(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.js")
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, other, "export default 1")
	write(t, filepath.Join(dir, "app", "part.js"), "import '../other.js'")
	write(t, filepath.Join(dir, "app", "main.js"), "import './part.js'")
	r := &PolicyRecorder{}
	s, _ := sandbox(t, SandboxConfig{Policy: Policy{All: true, Recorder: r}, ModuleDirs: []string{filepath.Join(dir, "app")}})
	if err := s.RunFile(t.Context(), filepath.Join(dir, "app", "main.js")); err != nil {
		t.Fatal(err)
	}
	if p := r.Policy(); !reflect.DeepEqual(p, Policy{ReadDirs: []string{other}}) {
		t.Errorf("%+v", p)
	}
}

func TestPolicyRecorderNetwork(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	source := fmt.Sprintf(`
		import sockets from 'wqjs:sockets';
		import { getenv } from 'std';
		import { lookup } from 'wqjs:dns';
		getenv('A'); getenv('NONE');
		const open = (f = sockets.AF_INET, t = sockets.SOCK_STREAM) => sockets.socket(f, t, 0);
		const server = open();
		sockets.bind(server, '127.0.0.1', 0);
		sockets.listen(server, 5);
		sockets.connect(open(), '127.0.0.1', %d);
		const u = open(sockets.AF_INET, sockets.SOCK_DGRAM);
		sockets.bind(u, '127.0.0.2', 0);
		sockets.sendto(u, 'x', 0, '127.0.0.3', 9);
		sockets.sendto(u, 'x', 0, '127.0.0.4', 40000);
		sockets.sendto(u, 'x', 0, '127.0.0.4', 9);
		await lookup('localhost');`, l.Addr().(*net.TCPAddr).Port)
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		source = strings.NewReplacer("127.0.0.2", "127.0.0.1", "127.0.0.3", "127.0.0.1", "127.0.0.4", "127.0.0.1").Replace(source)
	}
	p := learned(t, t.TempDir(), source).Policy()
	if runtime.GOOS == "linux" {
		want := Policy{
			Connect: []string{"127.0.0.1"}, Listen: []string{"127.0.0.1:0"}, Resolve: []string{"localhost"},
			UDP: []string{"127.0.0.2:0", "127.0.0.3:9", "127.0.0.4"}, Env: []string{"A"},
		}
		if !reflect.DeepEqual(p, want) {
			t.Errorf("got  %+v\nwant %+v", p, want)
		}
	}
	// Under what was learned it runs again, and learns the same.
	r := &PolicyRecorder{}
	again := p
	again.Recorder = r
	s, _ := sandbox(t, SandboxConfig{Policy: again, Env: []string{"A=1", "B=2"}})
	if err := s.EvalModule(t.Context(), "/again.js", source); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r.Policy(), p) || len(r.Denied()) != 0 {
		t.Errorf("learned %+v, denied %v", r.Policy(), r.Denied())
	}
	// What is refused is no part of it.
	r = &PolicyRecorder{}
	s, out := sandbox(t, SandboxConfig{Policy: Policy{Recorder: r}, Env: []string{"A=1"}})
	err = s.EvalModule(t.Context(), "/denied.js", "import { getenviron } from 'std'; print(getenv('A'), Object.keys(getenviron()).length);"+source)
	if jsError(t, err).Code != "EACCES" || out.String() != "undefined 0\n" || !reflect.DeepEqual(r.Policy(), Policy{}) {
		t.Errorf("%v, %s, %+v", err, out, r.Policy())
	}
	if d := strings.Join(r.Denied(), "\n"); !strings.Contains(d, "--allow-env=A") || !strings.Contains(d, "--allow-listen=127.0.0.1:0") || len(r.Denied()) != 2 {
		t.Error(d)
	}
}

// TestPolicyRecorderNames: a rule for a name includes looking it up.
func TestPolicyRecorderNames(t *testing.T) {
	var r PolicyRecorder
	for _, u := range []usedRule{
		{"--allow-resolve", "example.com"}, {"--allow-connect", "example.com:443"}, {"--allow-resolve", "other.example.com"},
		{"--allow-connect", "[2001:db8::1]:80"}, {"--allow-connect", "[fe80::1/128]:50000"}, {"--allow-raw", ""},
		{"--allow-connect", "far.example.com:50000"}, {"--allow-unix", "/run/a:40000"},
	} {
		r.used(u.flag, u.rule)
	}
	want := Policy{
		Connect: []string{"[2001:db8::1]:80", "[fe80::1/128]", "example.com:443", "far.example.com:50000"},
		Resolve: []string{"other.example.com"}, Unix: []string{"/run/a:40000"}, Raw: true,
	}
	if p := r.Policy(); !reflect.DeepEqual(p, want) {
		t.Errorf("%+v", p)
	}
	for _, rule := range want.Connect {
		if err := checkRule("connect", rule); err != nil {
			t.Error(err)
		}
	}
}

// TestPolicyRecorderBounds: a script cannot make the recorder grow for ever.
func TestPolicyRecorderBounds(t *testing.T) {
	var r PolicyRecorder
	dir := t.TempDir()
	for i := range maxLearned + 10 {
		r.used("--allow-resolve", fmt.Sprint(i))
		if i%100 == 0 {
			r.refused(fmt.Sprint(i))
		}
	}
	r.file("open", filepath.Join(dir, "none"), true, false)
	for i := range maxLearned + 10 {
		r.missing[fmt.Sprint(i)] = true
	}
	r.file("open", filepath.Join(dir, "more"), true, false)
	if len(r.rules) != maxLearned || slices.Contains(r.Missing(), filepath.Join(dir, "more")) {
		t.Error(len(r.rules), len(r.missing))
	}
}
