// Package brokermodule shows and changes how a supervisor uses the NEB module:
// the module's line in the supervisor's configuration, whether it is loaded, and
// what is in its spool directory.
//
// Guarantees. Nothing here disturbs a supervisor: segments are listed and read,
// never locked or written. A configuration is changed only after the supervisor's
// own verification, run as the supervisor's user, has accepted the new text, and in
// one step. The old file is kept beside it; owner, mode, access lists and line ends
// stay as they were. No program and no spool directory of another supervisor is
// taken unless it is named. No supervisor is restarted.
//
// Losses. Only the main configuration file is edited, and that of an OMD site not
// either, because it is made anew at each start: a line of the module in an
// included file is found and named, but left to the administrator. Whether the
// loaded module is the file that is installed now is known only to users that may
// read /proc/PID/maps. For others, the newest segment shows which process wrote it.
//
// Needs. Linux. The format of the segments is that of docs/HANDOVER.md.
package brokermodule
