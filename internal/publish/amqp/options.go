package amqp

import (
	"log/slog"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tlsfiles"
)

// Options configure a Publisher. Start from DefaultOptions: a zero value is not
// a default, and a fault where it makes no sense.
//
// New names a faulty option as the configuration does, in section
// publish.amqp; the names that differ from the fields' are given here.
type Options struct {
	// URLs are the brokers, amqp[s]://[user[:password]@]host[:port][/vhost],
	// tried in turn: after a failure the next one. Name: urls[0], urls[1], …
	URLs []string
	// User and Password replace those of the URLs. With neither, guest/guest.
	User     string
	Password publish.Secret
	// PasswordFile, PasswordEnv and PasswordCredential are the places to read
	// the password from at each connection, instead of Password; one of them at
	// most. Names: password_file, password_env, password_credential.
	PasswordFile, PasswordEnv, PasswordCredential string
	// Mechanism is the way to log in: Plain, or External with the client
	// certificate's name.
	Mechanism string
	TLS       tlsfiles.Settings // of amqps URLs

	// Exchange to publish to.
	Exchange string
	// DeclareExchange creates the exchange (topic, durable) if it is missing.
	// Otherwise a missing exchange is waited for. Name: declare_exchange.
	DeclareExchange bool
	// AppID is the messages' app_id and the connection's name in RabbitMQ's
	// lists. Name: app_id.
	AppID string

	// Window is the greatest number of messages sent and not released, which
	// is also the greatest number of duplicates after a fault; at most 1000.
	Window int
	// WindowBytes bounds the bodies in flight. A single larger message still
	// goes. Name: window_bytes.
	WindowBytes int
	// MaxMessage is the largest body that is sent, in bytes. What a broker
	// refuses with a lower limit of its own is rejected as well. Name:
	// max_message.
	MaxMessage int

	// Heartbeat is the interval after which the two sides show that they are
	// alive, whole seconds. A silent broker is given up after one and a half.
	Heartbeat time.Duration
	// ConnectTimeout bounds everything from the DNS query to the open channel.
	// RabbitMQ takes 3 s to refuse a login. Name: connect_timeout.
	ConnectTimeout time.Duration
	// WriteTimeout bounds one write of at most 64 KiB to the socket. The window
	// fits into the kernel's buffers, so a write does not wait for the broker:
	// 4 ms was the longest, measured beside four connections that flooded
	// RabbitMQ 3.10. Seconds are for lost packets and slow lines (52 kbit/s);
	// what lasts longer is a peer that no longer reads. Name: write_timeout.
	WriteTimeout time.Duration
	// ConfirmTimeout is how long a message may wait for its confirmation until a new
	// connection is tried; it doubles up to 15 minutes while none comes. It does not
	// count while the broker has blocked us. Name: confirm_timeout.
	ConfirmTimeout time.Duration
	// RetryMin and RetryMax bound the random pauses between attempts. Names:
	// reconnect_min, reconnect_max.
	RetryMin, RetryMax time.Duration
	// Grace is how long Run waits for confirmations when its context ends.
	Grace time.Duration

	Log *slog.Logger // nil: slog.Default()
}

// The mechanisms.
const (
	Plain    = "PLAIN"
	External = "EXTERNAL"
)

const (
	// DefaultWindow is fast enough: from 100 on a larger one isn't faster
	// (measured with RabbitMQ 3.10), and it makes more duplicates.
	DefaultWindow = 500
	// maxWindow is for amqp091-go, which walks all outstanding messages at each
	// confirmation of several.
	maxWindow = 1000
	// maxShortString is the length of an AMQP short string.
	maxShortString = 255
)

// DefaultOptions returns the options that suit a RabbitMQ of Canopsis; the URLs
// are missing. A window of 1 MiB fits into the kernel's socket buffers, so that
// a broker that stops reading does not block us in the middle of a write. 16 MiB
// is RabbitMQ 4's own limit of a message (max_message_size).
func DefaultOptions() Options {
	return Options{
		Mechanism:      Plain,
		Exchange:       "canopsis.events",
		AppID:          "nagios2canopsis",
		Window:         DefaultWindow,
		WindowBytes:    1 << 20,
		MaxMessage:     16 << 20,
		Heartbeat:      10 * time.Second,
		ConnectTimeout: 15 * time.Second,
		WriteTimeout:   10 * time.Second,
		ConfirmTimeout: time.Minute,
		RetryMin:       500 * time.Millisecond,
		RetryMax:       30 * time.Second,
		Grace:          2500 * time.Millisecond,
	}
}
