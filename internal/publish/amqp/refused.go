package amqp

import (
	"errors"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

const (
	// forbiddenFor is how long a routing key that RabbitMQ forbids is not tried again:
	// each try costs the connection.
	forbiddenFor = time.Hour
	// mostForbiddenKeys bounds how many are remembered.
	mostForbiddenKeys = 10_000
	// mostForbidden is how many messages are set aside without one delivery between
	// them. When it is reached, it is not one key that is forbidden but all of them,
	// and the rest waits for the permission.
	mostForbidden = 1000
)

// refusals remember which messages the broker refuses for good: it closes the channel
// at one, so it is not sent again, and set aside when its turn comes.
type refusals struct {
	tooLarge       int64  // id of a message that was refused for its size
	tooLargeReason string // in the broker's words; empty: none

	forbidden map[string]forbidden // by routing key
	inARow    atomic.Int64         // messages set aside for their key since the last delivery
}

type forbidden struct {
	reason string
	until  time.Time
}

// of returns why a message is refused, empty if it isn't.
func (r *refusals) of(id int64, key string, now time.Time) (reason string, forKey bool) {
	if id == r.tooLarge && r.tooLargeReason != "" {
		return r.tooLargeReason, false
	}
	if f, known := r.forbidden[key]; known && now.Before(f.until) && r.inARow.Load() < mostForbidden {
		return f.reason, true
	}
	return "", false
}

// forbiddenKey is RabbitMQ's text about a routing key that the topic permissions
// forbid (rabbit_access_control). It is cut at 255 bytes.
var forbiddenKey = regexp.MustCompile(`access to topic '(.*)' in exchange '`)

// note remembers the message that RabbitMQ closed the channel at. It names the key
// of a forbidden one. Otherwise it is sure which one it was when it was the only one
// on its way, as it is in the end: the window starts with one message after each
// fault.
func (r *refusals) note(err error, unsettled []sentMessage, now time.Time) {
	var broker *amqp091.Error
	if !errors.As(err, &broker) {
		return
	}
	switch explainBroker(broker) {
	case classTooLarge:
		if len(unsettled) == 1 {
			r.tooLarge, r.tooLargeReason = unsettled[0].id, broker.Reason
		}
	case classForbidden:
		if named := forbiddenKey.FindStringSubmatch(broker.Reason); named != nil {
			r.forbid(named[1], broker.Reason, now)
		} else if len(unsettled) == 1 {
			r.forbid(unsettled[0].key, broker.Reason, now)
		}
	}
}

func (r *refusals) forbid(key, reason string, now time.Time) {
	if r.forbidden == nil || len(r.forbidden) >= mostForbiddenKeys {
		r.forbidden = map[string]forbidden{}
	}
	r.forbidden[key] = forbidden{reason, now.Add(forbiddenFor)}
}
