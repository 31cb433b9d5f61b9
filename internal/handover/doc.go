// Package handover reads what our broker modules write: the records of
// docs/HANDOVER.md, from the segment files of a spool directory.
//
// # What it guarantees
//
// Every whole line of every segment is delivered once, in the order in which
// the module wrote it, while it is being written and after any stop: "once"
// counts from the position that was stored with the batch. A segment is deleted
// when all of it is durable and its writer can't come back to it. The files are
// never written to, locked or synced, because each of these can block the
// writer.
//
// A record that comes after a silence is read at once, within 5 ms. While
// records come steadily, they are read once every 25 ms (bell.Company). A steady
// stream costs one stat of the directory and two reads each time. The directory
// is listed only when it has changed, and every 10 s.
//
// A segment that can't be read, or is none, is named and tried again, and the
// others go on: its records come late. A directory that is absent or empty for a
// moment makes nothing come twice.
//
// # What it loses, and when
//
// Nothing that a module wrote whole. These are handed over as Rejected: lines
// that are no record; a last line without a line feed, because the supervisor
// was killed while it was being written; and the number of records that the
// module itself could not keep (LOST).
//
// # What it needs
//
// Permission to list the directory, to read the segments, and to delete them;
// without the last the directory grows. Two open files are enough. A local
// file system. Without inotify it looks once a second.
package handover
