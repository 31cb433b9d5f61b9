// Package arbiter decides, where several readers watch one supervisor, which
// of the things they say are news.
//
// A supervisor writes one check result to several places: the log shows what
// changed, the status file what is true now, a perfdata file everything. The
// arbiter keeps, per host and service, the little that is needed to tell news
// from repetition, and decides of each record whether to send it:
//
//   - A reader that sees every check result of a class of objects (a perfdata
//     file, a broker module) owns them: the others only add what it can't see.
//     Where the owner stays silent about a result that the status file shows,
//     the status file steps in.
//   - Without an owner, a result seen twice (entity, check time, state, output)
//     is sent once. A reader is never compared with itself: what one reader
//     reports twice has happened twice.
//   - A result older than what another reader already brought is dropped,
//     because sending it would leave Canopsis with a state of the past.
//   - Acknowledgements, downtimes, comments and flapping are sent when they
//     change something, whoever says so first.
//
// The arbiter does no I/O and has no clock. What it remembers is handed out
// in encoded form, to be stored in the same step as the events, so that it
// judges after a crash as it would have judged before.
package arbiter
