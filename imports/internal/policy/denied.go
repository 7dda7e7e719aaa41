package policy

import (
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The operations in Denied.Op.
const (
	OpConnect    = "connect"
	OpListen     = "listen"
	OpUDPConnect = "udp connect"
	OpUDPSend    = "udp send"
	OpUDPBind    = "udp bind"
	OpResolve    = "resolve"
	OpUnix       = "unix" // followed by what Unix was asked for: "unix connect"
	OpRaw        = "raw"
)

const (
	flagListen  = "--allow-listen"
	flagConnect = "--allow-connect"
	flagResolve = "--allow-resolve"
	flagUDP     = "--allow-udp"
	flagUnix    = "--allow-unix"
	flagRaw     = "--allow-raw"
	flagEnv     = "--allow-env"
)

// Denied is a refusal. errors.Is(err, fs.ErrPermission) holds.
type Denied struct {
	Op     string // "connect"
	Target string // "10.0.0.1:443"; as the guest gave it when it is malformed
	Flag   string // "--allow-connect=10.0.0.1:443"; "" when no rule can allow it
	Reason string // "not granted"
}

// Error returns one sentence, safe to print: Target and Flag come from the
// guest, so what a terminal or a shell would interpret is quoted.
func (d *Denied) Error() string {
	s := d.phrase() + " denied: " + d.Reason
	if d.Flag != "" {
		s += " (allow it with " + shellQuote(d.Flag) + ")"
	}
	return s
}

func (d *Denied) phrase() string {
	target := display(d.Target)
	switch d.Op {
	case OpConnect:
		return "connect to " + target
	case OpListen:
		return "listen on " + target
	case OpUDPConnect:
		return "UDP connect to " + target
	case OpUDPSend:
		return "UDP send to " + target
	case OpUDPBind:
		return "UDP bind to " + target
	case OpRaw:
		return "raw socket"
	}
	switch op, isUnix := strings.CutPrefix(d.Op, OpUnix+" "); {
	case isUnix && op == "connect":
		return "connect to Unix socket " + target
	case isUnix:
		return op + " Unix socket " + target
	}
	return d.Op + " " + target
}

// Unwrap returns fs.ErrPermission.
func (d *Denied) Unwrap() error { return fs.ErrPermission }

// maxDisplay limits hostile text in messages. Every valid name is shorter.
const maxDisplay = 256

// display returns text for a message: unchanged if plain, else quoted, and cut.
func display(s string) string {
	plain := s != ""
	for i := range len(s) {
		plain = plain && s[i] > ' ' && s[i] <= '~' && s[i] != '"' && s[i] != '\\'
	}
	tail := ""
	if len(s) > maxDisplay {
		s, tail = s[:maxDisplay], "…"
	}
	if plain {
		return s + tail
	}
	return strconv.QuoteToASCII(s) + tail
}

// shellQuote keeps people safe who copy a flag out of a message. Flags have no
// unprintable characters: names, zones and paths with such never get one.
func shellQuote(s string) string {
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_=.,:/@%+[]", c) >= 0 {
			continue
		}
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}
