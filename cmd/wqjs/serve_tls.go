package main

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"os"
)

// maxPEM bounds each of the files of TLS.
const maxPEM = 256 << 10

// readIdentity reads the files of --tls-cert and --tls-key, and gives them as
// the JavaScript value that workers take: they need no permission to read them.
// Without the flags it is undefined.
func readIdentity(o *serveOptions) (string, error) {
	if o.tlsCert == "" && o.tlsKey == "" {
		return "undefined", nil
	}
	if o.tlsCert == "" || o.tlsKey == "" {
		return "", usagef("--tls-cert and --tls-key need each other")
	}
	cert, err := readPEM("--tls-cert", o.tlsCert)
	if err != nil {
		return "", err
	}
	key, err := readPEM("--tls-key", o.tlsKey)
	if err != nil {
		return "", err
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		return "", usagef("--tls-cert %s --tls-key %s: %v", o.tlsCert, o.tlsKey, err)
	}
	b, err := json.Marshal(map[string]string{"cert": string(cert), "key": string(key)})
	return string(b), err
}

func readPEM(flag, file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usagef("%s: %v", flag, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	switch {
	case err != nil:
		return nil, usagef("%s: %v", flag, err)
	case len(b) > maxPEM:
		return nil, usagef("%s %s: larger than %d bytes", flag, file, maxPEM)
	}
	return b, nil
}
