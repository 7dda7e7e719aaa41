// Package certs makes certificates for tests: an authority, what it signed, and
// what it should not have.
package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Pair is a certificate with its key, in PEM form.
type Pair struct{ Cert, Key []byte }

// Set are the certificates by name: "ca" (no server), "server" for localhost,
// 127.0.0.1 and ::1, "other" for other.test, "expired" and "future" for
// localhost, "client" for clients, "stray" for localhost but by an authority
// that nobody knows.
type Set map[string]Pair

// New makes a Set.
func New(tb testing.TB) Set {
	tb.Helper()
	now := time.Now()
	ca, caKey := authority(tb, "wqjs test authority")
	stray, strayKey := authority(tb, "nobody's authority")
	day := 24 * time.Hour
	s := Set{"ca": pair(tb, ca.Raw, caKey)}
	for _, c := range []struct {
		name     string
		names    []string
		from, to time.Time
		issuer   *x509.Certificate
		key      *ecdsa.PrivateKey
	}{
		{"server", []string{"localhost"}, now.Add(-day), now.Add(day), ca, caKey},
		{"other", []string{"other.test"}, now.Add(-day), now.Add(day), ca, caKey},
		{"expired", []string{"localhost"}, now.Add(-2 * day), now.Add(-day), ca, caKey},
		{"future", []string{"localhost"}, now.Add(day), now.Add(2 * day), ca, caKey},
		{"client", []string{"client.test"}, now.Add(-day), now.Add(day), ca, caKey},
		{"stray", []string{"localhost"}, now.Add(-day), now.Add(day), stray, strayKey},
	} {
		key := newKey(tb)
		t := &x509.Certificate{
			SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: c.name, Organization: []string{"wqjs"}},
			NotBefore: c.from, NotAfter: c.to, DNSNames: c.names,
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
		if c.names[0] == "localhost" {
			t.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
		}
		der, err := x509.CreateCertificate(rand.Reader, t, c.issuer, &key.PublicKey, c.key)
		if err != nil {
			tb.Fatal(err)
		}
		s[c.name] = pair(tb, der, key)
	}
	return s
}

// Write puts NAME.pem and NAME.key of each into dir.
func (s Set) Write(tb testing.TB, dir string) {
	tb.Helper()
	for name, p := range s {
		for ext, b := range map[string][]byte{".pem": p.Cert, ".key": p.Key} {
			if err := os.WriteFile(filepath.Join(dir, name+ext), b, 0o600); err != nil {
				tb.Fatal(err)
			}
		}
	}
}

// Pool has the authority that signed most of the set.
func (s Set) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s["ca"].Cert)
	return pool
}

func authority(tb testing.TB, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	key := newKey(tb)
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-72 * time.Hour), NotAfter: time.Now().Add(72 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return cert, key
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func pair(tb testing.TB, der []byte, key *ecdsa.PrivateKey) Pair {
	b, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return Pair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}),
	}
}
