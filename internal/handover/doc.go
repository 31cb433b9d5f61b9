// Package handover reads what our broker modules write: the records of
// docs/HANDOVER.md, from the segment files of a spool directory.
//
// # What it guarantees
//
// Every whole line of every segment is delivered once, in the order in which
// the module wrote it, while it is being written and after any stop: "once"
// counts from the position that was stored with the batch. A segment is deleted
// when all of it is durable and its writer can't come back to it. The files are
// never written to, locked or synced: each of these can hold the writer up.
//
// # What it loses, and when
//
// Nothing that a module wrote whole. What can't be read is told by a Rejected:
// lines that are no record, and a last line that never got its line feed,
// because the supervisor was killed while it was being written. What a module
// could not keep itself (LOST records) is told as a Rejected, too.
//
// # What it needs
//
// Permission to list the directory, to read the segments, and to delete them.
// A local file system; without inotify it looks by the clock.
package handover
