package amqp

import (
	"context"
	"sync"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// window decides how many messages may be sent. It bounds what is sent and not
// yet confirmed (count and bytes), and what is sent and not yet released (how
// much comes twice after a crash).
//
// After each fault it starts with a single message and grows by one with each
// confirmation, so that a broker that takes nothing, or not this message, is
// probed with one message instead of getting a window of duplicates each time.
type window struct {
	max, maxBytes int
	wake          chan struct{} // capacity 1: something has changed

	mu          sync.Mutex
	limit       int
	unconfirmed int
	unreleased  int
	bytes       int // of the unconfirmed
	blocked     bool
}

func newWindow(max, maxBytes int) *window {
	return &window{max: max, maxBytes: maxBytes, limit: 1, wake: make(chan struct{}, 1)}
}

// admit waits until there is room and returns how many of the messages may be
// sent now; none when the context has ended. It has one caller.
func (w *window) admit(ctx context.Context, messages []outbox.Message) int {
	for {
		if ctx.Err() != nil {
			return 0
		}
		if n := w.tryAdmit(messages); n > 0 {
			return n
		}
		select {
		case <-ctx.Done():
		case <-w.wake:
		}
	}
}

func (w *window) tryAdmit(messages []outbox.Message) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	room := min(w.limit-w.unconfirmed, w.max-w.unreleased)
	// Waiting for some room makes runs, each of which costs one system call,
	// instead of one message for each confirmation.
	tooFew := room < min(len(messages), max(1, w.limit/4))
	tooMuch := w.unconfirmed > 0 && w.bytes > w.maxBytes*3/4
	if w.blocked || tooFew || tooMuch {
		return 0
	}
	n := 0
	for n < min(room, len(messages)) {
		size := len(messages[n].Body)
		if w.unconfirmed > 0 && w.bytes+size > w.maxBytes {
			break
		}
		w.unconfirmed++
		w.unreleased++
		w.bytes += size
		n++
	}
	return n
}

// confirm makes room for what was confirmed.
func (w *window) confirm(size int) {
	w.mu.Lock()
	w.unconfirmed--
	w.bytes -= size
	w.limit = min(w.limit+1, w.max)
	w.mu.Unlock()
	w.signal()
}

// inFlight returns the number of messages that are sent and not yet confirmed.
func (w *window) inFlight() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unconfirmed
}

// release makes room for n messages that will not be sent again.
func (w *window) release(n int) {
	w.mu.Lock()
	w.unreleased -= n
	w.mu.Unlock()
	w.signal()
}

// block stops or restarts admission.
func (w *window) block(on bool) {
	w.mu.Lock()
	w.blocked = on
	w.mu.Unlock()
	w.signal()
}

// isBlocked reports whether admission is stopped.
func (w *window) isBlocked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blocked
}

// restart forgets what was sent: all of it is settled or will be sent again.
func (w *window) restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit, w.unconfirmed, w.unreleased, w.bytes = 1, 0, 0, 0
}

func (w *window) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
