// Package eventmap translates what a supervisor reported into what Canopsis
// understands: it turns a supervision.Record, what the inventory knows of its
// object, and a mapping configuration into zero or more events. It is pure: no
// I/O, no clock of its own, and the same arguments return the same bytes.
//
// # What it guarantees
//
// Canopsis acknowledges an event that it can't accept, and drops it with one line
// in its own log; the sender gets no error. So every event for the bus has a form
// that the configured generation of Canopsis accepts:
//
//   - the body is one JSON object in valid UTF-8,
//   - the mandatory fields are present and have the right JSON type,
//   - the event type is one of that generation,
//   - no custom variable has the name of a field that Canopsis reads,
//   - performance data follow the grammar of Canopsis' parser (engine-che of 23.10
//     to 24.10 crashes, again at each restart, on a label that is a lone quote),
//   - the routing key has at most 255 bytes (a longer one ends the AMQP
//     connection).
//
// [Fields] lists every field; docs/EVENTS.md is made from it.
//
// # Routes
//
// Downtimes for Canopsis 4.0 and newer can't be sent on the bus. Their events have
// the route outbox.Pbehavior, and a neutral body from which a target can create or
// end a pbehavior.
//
// # What it changes, and reports
//
// Text that had to be converted, cut or renamed is reported as [Repairs]. A record
// that becomes no event is reported with a [Reason]. Nothing is dropped silently.
// What is lost for good: control characters and terminal sequences, bytes that
// the configured charset has no character for, and text beyond the configured
// sizes. Metrics that Canopsis can't store, or that package perfstring can't read
// for sure, are left out of perf_data and remain in perf_data_raw.
//
// # What it needs from its caller
//
// Records with the part that belongs to their kind, and the present time. The
// events share no memory with the record. A Mapper is safe for concurrent use.
package eventmap
