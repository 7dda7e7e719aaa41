package host

import (
	"errors"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wqjs/wqjs/imports"
)

// PolicyRecorder learns the least policy that runs need, as Policy.Recorder: it
// notes what sandboxes use of what they may. To learn all of it, let code that
// you trust run with Policy.All: nothing is refused then. The zero value is
// ready; it serves any number of sandboxes, and its methods may be called from
// any goroutine.
type PolicyRecorder struct {
	mu      sync.Mutex
	rules   map[usedRule]struct{}
	paths   map[string]*usedPath
	created map[string]bool // paths that there were not before
	missing map[string]bool
	denied  []string
}

type usedRule struct{ flag, rule string }

// usedPath is how a file or folder of the host was used.
type usedPath struct {
	read, write bool
	folder      bool
	looked      bool // at nothing but what it is
}

// maxLearned bounds what a recorder keeps: scripts can use any number of things.
const maxLearned = 10_000

// used notes a rule, of one that is not in the environment nothing.
func (r *PolicyRecorder) used(flag, rule string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rules == nil {
		r.rules = map[usedRule]struct{}{}
	}
	if len(r.rules) < maxLearned {
		r.rules[usedRule{flag, rule}] = struct{}{}
	}
}

// refused notes a refusal.
func (r *PolicyRecorder) refused(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.denied) < maxLearned && !slices.Contains(r.denied, text) {
		r.denied = append(r.denied, text)
	}
}

// file notes an operation on a path, which is not done yet.
func (r *PolicyRecorder) file(op, path string, read, write bool) {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if target, err := os.Stat(path); err == nil {
			info = target
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paths == nil {
		r.paths, r.created, r.missing = map[string]*usedPath{}, map[string]bool{}, map[string]bool{}
	}
	gone := errors.Is(err, fs.ErrNotExist)
	switch {
	case write && (gone || op != "open" && op != "utimens"):
		// Names are made and removed by who may write the folder.
		r.created[path] = r.created[path] || gone
		r.add(r.parent(path), read, write, true, false)
		return
	case gone && !r.isCreated(path):
		if len(r.missing) < maxLearned {
			r.missing[path] = true
		}
		return
	case r.isCreated(path):
		r.add(r.parent(path), read, write, true, false)
		return
	}
	looks := op == "stat" || op == "lstat"
	r.add(path, read, write, info != nil && info.IsDir(), looks)
}

// isCreated reports whether a path came into being by what was recorded.
func (r *PolicyRecorder) isCreated(path string) bool {
	for ; !r.created[path]; path = filepath.Dir(path) {
		if path == filepath.Dir(path) {
			return false
		}
	}
	return true
}

// parent is the nearest folder above a path that there was before.
func (r *PolicyRecorder) parent(path string) string {
	for {
		up := filepath.Dir(path)
		if info, err := os.Stat(up); up == path || err == nil && info.IsDir() && !r.isCreated(up) {
			return up
		}
		path = up
	}
}

func (r *PolicyRecorder) add(path string, read, write, folder, looks bool) {
	p := r.paths[path]
	if p == nil {
		if len(r.paths) >= maxLearned {
			return
		}
		p = &usedPath{looked: true}
		r.paths[path] = p
	}
	p.read = p.read || read
	p.write = p.write || write
	p.folder = folder
	p.looked = p.looked && looks
}

// Policy is the least policy under which the runs so far would have worked: no
// rule of it can be left out. Where a file was created or removed, that is a rule
// for its folder; a connection or datagram to a port from 32768 on, which will be
// another one next time, gives a rule for all ports of the address. A name that
// was looked up stands for its public addresses. Rules are as narrow as they can be written, not as a person would: look at
// them before they are enforced.
func (r *PolicyRecorder) Policy() Policy {
	r.mu.Lock()
	defer r.mu.Unlock()
	var p Policy
	lists := map[string]*[]string{
		"--allow-connect": &p.Connect, "--allow-listen": &p.Listen, "--allow-resolve": &p.Resolve,
		"--allow-udp": &p.UDP, "--allow-unix": &p.Unix, "--allow-env": &p.Env,
	}
	for u := range r.rules {
		if list := lists[u.flag]; list != nil {
			*list = append(*list, u.rule)
		} else {
			p.Raw = true // all that is left
		}
	}
	p.Connect, p.UDP = anyPort(p.Connect), anyPort(p.UDP)
	// A rule for the name of a destination grants looking it up.
	p.Resolve = slices.DeleteFunc(p.Resolve, func(name string) bool {
		named := func(rule string) bool { return strings.HasPrefix(rule, name+":") }
		return slices.ContainsFunc(p.Connect, named) || slices.ContainsFunc(p.UDP, named)
	})
	p.ReadDirs = r.list(func(u *usedPath) bool { return u.read })
	p.WriteDirs = r.list(func(u *usedPath) bool { return u.write })
	for _, list := range lists {
		slices.Sort(*list)
	}
	return p
}

// ephemeral is where the ports begin that systems hand out: in a later run it
// will be another one.
const ephemeral = 32768

// anyPort makes rules for addresses at ephemeral ports rules for all their ports.
func anyPort(rules []string) []string {
	all := map[string]bool{}
	for _, r := range rules {
		host, port, ok := cutLast(r)
		n, err := strconv.Atoi(port)
		addr, _, _ := strings.Cut(strings.Trim(host, "[]"), "/")
		if _, bad := netip.ParseAddr(addr); ok && err == nil && bad == nil && n >= ephemeral {
			all[host] = true
		}
	}
	rules = slices.DeleteFunc(rules, func(r string) bool {
		host, _, _ := cutLast(r)
		return all[host]
	})
	return slices.AppendSeq(rules, maps.Keys(all))
}

// list gives the paths with a right that no folder with it covers.
func (r *PolicyRecorder) list(right func(*usedPath) bool) []string {
	var all []string
	for path, u := range r.paths {
		if right(u) && !(u.folder && u.looked && r.shown(path)) {
			all = append(all, path)
		}
	}
	slices.Sort(all) // folders come before what they hold
	var least []string
	for _, path := range all {
		covered := slices.ContainsFunc(least, func(outer string) bool { return r.paths[outer].folder && inside(outer, path) })
		if !covered {
			least = append(least, path)
		}
	}
	return least
}

// shown reports whether a folder is the root, or above another path with a rule:
// one may look at these without a rule.
func (r *PolicyRecorder) shown(folder string) bool {
	if folder == filepath.Dir(folder) {
		return true
	}
	for path, u := range r.paths {
		if path != folder && inside(folder, path) && !(u.folder && u.looked) {
			return true
		}
	}
	return false
}

// inside reports whether a path is in a folder.
func inside(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}

// Missing lists paths that the runs looked for and that did not exist. Policy has
// no rules for them, as a rule is for what exists: looking for them is refused
// then (EACCES instead of ENOENT).
func (r *PolicyRecorder) Missing() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for path := range r.missing {
		all = append(all, path)
	}
	slices.Sort(all)
	return all
}

// Denied lists what the policy of the runs refused, in the order of its coming:
// Policy has no rules for it.
func (r *PolicyRecorder) Denied() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.denied)
}

// observe tells a recorder of what a guest does.
func (r *PolicyRecorder) observe(cfg *imports.Config, env []string, mayEnv func(string) bool) {
	told := cfg.OnDenied
	cfg.OnDenied = func(text string) {
		r.refused(text)
		if told != nil {
			told(text)
		}
	}
	cfg.OnFile = r.file
	cfg.OnUsed = func(flag, rule string) {
		has := func(kv string) bool { return strings.HasPrefix(kv, rule+"=") }
		switch {
		case flag != "--allow-env":
			r.used(flag, rule)
		case !slices.ContainsFunc(env, has): // there is nothing to be granted
		case mayEnv(rule):
			r.used(flag, rule)
		default:
			r.refused("read the environment variable " + rule + " denied: not granted (allow it with --allow-env=" + rule + ")")
		}
	}
}
