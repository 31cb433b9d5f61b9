// Package eventmap says what a supervisor's record means to Canopsis: it turns
// a supervision.Record, the inventory's knowledge of its object and a mapping
// configuration into zero or more events, ready for the exchange
// canopsis.events. It is pure: no I/O, no clock of its own, and the same
// arguments give the same bytes.
//
// # What it guarantees
//
// Canopsis acknowledges an event that it can't accept and drops it with one
// line in its own log; the sender is never told. So whatever leaves this
// package is of a form that the configured Canopsis generation accepts: a body
// that is one JSON object in valid UTF-8, the mandatory fields present and of
// the right JSON type, an event type of that generation, no custom variable
// under a name with a meaning of its own, performance data within the grammar
// of Canopsis' parser (engine-che of 23.10 to 24.10 ends, again and again, on a
// label that is a lone quote), and a routing key of at most 255 bytes (a longer
// one ends the AMQP connection). [Fields] lists every field; docs/EVENTS.md is
// made from it.
//
// # What it changes, and says
//
// Text that had to be converted, cut or renamed is reported as [Repairs]; a
// record that yields no event is reported with a [Reason]. Nothing is silent.
// What is lost for good: control characters and terminal sequences, bytes that
// the configured charset has no character for, and text beyond the configured
// sizes. Metrics that Canopsis can't hold are left out of perf_data and remain
// in perf_data_raw.
//
// # What it needs from its caller
//
// Records with the part that belongs to their kind, and the present time. The
// events share no memory with the record. A Mapper is safe for concurrent use.
package eventmap
