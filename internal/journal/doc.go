// Package journal is the durable outbox between sources and targets: the events
// to send, the position up to which each source has been read, and the state of
// each entity that must survive a restart, in one SQLite file.
//
// # What it guarantees
//
// A commit is atomic: its events, its position and its states are all there
// after a crash, or none is. Once [Ticket.Wait] has returned nil they are on
// the disk (fsync). Events stay there until every target that serves their route
// has released them. A target reads the events of its routes in the order of the
// calls of [Journal.Append]. A target's cursor is durable once [Journal.Release]
// has returned.
//
// Commits that wait at the same time share one transaction (group commit), so a
// lone commit costs one fsync, and a thousand cost one as well. A transaction
// waits up to 12 ms for sources that have just been active; with one source
// there is nobody to wait for.
//
// Every row carries a CRC-32C over all its fields. A row that fails it is moved
// to the table "damaged", reported and counted, and never delivered.
//
// A journal of an older version is brought to this one when it is opened, and
// nothing is lost. One of a newer version is refused, and left as it is.
//
// # What it loses, and when
//
//   - At [Options.MaxBytes], and after [Options.MaxAge]: check results that are
//     superseded. An event marked Supersedable is, if the next event of the same
//     entity is Supersedable too, and of the same route; so the newest state of
//     each entity stays, and with each acknowledgement, downtime or comment the
//     state it was made on. They are counted in [Stats]. If that makes no room,
//     Append blocks.
//   - When no target serves a route any more: the events of that route. Their
//     number is logged, and counted.
//   - When the file is damaged: what can't be read. The damaged file is kept
//     under the name Path + ".damaged-" + time, all that is legible is taken
//     over into a new one, and [Journal.Recovered] reports it.
//   - When the disk is full, or fails: nothing. Append waits until it can write
//     again; a reserve beside the file lets targets release meanwhile.
//
// # What it needs from its caller
//
// The memory of a commit belongs to the journal for good: a target may read its
// events from there. Event order is that of Append calls: a source that must keep
// order calls from one goroutine. A source that waits for each commit before it makes the next
// one is the usual case; it should collect what it reads for a moment, because
// each of its commits costs a transaction. The directory must be on a local file
// system; beside Path the journal keeps Path + "-wal" (SQLite's own), ".lock" and
// ".reserve".
//
// Files that are deleted or replaced while the journal is open are written again
// from what is held open; until that is done no commit is durable.
//
// Nobody else can look into the file while the journal is open: SQLite's
// exclusive mode spares the locks and the shared memory of each transaction. Open
// waits for a process that has the file open for reading, and logs which it is.
// Stop the connector first, and look into a copy:
//
//	cp journal.db /tmp/ && sqlite3 -readonly /tmp/journal.db \
//	  'SELECT id, datetime(time_us/1000000, "unixepoch"), entity, body FROM events'
package journal
