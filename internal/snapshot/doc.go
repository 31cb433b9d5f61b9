// Package snapshot compares the present state of a supervisor with the state
// that was read before, and returns what changed as records. It serves every
// reader that sees the present state and not the events: of the status file,
// of Livestatus tables, of an API.
//
// # Who calls what
//
// A reader keeps one Memory, made by Restore from the stored position. Each
// look at the supervisor is one Reading:
//
//  1. Memory.Begin, with the moment that the reading shows.
//  2. For each row, in any order, as it is decoded: Reading.Object, then
//     Object.Conditions and, if the object has been checked,
//     Object.IsNewResult; only if that is true the rest of the row is decoded
//     and Object.Result returns the record. Reading.Comment and
//     Reading.Downtime, and AddComment and AddDowntime for what is not known.
//  3. Reading.Finish, with the tables that were read completely. It returns
//     the records of all other changes.
//  4. Memory.Position. The reader emits it with the last batch of the reading,
//     never with an earlier one.
//
// All calls come from one goroutine. Nothing keeps the slices of a Name or of
// a field, and an unchanged row allocates nothing.
//
// # What completeness means
//
// A complete table lists everything that exists: what is absent is gone. In a
// table that is not complete, because only changed rows were asked for, because
// a part of the server failed, or because the table was not read at all,
// absence means nothing: what was known stays as it was. What is present is
// compared in either case. So an event of a stream is a reading of one row that
// completes no table. Where one server answers for several supervisors, a
// Memory for each of them lets one fail and the others stay complete.
//
// An acknowledgement takes its author and text from a comment of the same
// reading. Without one it is returned without them, and once more when the
// comment is read.
//
// # What a reading that is not finished leaves
//
// A reading may be given up at any row: the next Begin starts afresh. The
// results that Object.Result returned are known by then and are not returned
// again, so the reader still emits them, without a position; nothing else has
// changed. A reader that can't emit a record throws its Memory away and restores
// one from the stored position.
//
// # What survives a restart
//
// The position holds what was reported and has to be taken back some day:
// acknowledgements, flapping, comments of users, downtimes. It does not hold
// the check results: after a restart each object's result is returned once more
// as supervision.PresentState. The first reading after a restart should be
// complete in every table: until the objects have been read, their downtime
// depth is unknown, and a downtime that does not report whether it is in effect
// is not seen to start. Apart from the present states, the records are those of
// a run without restarts.
package snapshot
