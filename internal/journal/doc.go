// Package journal is the durable outbox between sources and publishers: the
// events to send, the position up to which each source has been read, and the
// state of each entity that must survive a restart, in one SQLite file.
//
// # What it guarantees
//
// A [Commit] is atomic: its events, its position and its states are all there
// after a crash, or none is. Once [Ticket.Wait] has returned nil they are on
// the disk (fsync) and stay there until every registered publisher has released
// them. Events are read in the order of the calls of [Journal.Append]. A
// publisher's cursor is durable once [Journal.Release] has returned.
//
// Commits that wait at the same time share one transaction (group commit), so
// a lone commit costs one fsync and a thousand cost one as well.
//
// Every row carries a CRC-32C over all its fields. A row that fails it is moved
// to the table "damaged", reported and counted, and never delivered.
//
// # What it loses, and when
//
//   - At [Options.MaxBytes], and behind [Options.MaxAge]: check results that are
//     superseded. An event marked Supersedable is, if the next event of the same
//     entity is Supersedable too; so the newest state of each entity stays, and
//     with each acknowledgement, downtime or comment the state it was made on.
//     They are counted in [Stats]. If that makes no room, Append blocks.
//   - When the file is damaged: what can't be read. The damaged file is kept
//     under the name Path + ".damaged-" + time, all that is legible is taken
//     over into a new one, and [Journal.Recovered] tells so.
//   - When the disk is full, or fails: nothing. Append waits until it can write
//     again; a reserve beside the file lets publishers release meanwhile.
//
// # What it needs from its caller
//
// The memory of a Commit belongs to the journal until its Ticket is done.
// Event order is that of Append calls: a source that must keep order calls from
// one goroutine. The directory must be on a local file system; beside Path the
// journal keeps Path + "-wal", "-shm" (SQLite's own), ".lock" and ".reserve".
//
// The file can be looked at while the journal is open:
//
//	sqlite3 -readonly journal.db 'SELECT id, datetime(time_us/1000000, "unixepoch"), entity, body FROM events'
package journal
