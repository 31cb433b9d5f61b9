// Package sources reads a supervisor through its Livestatus socket. It has two
// sources, each with a connection of its own:
//
//   - [Source] sees the present state: the tables hosts, services, comments and
//     downtimes. What changed since the reading before is found by
//     internal/snapshot.
//   - [Log] sees the table log: what happened between two readings, and while the
//     connector was away. Its lines go through the parser of nagios/logfile.
//
// # How the present state is read
//
// The first reading asks for everything. Each later one ("poll") asks for the key
// columns of the objects that can have changed: those checked lately, and those that
// are acknowledged, in downtime or flapping. Whose keys differ from the known ones is
// asked for in full, many at once by the time of their check. From time to time the
// key columns of all objects are read ("scan"): it finds what no time shows, as
// passive results with an old time, and objects that are gone.
//
// Lately means since the poll before, and longer by an overlap: Nagios, Naemon and
// Shinken show in last_check when a check began, and show it when it is over. So the
// overlap is at least the longest check. Where the server has last_update (Naemon
// since 1.5.0 of its module), it is 2 seconds.
//
// # What it can't see
//
// A result that was followed by another one between two polls, unless it changed the
// state, which the log shows. Who removed an acknowledgement, comment or downtime.
// When a flexible downtime began: the log shows that.
//
// Behind an LMD, what LMD has not seen: it reads its backends every few seconds, and
// loses results of a core without last_update. It is better to read the core's own
// socket.
package sources
