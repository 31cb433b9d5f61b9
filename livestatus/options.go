package livestatus

import (
	"cmp"
	"errors"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tlsfiles"
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
	TLS     tlsfiles.Settings // of a tls:// address

	// Connect bounds the time to connect, and to hand over a query. Default 10 s.
	Connect time.Duration
	// FirstByte bounds the time from the query to the first byte of the answer:
	// most servers send it when the whole answer is ready. Default 2 min.
	FirstByte time.Duration
	// Body bounds the time between two parts of an answer. Default 30 s.
	Body time.Duration
}

// check returns the address, and what is wrong with the options, joined.
func (o *Options) check() (address, error) {
	var faults []error
	a, err := parseAddress(o.Address)
	if err != nil {
		faults = append(faults, option.Faultf("address", "%.200q is %w", o.Address, err))
	}
	if err := o.TLS.Check(); err != nil {
		faults = append(faults, err)
	}
	if o.TLS != (tlsfiles.Settings{}) && err == nil && a.host == "" {
		faults = append(faults, option.Faultf("tls", "is set, but the address %q is not tls://", o.Address))
	}
	o.Connect = cmp.Or(o.Connect, 10*time.Second)
	o.FirstByte = cmp.Or(o.FirstByte, 2*time.Minute)
	o.Body = cmp.Or(o.Body, 30*time.Second)
	return a, errors.Join(faults...)
}
