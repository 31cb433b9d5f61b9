// Package statusdat reads the status file of a Nagios-family supervisor
// (status.dat): the state of every host and service, the comments and the
// downtimes. The supervisor writes it again every few seconds. The comparison
// with the file before is made by internal/snapshot.
//
// It reads what Nagios 2, 3 and 4, Naemon, Icinga 1, Icinga 2 (feature
// statusdata) and Shinken write. Nagios, Naemon and Icinga 1 write a temporary
// file and rename it, so that a file that was opened stays whole. Where the
// rename is really a copy (another file system), half a file can be found; it is
// left until it is whole. Centreon Engine writes into the same file again: that one is
// read when it has not been written to for half a second.
//
// Lines may be indented by anything, as the cores' own readers take them, but for
// Shinken's. Only the names and the state cost a result; another field that makes no
// sense is unknown, and reported in Batch.Odd. Of conditions (acknowledged, flapping,
// downtime depth) that make no sense, the ones before go on.
//
// # What it guarantees
//
// After each file that was read, the last record of every entity agrees with
// the file. Nothing is emitted twice while the source runs, unless the object
// was gone from the file in between. After a crash, the states of all objects
// are emitted again as supervision.PresentState. The changes of
// acknowledgements, downtimes, comments and flapping go on from the position,
// which holds those that were known.
//
// # What it can't see
//
// What comes and goes between two files: a result that was followed by another
// one, a downtime that was over at once, an acknowledgement that was removed and
// set again with the same comment. The time between two files is the
// supervisor's status_update_interval: 10 s in the configuration that Nagios
// installs. Who removed an acknowledgement, comment or downtime is not in the
// file.
//
// # What it needs
//
// The right to read the file. Where the supervisor runs on this machine, the
// kernel reports each new file at once; elsewhere (NFS) a look each second finds
// it.
package statusdat
