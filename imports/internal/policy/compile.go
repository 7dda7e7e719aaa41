package policy

import (
	"errors"
	"strings"
)

// Config is a policy as text, one string per rule, in the syntax of the package
// doc. The zero value grants nothing.
type Config struct {
	All     bool     // everything, special addresses too
	Listen  []string // TCP bind and listen
	Connect []string // TCP connect
	Resolve []string // name resolution
	UDP     []string // UDP bind (as Listen), connect and send (as Connect)
	Unix    []string // Unix socket paths and abstract names
	Raw     bool     // raw sockets
	Env     []string // environment variables
}

// Policy is a compiled Config. It is immutable and safe for concurrent use.
// The zero value and nil deny everything.
type Policy struct {
	all     bool
	raw     bool
	listen  []netRule
	connect []netRule
	udp     []netRule
	resolve []namePattern
	unix    []unixRule
	env     []envRule
	used    func(flag, rule string) // see Observe; nil: nobody
}

// Observe returns a copy of p that tells used of what it allows: the flag and the
// narrowest rule that would have been enough ("--allow-connect",
// "db.internal:5432"; "" for --allow-raw), each time it is asked. Env is left out.
func (p *Policy) Observe(used func(flag, rule string)) *Policy {
	observed := *orNone(p)
	observed.used = used
	return &observed
}

// allow tells the observer, and is the decision nil.
func (p *Policy) allow(flag, rule string) error {
	if p.used != nil {
		p.used(flag, rule)
	}
	return nil
}

// RuleError says what is wrong with one rule of a Config.
type RuleError struct {
	Flag    string // "--allow-connect"
	Value   string // the rule as given
	Reason  string // what is wrong with it
	Example string // a rule of this kind that is right
}

func (e *RuleError) Error() string {
	return e.Flag + "=" + display(e.Value) + ": " + e.Reason + " (right is, for example, " + e.Flag + "=" + e.Example + ")"
}

// Compile parses every rule. It reports all wrong rules, each as a *RuleError,
// joined by errors.Join; the Policy is then nil.
func Compile(c Config) (*Policy, error) {
	p := &Policy{all: c.All, raw: c.Raw}
	var errs []error
	p.listen = compileRules(&errs, flagListen, "127.0.0.1:8080", c.Listen, parseListen)
	p.connect = compileRules(&errs, flagConnect, "db.internal:5432", c.Connect, parseConnect)
	p.resolve = compileRules(&errs, flagResolve, "db.internal", c.Resolve, parseResolve)
	p.udp = compileRules(&errs, flagUDP, "10.0.0.53:53", c.UDP, parseUDP)
	p.unix = compileRules(&errs, flagUnix, "/run/app.sock", c.Unix, parseUnix)
	p.env = compileRules(&errs, flagEnv, "HOME", c.Env, parseEnv)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

func compileRules[R any](errs *[]error, flag, example string, values []string, parse func(string) (R, error)) []R {
	var rules []R
	for _, v := range values {
		r, err := parse(v)
		if err != nil {
			*errs = append(*errs, &RuleError{Flag: flag, Value: v, Reason: err.Error(), Example: example})
			continue
		}
		rules = append(rules, r)
	}
	return rules
}

// Config returns the rules in canonical spelling. Compiling them again gives an
// equal Policy.
func (p *Policy) Config() Config {
	p = orNone(p)
	return Config{
		All:     p.all,
		Raw:     p.raw,
		Listen:  texts(p.listen),
		Connect: texts(p.connect),
		Resolve: texts(p.resolve),
		UDP:     texts(p.udp),
		Unix:    texts(p.unix),
		Env:     texts(p.env),
	}
}

func texts[R interface{ text() string }](rules []R) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.text())
	}
	return out
}

// envRule is the name of a variable, or with prefix set how it begins ("" for *).
type envRule struct {
	name   string
	prefix bool
}

func (r envRule) match(name string) bool {
	if r.prefix {
		return strings.HasPrefix(name, r.name)
	}
	return name == r.name
}

func (r envRule) text() string {
	if r.prefix {
		return r.name + "*"
	}
	return r.name
}

func parseEnv(s string) (envRule, error) {
	name, prefix := strings.CutSuffix(s, "*")
	switch {
	case s == "":
		return envRule{}, errEmpty
	case strings.Contains(name, "*"):
		return envRule{}, errors.New("* may only be the last character")
	case strings.Contains(name, "="):
		return envRule{}, errors.New(`a variable's name has no "="`)
	case !printable(name) || strings.Contains(name, " "):
		return envRule{}, errors.New("a variable's name has no spaces or unprintable characters")
	}
	return envRule{name: name, prefix: prefix}, nil
}
