// Package perfdata reads what a Nagios-family supervisor writes to its perfdata
// files: one line for every check result, also for those without perfdata, of
// every host and service whose process_perf_data is on. It is the only output
// of an unmodified Nagios that shows them all.
//
// # Formats
//
// A Format knows the form of the lines. Compile derives it from the template
// in nagios.cfg; Pairs reads self-describing KEY::VALUE lines as PNP4Nagios,
// Icinga 2, Shinken's NPCD module and our broker modules write them.
//
// Where a template's values hold the text that separates them, the line is
// ambiguous. Numbers, states and names have to look like what they are, which
// settles most of it; between output and perfdata the cut is made at the first
// place where what follows is empty or starts with label=number. In KEY::VALUE
// lines a tab belongs to the value before it unless a KEY:: follows, and a line
// that has a key twice is refused.
//
// Of the values, output is the plugin's first line with semicolons turned into
// colons (Nagios does that), long output gets its line feeds back, and macros
// that the supervisor did not know ("$SERVICESTATE$") count as not reported. In a
// line about a service the macros of its host, as everything else without a
// field of its own, go to Check.Extra by name.
//
// Where a full pipe or file system cut a record, the next one stands behind it
// in the same line. If the rest of a line from the last start of a record is a
// whole record, it is taken, and what stands before it is rejected.
//
// Only the host, the service, the time and the state can cost a result. A field that
// makes no sense otherwise (a latency of "-nan", decimal commas) is unknown in the
// record, and reported in Batch.Odd; so is a state that does not exist, which is taken
// for UNREACHABLE or UNKNOWN (supervision.ReadState).
//
// Icinga 2 and Shinken write an output of several lines as it is. So lines up to the
// next record's prefix belong to the record in front of them, if all prefixes are long
// enough to be known again, and up to a quarter of a megabyte. What then is no record
// is read line by line. Once such a record was seen in a file that grows, its last
// record waits for a quarter of a second for further lines.
//
// # Sources
//
// FileSource follows a file of mode "a" or "w", also while it is moved away or
// truncated, and finds the moved files that it missed while we were down, if
// they are still there: lines of a file that another program removed meanwhile
// are lost. Every gap is reported by a Rejected.
//
// SpoolSource reads the files of a directory into which they are moved, oldest
// first, and removes them only if After says so. A file counts as complete when it
// was moved in, or has not been written to for a second; one that changes
// after it was read is read again from its start. Files are opened when they
// are seen, up to 256 ahead, so that npcd and its like may remove them; lines
// of files that they remove while we are down are lost.
//
// PipeSource reads a FIFO of mode "p". It is the weakest choice: Nagios writes
// without looking, so whatever does not fit into the pipe is lost, and what we
// have read is lost if we are killed before it is durable. It never holds
// Nagios up.
//
// A batch holds at most some thousand lines or a quarter of a megabyte, and a
// line at most 1 MiB. Lines that can't be read are rejected with the field and
// the reason, and the rest goes on.
//
// # What it needs
//
// Permission to read the files, and to read and write the pipe. Files moved
// into a spool directory need names of their own. Linux.
package perfdata
