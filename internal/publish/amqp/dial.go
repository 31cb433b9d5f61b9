package amqp

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"time"
)

// dialer connects to the addresses of a broker's name in turn: one that accepts and
// then hangs must not keep us from the others. It is used by one goroutine at a
// time.
type dialer struct {
	lookUp func(ctx context.Context, host string) ([]string, error)
	// tried are the addresses that were tried, by the name and port, since all of it
	// were.
	tried map[string][]string
}

func newDialer() *dialer {
	return &dialer{lookUp: net.DefaultResolver.LookupHost, tried: map[string][]string{}}
}

// dial connects to an address that has not been tried for the longest. Those that
// don't accept are passed over at once; each has its share of the time.
func (d *dialer) dial(ctx context.Context, a address) (net.Conn, error) {
	ips, err := d.lookUp(ctx, a.host)
	if err != nil {
		return nil, err
	}
	var errs []error
	var network net.Dialer
	for i, ip := range d.inTurn(a, ips) {
		d.tried[a.hostPort()] = append(d.tried[a.hostPort()], ip)
		share, cancel := shareOf(ctx, len(ips)-i)
		conn, err := network.DialContext(share, "tcp", net.JoinHostPort(ip, strconv.Itoa(a.port)))
		cancel()
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// inTurn returns the addresses, those first that were not tried in this round. Names
// may be answered with their addresses in another order each time.
func (d *dialer) inTurn(a address, ips []string) []string {
	var fresh, tried []string
	for _, ip := range ips {
		if slices.Contains(d.tried[a.hostPort()], ip) {
			tried = append(tried, ip)
		} else {
			fresh = append(fresh, ip)
		}
	}
	if len(fresh) == 0 {
		delete(d.tried, a.hostPort()) // the next round
	}
	return append(fresh, tried...)
}

// shareOf returns a context with the n-th part of the time that is left.
func shareOf(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	end, bounded := ctx.Deadline()
	if !bounded || n <= 1 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, time.Now().Add(time.Until(end)/time.Duration(n)))
}
