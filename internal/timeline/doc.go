// Package timeline puts what the readers of one supervisor report into the
// supervisor's order, joins the reports of one check, and decides of each
// record whether it is new to Canopsis.
//
// A supervisor writes one check result to several places: the log shows what
// changed, a perfdata file every result, the status file what is true now. The
// readers of these files lag behind each other, by milliseconds while all are
// at their ends, by weeks while one catches up. What is sent must not depend on
// that.
//
//   - [Order] decides when records may enter. Readers that catch up are merged
//     by the supervisor's stamps. Readers at their ends enter at once, except
//     those that lack something (a template without a state, the status file):
//     they wait until the others have been looked at once more.
//   - [Timeline] judges what enters, object by object. A record that needs
//     another one first is held, for itself alone: an ALERT waits a moment for
//     its perfdata, an acknowledgement for its problem, a result without a
//     state for whoever knows it.
//
// The memory of an object is one small struct for each story: checks, states,
// acknowledgement, flapping, downtimes, comments, and what is held. It is
// returned in encoded form, to be stored in one step with the events, so that a
// crash changes no decision.
//
// Nothing here does I/O or has a clock: time comes with the records, the looks
// and the ticks, so that any history can be played again.
package timeline
