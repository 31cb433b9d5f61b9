// Package publish holds what the publishers share: the queue that they read
// from, the state that they report, and the secret to log in with. The
// publishers themselves are in the packages below: amqp and stdout.
//
// A publisher takes the messages in the queue's order and releases each one
// only when its target has taken responsibility for it. What it has not
// released it sends again, after a fault or after a restart: at least once, in
// order, with the same MessageID.
package publish
