package amqp

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
)

// Options configure a Publisher. Zero values stand for the defaults.
type Options struct {
	// URLs are the brokers, amqp[s]://[user[:password]@]host[:port][/vhost],
	// tried in turn: after a failure the next one.
	URLs []string
	// User and Password replace those of the URLs. With neither, guest/guest.
	User     string
	Password publish.Secret
	// External logs in with the client certificate (SASL EXTERNAL).
	External bool
	TLS      TLS

	// Exchange to publish to; default canopsis.events.
	Exchange string
	// DeclareExchange creates the exchange (topic, durable) if it is missing.
	// Otherwise a missing exchange is waited for.
	DeclareExchange bool
	// AppID is the messages' app_id and the connection's name in RabbitMQ's
	// lists; default nagios2canopsis.
	AppID string

	// Window is the greatest number of messages sent and not released, which
	// is also the greatest number of duplicates after a fault; default 500, at
	// most 1000: from 100 on a larger one isn't faster (measured with RabbitMQ
	// 3.10), and amqp091-go walks all outstanding messages at each confirmation
	// of several.
	Window int
	// WindowBytes bounds the bodies in flight; default 1 MiB, which fits into
	// the kernel's socket buffers, so that a broker that stops reading does not
	// block us in the middle of a write. A single larger message still goes.
	WindowBytes int
	// MaxMessage is the largest body that is sent, in bytes; default 16 MiB,
	// RabbitMQ 4's own limit (max_message_size). What a broker refuses with a
	// lower limit of its own is rejected as well.
	MaxMessage int

	// Heartbeat is the interval after which the two sides say that they are
	// alive, whole seconds; default 10 s. A silent broker is given up after one
	// and a half.
	Heartbeat time.Duration
	// ConnectTimeout bounds everything from the DNS query to the open channel;
	// default 15 s. RabbitMQ takes 3 s to refuse a login.
	ConnectTimeout time.Duration
	// WriteTimeout bounds one write of at most 64 KiB to the socket; default
	// 10 s. The window fits into the kernel's buffers, so a write does not wait
	// for the broker: 4 ms was the longest, measured beside four connections
	// that flooded RabbitMQ 3.10. Seconds are for lost packets and slow lines
	// (52 kbit/s); what lasts longer is a peer that no longer reads.
	WriteTimeout time.Duration
	// RetryMin and RetryMax bound the random pauses between attempts; default
	// 0.5 s and 30 s.
	RetryMin, RetryMax time.Duration
	// Grace is how long Run waits for confirmations when its context ends;
	// default 1.5 s.
	Grace time.Duration

	Log *slog.Logger // default slog.Default()
}

// TLS are the settings of amqps URLs. The files are read at each connection, so
// that renewed certificates are taken without a restart.
type TLS struct {
	CAFile     string // PEM; default: the system's authorities
	CertFile   string // PEM client certificate
	KeyFile    string // PEM, its key
	ServerName string // expected in the broker's certificate; default: the URL's host
}

// Limits of the protocol (an AMQP short string) and of amqp091-go.
const (
	maxShortString = 255
	maxWindow      = 1000
)

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	setDefault(&o.Exchange, "canopsis.events")
	setDefault(&o.AppID, "nagios2canopsis")
	setDefault(&o.Window, 500)
	setDefault(&o.WindowBytes, 1<<20)
	setDefault(&o.MaxMessage, 16<<20)
	setDefault(&o.Heartbeat, 10*time.Second)
	setDefault(&o.ConnectTimeout, 15*time.Second)
	setDefault(&o.WriteTimeout, 10*time.Second)
	setDefault(&o.RetryMin, 500*time.Millisecond)
	setDefault(&o.RetryMax, 30*time.Second)
	setDefault(&o.Grace, 1500*time.Millisecond)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// addresses parses the URLs and gives all that is wrong with the options.
func (o Options) addresses() ([]address, error) {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	var addresses []address
	plain := false
	for i, raw := range o.URLs {
		a, err := parseAddress(raw)
		check(err == nil, "URL %d: %w", i+1, err)
		plain = plain || err == nil && !a.tls
		addresses = append(addresses, a)
	}
	check(len(o.URLs) > 0, "no URL of a broker is given")
	check(!plain || o.TLS == TLS{}, "a CA, a certificate or a server name needs amqps URLs")
	check((o.TLS.CertFile == "") == (o.TLS.KeyFile == ""), "a client certificate and its key are needed together")
	check(!o.External || o.TLS.CertFile != "", "SASL EXTERNAL needs a client certificate")
	check(!o.External || o.User == "" && !o.Password.IsSet(), "SASL EXTERNAL takes the user from the certificate: no user and password")
	check(len(o.Exchange) <= maxShortString, "the exchange's name is longer than %d bytes", maxShortString)
	check(len(o.AppID) <= maxShortString, "the app id is longer than %d bytes", maxShortString)
	check(o.Window > 0 && o.Window <= maxWindow, "the window is %d messages, not 1 to %d", o.Window, maxWindow)
	check(o.WindowBytes > 0, "the window is %d bytes", o.WindowBytes)
	check(o.MaxMessage > 0, "the largest message is %d bytes", o.MaxMessage)
	check(o.Heartbeat >= time.Second && o.Heartbeat%time.Second == 0, "the heartbeat is %v, not whole seconds", o.Heartbeat)
	check(o.ConnectTimeout > 0 && o.WriteTimeout > 0 && o.Grace > 0, "a timeout is negative")
	check(0 < o.RetryMin && o.RetryMin <= o.RetryMax, "pauses from %v to %v", o.RetryMin, o.RetryMax)
	return addresses, errors.Join(faults...)
}
