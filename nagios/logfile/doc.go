// Package logfile reads the event log of a Nagios-family supervisor:
// nagios.log, naemon.log, icinga.log (of Icinga 1 and of Icinga 2's
// CompatLogger) and the file that Shinken's simple-log module writes.
//
// # What it sees
//
// Alerts (soft and hard), the state lines written at a start and after a
// rotation, passive results, flapping, downtimes, notifications, the external
// commands that acknowledge, comment and schedule, and the supervisor's own
// starts, reloads and stops. Each line is read by itself, but for orders and
// passive results (see below).
//
// # What it can't see
//
//   - Results of active checks that change nothing: no supervisor logs them.
//   - Perfdata and long output, except of passive results sent by command.
//   - Whether an order had an effect. The record is the order; compare it with
//     the state. An order that is refused is counted, and becomes no record,
//     where the supervisor logs the refusal (see below).
//   - The end of an acknowledgement, a flexible downtime that never starts, a
//     downtime cancelled before its start other than by a command.
//   - The state of an object after a gap in the log. Nagios writes all states
//     again after a rotation (log_current_states) and at a start
//     (log_initial_states).
//
// # Fields with semicolons
//
// Nagios separates fields by ";" and quotes nothing. The last field of a line
// may hold any number of them. A ";" in an author's name moves the rest of the
// fields, in Nagios as here: author "a;b", text "c" becomes author "a", text
// "b;c". The record has a downtime's comment as it was ordered; Nagios itself
// keeps it only up to its first ";" (base/commands.c, cmd_schedule_downtime).
//
// # Refused orders
//
// Nagios 4, Naemon, Icinga 1 since 1.10 and Shinken log the refusal of an order
// next to it, so an order waits for the next line, or, at the end of the log, for
// half a second of quiet (refusal.go). Any other line releases it first. Nagios 3
// and Icinga 2 log no refusal. A downtime that ends before it begins, or has ended,
// is refused by all of them, mostly without a word, and counted as that.
//
// # Passive results
//
// Nagios 4.4 and later log PASSIVE SERVICE CHECK and PASSIVE HOST CHECK before
// they process the result (base/checks.c, service_is_passive), so the line shows
// the state and output of the previous result. The new ones are in the EXTERNAL
// COMMAND: PROCESS_SERVICE_CHECK_RESULT (or _HOST_) line immediately before it;
// the two make one check result. Nagios up to 4.3, Naemon, Icinga 1 and Shinken
// log the new state, so there the PASSIVE line is enough, and a command before it
// that agrees adds long output and perfdata. Nagios 3 and Icinga 1 process results
// some seconds after they logged their commands: there it is the oldest command
// that names the same object and result (orders.go). Which of them wrote the log
// is known from its "starting..." line or from Options.Program. Until it is known,
// only pairs are used, and an order waits for its PASSIVE line for ten seconds.
//
// If the result also causes an ALERT, that line follows, with nothing but
// flapping, downtime and notification lines of the same host between. The ALERT
// has more (state type, attempt), so it becomes the record, completed by what
// only the pair has, and the pair becomes none. That is why a pair waits for what
// follows it: for a line of another kind or object, or, at the end of the log,
// for half a second of quiet. Shinken is the exception: it alerts seconds later
// and out of order, so a passive result that alerts becomes two records there.
//
// With log_passive_checks=0 nothing of this is in the log; a result that came
// through Nagios' check result directory is not reported by Nagios 4.4 and later,
// and is counted as skipped.
//
// # Odd lines
//
// Only the host, the service, the time and the state can cost a result. A state type or
// attempt that makes no sense is unknown in the record; a state that does not exist is
// taken for UNREACHABLE or UNKNOWN (supervision.ReadState); the numbers of an order are
// read as atoi does. Each is reported in Batch.Odd, and so are lines that show something
// and are not of the log's form "[seconds] KIND: text": they are not read. Centreon
// Engine's "[seconds] [pid] KIND: text" is.
//
// # Guarantee
//
// Every line becomes records, one Rejected, or a count under one of a fixed
// set of reasons; what is wrong with the file itself (a line over 1 MiB, lines
// that may be missing) is a Rejected too. The position of a batch holds the lines
// that still wait for others, so the records after a restart are the same as
// without it, with the same Refs.
//
// An order that names a comment or downtime by its id, or all downtimes with a
// start or comment, becomes a record with an empty Entity (see command.go and
// downtime.go). A DowntimeCancelled with a Text is what the supervisor did, one
// without is an order.
package logfile
