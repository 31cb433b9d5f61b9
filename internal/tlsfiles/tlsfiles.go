// Package tlsfiles makes the TLS configuration of a client from files of
// certificates. They are read at each connection, so that renewed ones are used
// without a restart.
package tlsfiles

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

// maxPEM bounds a file of certificates or a key, in bytes: all authorities of a
// Linux distribution take a quarter of it.
const maxPEM = 1 << 20

// Settings are the options of a connection. Names: tls.ca_file, …
type Settings struct {
	CAFile     string // PEM; empty: the system's authorities
	CertFile   string // PEM, the client's certificate
	KeyFile    string // PEM, its key
	ServerName string // expected in the server's certificate; empty: the host of its address
}

// Check returns what is wrong with the settings as such, as an *option.Fault.
func (s Settings) Check() error {
	if (s.CertFile == "") != (s.KeyFile == "") {
		return option.Faultf("tls.cert_file", "cert_file and key_file belong together")
	}
	return nil
}

// Config reads the files as they are now.
func (s Settings) Config(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: cmp.Or(s.ServerName, host), MinVersion: tls.VersionTLS12}
	var err error
	if config.RootCAs, err = s.authorities(); err != nil {
		return nil, err
	}
	if config.Certificates, err = s.certificates(); err != nil {
		return nil, err
	}
	return config, nil
}

// Try returns an *option.Fault for each option whose files can't be used now.
func (s Settings) Try() (faults []error) {
	if _, err := s.authorities(); err != nil {
		faults = append(faults, option.Faultf("tls.ca_file", "%w", err))
	}
	if _, err := s.certificates(); err != nil {
		faults = append(faults, option.Faultf("tls.cert_file", "%w", err))
	}
	return faults
}

// authorities returns those that sign the server's certificate, nil for the system's.
func (s Settings) authorities() (*x509.CertPool, error) {
	if s.CAFile == "" {
		return nil, nil
	}
	pem, err := regular.Read(s.CAFile, maxPEM)
	if err != nil {
		return nil, fmt.Errorf("reading the CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the CA file %s holds no PEM certificate", s.CAFile)
	}
	return pool, nil
}

// certificates returns the client's certificate, if there is one.
func (s Settings) certificates() ([]tls.Certificate, error) {
	if s.CertFile == "" {
		return nil, nil
	}
	certificate, err := regular.Read(s.CertFile, maxPEM)
	var key []byte
	if err == nil {
		key, err = regular.Read(s.KeyFile, maxPEM)
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.X509KeyPair(certificate, key)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the client certificate %s and its key %s: %w", s.CertFile, s.KeyFile, err)
	}
	return []tls.Certificate{pair}, nil
}
