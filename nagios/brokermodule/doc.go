// Package brokermodule shows and changes what an administrator has to do with
// the NEB module: its line in the supervisor's configuration, whether it is
// loaded, and what is in its spool directory.
//
// Guarantees. Nothing here disturbs a supervisor: segments are listed and read,
// never locked or written. A configuration is changed only after the
// supervisor's own verification has accepted the new text, in one step, with
// the old one kept beside it, and with owner, mode, access lists and line ends
// as they were. No supervisor is restarted.
//
// Losses. Only the main configuration file is edited: a line of the module in
// an included file is found, and named, but left to the administrator. Whether
// the loaded module is the file that is installed now can be told only by who
// may read /proc/PID/maps; others learn from the newest segment who wrote it.
//
// Needs. Linux. The format of the segments is that of docs/HANDOVER.md.
package brokermodule
