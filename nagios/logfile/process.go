package logfile

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// parseProcess reads the lines in which a supervisor speaks of itself:
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
	said := bytes.TrimRight(text, " ")
	if before, pid, found := bytes.Cut(said, []byte(" (PID=")); found {
		said = before
		process.PID, _ = strconv.Atoi(string(bytes.TrimSuffix(pid, []byte(")"))))
	}
	version, starting := bytes.CutSuffix(said, []byte(" starting..."))
	switch {
	case starting && process.PID > 0:
		rec.Kind = supervision.SupervisorStarted
		process.Version = string(version)
	case bytes.HasSuffix(said, []byte(", restarting...")):
		rec.Kind = supervision.SupervisorReloaded
	case bytes.HasSuffix(said, []byte(", shutting down...")),
		bytes.HasPrefix(said, []byte("Successfully shutdown")),
		bytes.HasPrefix(said, []byte("Bailing out due to ")):
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

// shinkenLevels begin what Shinken's daemons say through their own logger:
// "Info :    text" up to version 2.0, "INFO: [daemon] text" from 2.4 on.
var shinkenLevels = []string{
	"Info :  ", "Warning : ", "Error :  ", "Critical : ", "Debug :  ",
	"INFO: [", "WARNING: [", "ERROR: [", "CRITICAL: [", "DEBUG: [",
}

// fromShinken tells whether a line was written by one of Shinken's daemons.
// Version 1.4 logs external commands that way; text is then the line without
// its level.
func fromShinken(text []byte) (unlevelled []byte, ok bool) {
	for _, level := range shinkenLevels {
		if bytes.HasPrefix(text, []byte(level)) {
			_, said, _ := bytes.Cut(text, []byte(":"))
			return bytes.TrimLeft(said, " "), true
		}
	}
	return nil, false
}

// passiveLinesTellNews says whether a supervisor's PASSIVE ... CHECK lines show
// the result that came in rather than the one before. Nobody knows that of a
// supervisor that has not said who it is.
func passiveLinesTellNews(program string) bool {
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
