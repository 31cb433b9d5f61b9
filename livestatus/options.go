package livestatus

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
)

// Options configure a Client. New names a faulty one as the configuration does.
type Options struct {
	// Address is unix:/path, tcp://host:port or tls://host:port. Name: address.
	Address string
	// Site is the name of the site, for errors; it may be empty.
	Site string
	// Backend restricts each query to one of the backends of an LMD, by its id;
	// empty: all.
	Backend string
	TLS     TLS // names: tls.ca_file, …

	// Connect bounds the time to connect, and to hand over a query. Default 10 s.
	Connect time.Duration
	// FirstByte bounds the time from the query to the first byte of the answer:
	// most servers send it when the whole answer is ready. Default 2 min.
	FirstByte time.Duration
	// Body bounds the time between two parts of an answer. Default 30 s.
	Body time.Duration
}

// TLS are the settings of a tls:// address. The files are read at each
// connection, so that renewed certificates are used without a restart.
type TLS struct {
	CAFile     string // PEM; empty: the system's
	CertFile   string // of the client
	KeyFile    string
	ServerName string // in the server's certificate; empty: the host of the address
}

// check returns the address, and what is wrong with the options, joined.
func (o *Options) check() (address, error) {
	var faults []error
	a, err := parseAddress(o.Address)
	if err != nil {
		faults = append(faults, option.Faultf("address", "%.200q is %w", o.Address, err))
	}
	if (o.TLS.CertFile == "") != (o.TLS.KeyFile == "") {
		faults = append(faults, option.Faultf("tls.cert_file", "cert_file and key_file belong together"))
	}
	if o.TLS != (TLS{}) && err == nil && a.host == "" {
		faults = append(faults, option.Faultf("tls", "is set, but the address %q is not tls://", o.Address))
	}
	o.Connect = cmp.Or(o.Connect, 10*time.Second)
	o.FirstByte = cmp.Or(o.FirstByte, 2*time.Minute)
	o.Body = cmp.Or(o.Body, 30*time.Second)
	return a, errors.Join(faults...)
}

// config reads the files.
func (t TLS) config(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: cmp.Or(t.ServerName, host), MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file: %s holds no certificate in PEM form", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls.cert_file: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
