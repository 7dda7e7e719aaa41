package tls

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/guest"
)

// session is what scripts see of a connection (TlsInfo of js/sockets.d.ts).
type session struct {
	Protocol           string       `json:"protocol"`
	Cipher             string       `json:"cipher"`
	ALPN               *string      `json:"alpn"`
	Servername         *string      `json:"servername"`
	Resumed            bool         `json:"resumed"`
	Authorized         bool         `json:"authorized"`
	AuthorizationError *string      `json:"authorizationError"`
	Peer               *certificate `json:"peer"`
}

type certificate struct {
	Subject     string   `json:"subject"`
	Issuer      string   `json:"issuer"`
	Names       []string `json:"names"`
	Serial      string   `json:"serial"`
	ValidFrom   string   `json:"validFrom"`
	ValidTo     string   `json:"validTo"`
	Fingerprint string   `json:"fingerprint256"`
}

// info offers the session as JSON; ENOTCONN before the handshake has ended, its
// error when it failed.
func info(g *guest.Guest, _ guest.Memory, a []uint64) (int32, error) {
	s, c, err := secured(g, a[0])
	if err != nil {
		return 0, err
	}
	select {
	case <-s.Ready():
	default:
		if err := s.Err(); err != nil { // ended by another than the handshake
			return 0, err
		}
		return 0, abi.ENOTCONN
	}
	st := c.ConnectionState()
	if !st.HandshakeComplete {
		if err := s.Err(); err != nil {
			return 0, err
		}
		return 0, abi.ENOTCONN
	}
	b, err := json.Marshal(c.describe(st))
	if err != nil {
		return 0, err
	}
	return g.Offer(b)
}

func (c *conn) describe(st tls.ConnectionState) session {
	out := session{
		Protocol:   map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}[st.Version],
		Cipher:     tls.CipherSuiteName(st.CipherSuite),
		ALPN:       orNull(st.NegotiatedProtocol),
		Servername: orNull(st.ServerName),
		Resumed:    st.DidResume,
		Authorized: len(st.VerifiedChains) > 0,
	}
	if !c.settings.server {
		out.Servername = orNull(c.name)
	}
	if len(st.PeerCertificates) == 0 {
		return out
	}
	out.Peer = describeCertificate(st.PeerCertificates[0])
	if !out.Authorized { // rejectUnauthorized: false
		err := c.verify(st.PeerCertificates)
		out.Authorized = err == nil
		if err != nil {
			out.AuthorizationError = orNull(c.certificate(err))
		}
	}
	return out
}

// verify checks a certificate that the handshake let pass.
func (c *conn) verify(chain []*x509.Certificate) error {
	opts := x509.VerifyOptions{Roots: c.settings.conf.RootCAs, DNSName: c.name, Intermediates: x509.NewCertPool()}
	if c.settings.server {
		opts.DNSName, opts.KeyUsages = "", []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		if opts.Roots = c.settings.conf.ClientCAs; opts.Roots == nil {
			return errors.New("no authorities to check it with (ca)")
		}
	}
	for _, cert := range chain[1:] {
		opts.Intermediates.AddCert(cert)
	}
	_, err := chain[0].Verify(opts)
	return err
}

func describeCertificate(cert *x509.Certificate) *certificate {
	names := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	names = append(names, cert.EmailAddresses...)
	for _, u := range cert.URIs {
		names = append(names, u.String())
	}
	sum := sha256.Sum256(cert.Raw)
	return &certificate{
		Subject: cert.Subject.String(), Issuer: cert.Issuer.String(), Names: names,
		Serial:    cert.SerialNumber.Text(16),
		ValidFrom: cert.NotBefore.UTC().Format(time.RFC3339), ValidTo: cert.NotAfter.UTC().Format(time.RFC3339),
		Fingerprint: hex.EncodeToString(sum[:]),
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
