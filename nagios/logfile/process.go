package logfile

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// parseProcess reads the lines about the supervisor's own process:
//
//	Nagios 4.4.6 starting... (PID=123)
//	Caught SIGHUP, restarting...            (Naemon: Caught 'Hangup', restarting...)
//	PROGRAM_RESTART event encountered, restarting...
//	Caught SIGTERM, shutting down...        (Naemon: Caught 'Terminated', ...)
//	PROGRAM_SHUTDOWN event encountered, shutting down...
//	Successfully shutdown... (PID=123)
//	Bailing out due to ... (PID=123)
//
// A reload is a SupervisorReloaded, then a SupervisorStarted with the same PID.
// A stop is announced and then carried out: two SupervisorStopped. A crash may
// leave only the first (Caught SIGSEGV), kill -9 none.
func parseProcess(text []byte) (rec supervision.Record, ok bool) {
	process := &supervision.ProcessState{}
	rec.Process = process
	event := bytes.TrimRight(text, " ")
	if before, pid, found := bytes.Cut(event, []byte(" (PID=")); found {
		event = before
		process.PID, _ = strconv.Atoi(string(bytes.TrimSuffix(pid, []byte(")"))))
	}
	version, starting := bytes.CutSuffix(event, []byte(" starting..."))
	if !starting { // Centreon Engine
		version, starting = bytes.CutSuffix(event, []byte(" starting ..."))
	}
	switch {
	case starting && process.PID > 0:
		rec.Kind = supervision.SupervisorStarted
		process.Version = string(version)
	case bytes.HasSuffix(event, []byte(", restarting...")):
		rec.Kind = supervision.SupervisorReloaded
	case bytes.HasSuffix(event, []byte(", shutting down...")),
		bytes.HasPrefix(event, []byte("Successfully shutdown")),
		bytes.HasPrefix(event, []byte("Bailing out due to ")):
		rec.Kind = supervision.SupervisorStopped
	default:
		return supervision.Record{}, false
	}
	process.Text = string(text)
	return rec, true
}

// shinkenProgram stands for every version of Shinken.
const shinkenProgram = "Shinken"

func isShinken(program string) bool {
	name, _, _ := strings.Cut(program, " ")
	return strings.EqualFold(name, shinkenProgram)
}

// shinkenLevels begin the lines of the logger of Shinken's daemons:
// "Info :    text" up to version 2.0, "INFO: [daemon] text" from 2.4 on.
var shinkenLevels = []string{
	"Info :  ", "Warning : ", "Error :  ", "Critical : ", "Debug :  ",
	"INFO: [", "WARNING: [", "ERROR: [", "CRITICAL: [", "DEBUG: [",
}

// fromShinken reports whether a line was written by one of Shinken's daemons.
// Version 1.4 logs external commands that way; text is then the line without
// its level.
func fromShinken(text []byte) (unlevelled []byte, ok bool) {
	for _, level := range shinkenLevels {
		if bytes.HasPrefix(text, []byte(level)) {
			_, rest, _ := bytes.Cut(text, []byte(":"))
			return bytes.TrimLeft(rest, " "), true
		}
	}
	return nil, false
}

// passiveLinesAreCurrent reports whether a supervisor's PASSIVE ... CHECK lines
// show the result that came in rather than the one before it. That of an unknown
// supervisor is not known, and it reports false.
func passiveLinesAreCurrent(program string) bool {
	major, minor, isNagios := nagiosVersion(program)
	if !isNagios {
		return program != ""
	}
	return major >= 0 && major < 4 || major == 4 && minor >= 0 && minor < 4
}

// collectsResults reports whether a supervisor processes the passive results that
// were ordered some seconds later, all at once: Nagios 3, and Icinga 1 and Centreon
// Engine, which came from it.
func collectsResults(program string) bool {
	major, _, isNagios := nagiosVersion(program)
	name, _, _ := strings.Cut(program, " ")
	return isNagios && major >= 0 && major < 4 || strings.EqualFold(name, "Icinga") ||
		strings.EqualFold(name, "Centreon")
}

// nagiosVersion returns -1 for what can't be read.
func nagiosVersion(program string) (major, minor int, isNagios bool) {
	name, version, _ := strings.Cut(program, " ")
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	return natural(first), natural(second), strings.EqualFold(name, "Nagios")
}

func natural(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
