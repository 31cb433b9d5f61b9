package publish

import (
	"context"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// Queue is what a publisher reads from. A publisher calls Next from one
// goroutine, and Release and Reject from another meanwhile.
type Queue interface {
	// Next returns the messages after ID after, in order: at least one, at most
	// max, and as many as fit into maxBytes of bodies (the first one always
	// fits). It blocks until there is one. What it returns belongs to the
	// caller.
	Next(ctx context.Context, after int64, max, maxBytes int) ([]outbox.Message, error)

	// Release reports that all messages up to this ID are delivered for good or
	// rejected, and may go. It returns when that is durable. Each release costs
	// a transaction, so a publisher collects what it releases for a moment.
	Release(ctx context.Context, upTo int64) error

	// Reject reports that the message can never be delivered, so that it is set
	// aside where an administrator sees it, with the reason. It is called when
	// all messages before it are delivered, and before the Release that covers
	// it: a crash between the two rejects the message again.
	Reject(ctx context.Context, id int64, reason string) error
}
