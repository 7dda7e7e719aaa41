package tls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/sock"
)

// explain turns an error of the connection over s into one for the guest: ECERT
// for a certificate that was not accepted, EPROTO for what breaks the protocol
// (alerts of the peer too), ECONNRESET for an end without goodbye, ETIMEDOUT for
// a handshake that lasts too long, or the error of the socket.
func (c *conn) explain(s *sock.Socket, err error) error {
	if f := s.Failure(); f != nil {
		return f // of the stream beneath
	}
	var (
		cert   *tls.CertificateVerificationError
		record tls.RecordHeaderError
		remote *net.OpError
		alert  tls.AlertError
		number syscall.Errno
	)
	done := c.ConnectionState().HandshakeComplete
	switch {
	case errors.As(err, &cert):
		return abi.Detailed(abi.ECERT, "tls: the peer's certificate is not accepted: %s (ECERT)", c.certificate(cert.Err))
	case errors.As(err, &remote) && remote.Op == "remote error" && errors.As(err, &alert):
		return abi.Detailed(abi.EPROTO, "tls: the peer ended the connection with the alert %q (EPROTO)", trimPrefix(alert))
	case errors.As(err, &record):
		return abi.Detailed(abi.EPROTO, "tls: the peer does not speak TLS: %s (EPROTO)", trimPrefix(record))
	case errors.As(err, &number):
		return number
	case !done && (errors.Is(err, context.DeadlineExceeded) || isTimeout(err)):
		return abi.Detailed(abi.ETIMEDOUT, "tls: the handshake took longer than %s (ETIMEDOUT)", timeoutText(c.settings.timeout))
	case errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed):
		return abi.ECANCELED
	case isTimeout(err):
		return abi.ETIMEDOUT
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if !done {
			return abi.Detailed(abi.ECONNRESET, "tls: the peer closed the connection during the handshake (ECONNRESET)")
		}
		return abi.Detailed(abi.ECONNRESET, "tls: the peer closed the connection without saying so: data may be missing (ECONNRESET)")
	}
	return abi.Detailed(abi.EPROTO, "tls: %s (EPROTO)", trimPrefix(err))
}

// certificate says what is wrong with the peer's certificate.
func (c *conn) certificate(err error) string {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "signed by an unknown authority"
	}
	return strings.TrimPrefix(err.Error(), "x509: ")
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

func trimPrefix(err error) string { return strings.TrimPrefix(err.Error(), "tls: ") }
