// Package statusdat reads the status file of a Nagios-family supervisor
// (status.dat): the state of every host and service, the comments and the
// downtimes, which the supervisor writes anew every few seconds.
//
// It reads what Nagios 2, 3 and 4, Naemon, Icinga 1, Icinga 2 (feature
// statusdata) and Shinken write. Nagios, Naemon and Icinga 1 write a temporary
// file and rename it, so that a file that was opened stays whole; where the
// rename is a copy in truth (another file system), half a file can be met,
// and is left until it is whole.
//
// # What it guarantees
//
// After each file that was read, the last record of every entity is what the
// file says. Nothing is emitted twice while the source runs, unless the object
// was gone from the file in between. After a crash, the
// states of all objects are emitted again as supervision.PresentState, and the
// changes of acknowledgements, downtimes, comments and flapping go on from the
// position, which holds those that were known.
//
// # What it can't see
//
// What comes and goes between two files: a result that was followed by another
// one, a downtime that was over at once, an acknowledgement removed and given
// again by the same comment. The supervisor writes every 10 s by default
// (status_update_interval). Who removed an acknowledgement, comment or downtime
// is not in the file.
//
// # What it needs
//
// The right to read the file. Where the supervisor runs on this machine, the
// kernel tells of each new file at once; elsewhere (NFS) a look each second
// finds it.
package statusdat
