package logfile

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sequenceLines are lines that wait for others, and those that they wait for.
var sequenceLines = []string{
	orderS + "0;fine|a=1", orderS + "0;fine|a=2", orderS + `1;bad|a=3\nlong`, orderH + "1;gone|rta=0",
	"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;192.0.2.1;s;0;fine|a=4",
	"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;h.example;s;0;fine|a=5",
	"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;b;s;0;fine|a=6",
	"PASSIVE SERVICE CHECK: h;s;0;fine", "PASSIVE SERVICE CHECK: h;s;1;bad", "PASSIVE HOST CHECK: h;1;gone",
	"PASSIVE SERVICE CHECK: b;s;0;fine", "SERVICE ALERT: h;s;OK;HARD;1;fine", "SERVICE ALERT: h;s;WARNING;SOFT;1;bad",
	"HOST ALERT: h;DOWN;SOFT;1;gone", "HOST NOTIFICATION: bob;h;DOWN;mail;gone", "HOST FLAPPING ALERT: h;STARTED; x",
	"Warning:  Passive check result was received for service 's' on host 'b', but the host could not be found!",
	"Error: External command failed -> PROCESS_SERVICE_CHECK_RESULT;h;s;0;fine|a=2",
	ackS, failedS, ackS + "x", "External command error: Command failed",
	"EXTERNAL COMMAND: ADD_HOST_COMMENT;h;1;<anon>;x", "Error: External command failed -> ADD_HOST_COMMENT;h;1;bob;x",
	"Error: Could not find host 'h' provided in external command!",
	"EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;h;s;x", "Error: External command failed -> SCHEDULE_SVC_DOWNTIME;h;s;x",
	"EXTERNAL COMMAND: DEL_DOWNTIME_BY_HOST_NAME;h", "EXTERNAL COMMAND: ENABLE_NOTIFICATIONS;",
	"WARNING: [Shinken] Passive check result was received for host 'h', but the host could not be found!",
	"Warning : A command was received for service 's' on host 'h', but the service could not be found!",
	"[x] rest of a line", "Warning: disk full", "[17954242xx] bad stamp",
	"Nagios 3.5.1 starting... (PID=1)", "Nagios 4.4.6 starting... (PID=1)", "Naemon 1.4.1 starting... (PID=1)",
}

var sequencePrograms = []string{
	"", "Nagios 3.5.1", "Nagios 4.3.4", "Nagios 4.4.6", "Icinga 1.14.2", "Naemon 1.4.1", "Shinken",
}

// FuzzSequence reads logs that are put together from sequenceLines: a byte names a
// line, or moves the clock. A restart in front of any line must change nothing.
func FuzzSequence(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		choice := make([]byte, 25)
		for j := range choice {
			choice[j] = byte(random.IntN(len(sequenceLines) + 8))
		}
		f.Add(uint8(i), choice)
	}
	f.Fuzz(func(t *testing.T, program uint8, choice []byte) {
		lines := sequence(choice[:min(len(choice), 60)]) // restarts take the square of the time
		name := sequencePrograms[int(program)%len(sequencePrograms)]
		restartEverywhere(t, name, lines)
		whole := readAll(name, lines)
		account(t, lines, output{whole.Records, whole.Rejected, whole.Skipped, whole.Odd})
		if diff := cmp.Diff(whole, readInParts(name, lines, func(i int) bool { return i%3 == 0 })); diff != "" {
			t.Error(diff)
		}
	})
}

// sequence puts a log together.
func sequence(choice []byte) []Line {
	var text []string
	now := 1795424200
	for _, c := range choice {
		n := int(c) % (len(sequenceLines) + 8)
		if n >= len(sequenceLines) {
			now += []int{1, 1, 2, 10, 30, 61, -1, -40}[n-len(sequenceLines)]
			continue
		}
		line := sequenceLines[n]
		if line[0] != '[' {
			line = fmt.Sprintf("[%d] %s", now, line)
		}
		text = append(text, line)
	}
	return logLines(text...)
}
