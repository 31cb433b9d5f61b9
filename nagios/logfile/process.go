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
	name, version, _ := strings.Cut(program, " ")
	if !strings.EqualFold(name, "Nagios") {
		return program != ""
	}
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	majorNumber, err := strconv.Atoi(major)
	if err != nil {
		return false
	}
	minorNumber, err := strconv.Atoi(minor)
	return majorNumber < 4 || majorNumber == 4 && minorNumber < 4 && err == nil
}
