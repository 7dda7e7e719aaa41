package tls

import (
	"bytes"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
)

const (
	// MaxOptions bounds the encoded options: certificates, keys, authorities.
	MaxOptions = 1 << 20
	// maxRSABits is what crypto/tls takes of a peer; a guest's own key is no
	// way to make the host compute for longer.
	maxRSABits = 8192

	defaultTimeout = 10 * time.Second
	maxTimeout     = 10 * time.Minute
)

// settings are checked options: an object of the fd table, for many connections.
type settings struct {
	server  bool
	conf    *tls.Config // shared by all, so that sessions can be resumed
	reject  bool        // peers whose certificate does not verify
	timeout time.Duration
}

// Close is for the fd table.
func (*settings) Close() error { return nil }

// configFor is the configuration of one connection. A client's name, where none
// is given, becomes the one of the options.
func (s *settings) configFor(name *string) (*tls.Config, error) {
	if s.server {
		return s.conf, nil
	}
	if *name == "" {
		*name = s.conf.ServerName
	}
	if *name == "" && s.reject {
		return nil, abi.Detailed(abi.EINVAL, "tls: a client needs servername, the name that the server's certificate must have")
	}
	conf := s.conf.Clone() // the session cache stays shared
	conf.ServerName = *name
	return conf, nil
}

// raw are the options as they were sent.
type raw struct {
	settings
	certs, keys, cas [][]byte
	request          bool
	rejectSet        bool
}

// parseOptions reads the guest's options: records of a name, NUL, the length of
// the value as u32, and the value. Names that may come more than once are lists;
// certificates and keys belong together in their order.
func parseOptions(b []byte) (*settings, error) {
	if len(b) > MaxOptions {
		return nil, abi.Detailed(abi.E2BIG, "tls: the options are larger than %d bytes", MaxOptions)
	}
	r := raw{settings: settings{
		conf: &tls.Config{MinVersion: tls.VersionTLS12}, reject: true, timeout: defaultTimeout,
	}}
	for len(b) > 0 {
		name, rest, ok := bytes.Cut(b, []byte{0})
		if !ok || len(rest) < 4 {
			return nil, abi.EINVAL
		}
		n := binary.LittleEndian.Uint32(rest)
		if rest = rest[4:]; uint64(n) > uint64(len(rest)) {
			return nil, abi.EINVAL
		}
		// The guest's memory does not outlive the call.
		if err := r.set(string(name), bytes.Clone(rest[:n])); err != nil {
			return nil, err
		}
		b = rest[n:]
	}
	return r.check()
}

func (r *raw) set(name string, v []byte) error {
	var err error
	switch name {
	case "isServer":
		r.server, err = boolean(name, v)
	case "cert":
		r.certs = append(r.certs, v)
	case "key":
		r.keys = append(r.keys, v)
	case "ca":
		r.cas = append(r.cas, v)
	case "servername":
		r.conf.ServerName = string(v)
	case "requestCert":
		r.request, err = boolean(name, v)
	case "rejectUnauthorized":
		r.rejectSet = true
		r.reject, err = boolean(name, v)
	case "alpn":
		if len(v) == 0 || len(v) > 255 {
			return abi.Detailed(abi.EINVAL, "tls: alpn: a protocol's name has 1 to 255 bytes, got %d", len(v))
		}
		r.conf.NextProtos = append(r.conf.NextProtos, string(v))
	case "minVersion":
		r.conf.MinVersion, err = version(name, v)
	case "maxVersion":
		r.conf.MaxVersion, err = version(name, v)
	case "handshakeTimeout":
		ms, perr := strconv.ParseFloat(string(v), 64)
		if perr != nil || !(ms > 0) || ms > float64(maxTimeout.Milliseconds()) {
			return abi.Detailed(abi.EINVAL, "tls: handshakeTimeout must be more than 0 and at most %d ms, got %.40q", maxTimeout.Milliseconds(), v)
		}
		r.timeout = time.Duration(ms * float64(time.Millisecond))
	default:
		return abi.Detailed(abi.EINVAL, "tls: unknown option %.40q", name)
	}
	return err
}

// boolean takes nothing that merely looks false: an option such as
// rejectUnauthorized must not be off by mistake.
func boolean(name string, v []byte) (bool, error) {
	if s := string(v); s != "true" && s != "false" {
		return false, abi.Detailed(abi.EINVAL, "tls: %s must be true or false, got %.40q", name, v)
	}
	return string(v) == "true", nil
}

func version(name string, v []byte) (uint16, error) {
	switch string(v) {
	case "TLSv1.2":
		return tls.VersionTLS12, nil
	case "TLSv1.3":
		return tls.VersionTLS13, nil
	}
	return 0, abi.Detailed(abi.EINVAL, "tls: %s must be TLSv1.2 or TLSv1.3, got %.40q", name, v)
}

// check makes the settings of what was sent.
func (r *raw) check() (*settings, error) {
	if len(r.certs) != len(r.keys) {
		return nil, abi.Detailed(abi.EINVAL, "tls: there are %d of cert and %d of key: each cert needs its key", len(r.certs), len(r.keys))
	}
	for i := range r.certs {
		pair, err := keyPair(r.certs[i], r.keys[i])
		if err != nil {
			return nil, err
		}
		r.conf.Certificates = append(r.conf.Certificates, pair)
	}
	if hi := r.conf.MaxVersion; hi != 0 && hi < r.conf.MinVersion {
		return nil, abi.Detailed(abi.EINVAL, "tls: maxVersion is below minVersion")
	}
	var pool *x509.CertPool
	for _, pem := range r.cas {
		if pool == nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, abi.Detailed(abi.EINVAL, "tls: ca: no certificate in PEM form")
		}
	}
	if r.server {
		return r.checkServer(pool)
	}
	if r.request {
		return nil, abi.Detailed(abi.EINVAL, "tls: requestCert is for servers")
	}
	r.conf.RootCAs = pool
	r.conf.InsecureSkipVerify = !r.reject
	r.conf.ClientSessionCache = tls.NewLRUClientSessionCache(32)
	return &r.settings, nil
}

func (r *raw) checkServer(pool *x509.CertPool) (*settings, error) {
	if len(r.certs) == 0 {
		return nil, abi.Detailed(abi.EINVAL, "tls: a server needs cert and key")
	}
	r.conf.ClientCAs = pool
	switch {
	case !r.request && (pool != nil || r.rejectSet && r.reject):
		return nil, abi.Detailed(abi.EINVAL, "tls: a server that checks its clients' certificates needs requestCert: true")
	case !r.request:
	case !r.reject:
		r.conf.ClientAuth = tls.RequestClientCert
	case pool == nil:
		return nil, abi.Detailed(abi.EINVAL, "tls: requestCert needs ca, the authorities that clients' certificates come from, or rejectUnauthorized: false")
	default:
		r.conf.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return &r.settings, nil
}

func keyPair(cert, key []byte) (tls.Certificate, error) {
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return pair, abi.Detailed(abi.EINVAL, "tls: cert and key: %s", trimPrefix(err))
	}
	if k, ok := pair.PrivateKey.(*rsa.PrivateKey); ok && k.N.BitLen() > maxRSABits {
		return pair, abi.Detailed(abi.EINVAL, "tls: key: an RSA key of %d bits is too large (limit %d)", k.N.BitLen(), maxRSABits)
	}
	return pair, nil
}
