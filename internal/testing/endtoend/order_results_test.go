package endtoend

import (
	"fmt"
	"testing"
	"time"
)

// A perfdata template without $SERVICEOUTPUT$, the log and the status file: one
// event for the alarm, with the log's text and the file's perfdata.
func TestOrderTextOfAlarmComesFromLog(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed})
	p.status(-20, shown{output: "OK - all fine", perf: "load=1", last: -25})
	p.Start()
	p.expect(`check -25 OK "OK - all fine" "load=1"`)
	p.mark()
	p.alert(0, "CRITICAL HARD", "CRITICAL - load is 40")
	p.perfdata(0, "CRITICAL", "load=40")
	p.expectAlarm(`check +0 CRITICAL "CRITICAL - load is 40" ""`, `check +0 CRITICAL "CRITICAL - load is 40" "load=40"`)
	p.status(2, shown{state: 2, output: "CRITICAL - load is 40", perf: "load=40", last: 0})
	p.finish()
}

// A result without a change is in no log: it leaves at once with the text that was
// last reported in that state, and the status file's newer text follows.
func TestOrderTextIsCarriedOverUntilStatusShowsIt(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed})
	p.status(-20, shown{output: "OK - load is 1", perf: "load=1", last: -25})
	p.Start()
	p.expect(`check -25 OK "OK - load is 1" "load=1"`)
	p.mark()
	p.perfdata(0, "OK", "load=2")
	p.expect(`check +0 OK "OK - load is 1" "load=2"`)
	p.status(2, shown{output: "OK - load is 2", perf: "load=2", last: 0})
	p.expect(`check +0 OK "OK - load is 2" "load=2"`)
	p.perfdata(5, "WARNING", "load=9")
	p.expect(`check +5 WARNING "" "load=9"`) // that state never had a text
	p.finish()
}

// With service_perfdata_process_empty_results=0, a result without perfdata is not
// in the file. The log's ALERT is sent nevertheless.
func TestOrderResultsWithoutPerfdataAreNotInTheFile(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed, nagios: "service_perfdata_process_empty_results=0"})
	p.status(-20, shown{output: "OK", perf: "a=1", last: -25})
	p.Start()
	p.expect(`check -25 OK "OK" "a=1"`)
	p.mark()
	p.perfdata(-5, "OK", "a=1")
	p.expect(`check -5 OK "OK" "a=1"`)
	p.alert(0, "CRITICAL HARD", "connection refused")
	p.expect(`check +0 CRITICAL "connection refused" ""`)
	p.alert(4, "OK HARD", "OK")
	p.perfdata(4, "OK", "a=2")
	p.expectAlarm(`check +4 OK "OK" ""`, `check +4 OK "OK" "a=2"`)
	p.status(6, shown{output: "OK", perf: "a=2", last: 4})
	p.finish()
}

// Without perfdata files, the status file has the perfdata and the long output of
// what the log has shown.
func TestOrderStatusCompletesTheLog(t *testing.T) {
	p := newPlayed(t, playing{})
	p.status(-20, shown{output: "fine", perf: "x=0", last: -25})
	p.Start()
	p.expect(`check -25 OK "fine" "x=0"`)
	p.mark()
	p.alert(0, "WARNING HARD", "slow")
	p.expect(`check +0 WARNING "slow" ""`)
	p.status(2, shown{state: 1, output: "slow", long: `first\nsecond`, perf: "x=1", last: 0})
	p.expect(`check +0 WARNING "slow" "x=1" long "first\nsecond"`)
	p.alert(5, "CRITICAL HARD", "down")
	p.expect(`check +5 CRITICAL "down" ""`)
	p.status(7, shown{state: 2, output: "down", long: "third", perf: "x=2", last: 5})
	p.expect(`check +5 CRITICAL "down" "x=2" long "third"`)
	p.status(17, shown{state: 2, output: "down", long: "third", perf: "x=2", last: 5})
	p.finish()
}

// Nagios 3 and Icinga 1 write the orders of passive results in a block, and their
// lines later: an order is matched to its line by object and text.
func TestOrderPassiveResultsInABlock(t *testing.T) {
	p := newPlayed(t, playing{settings: Settings{"readers.status.enabled": "off"}})
	p.log(-60, "Nagios 3.5.1 starting... (PID=1)")
	p.Start()
	p.mark()
	p.log(0,
		"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;h;s;2;bad|x=1",
		"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;h;other;0;fine|y=1",
		"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;h;third;1;slow|z=1")
	p.log(4,
		"PASSIVE SERVICE CHECK: h;s;2;bad", "SERVICE ALERT: h;s;CRITICAL;HARD;1;bad",
		"PASSIVE SERVICE CHECK: h;other;0;fine", "PASSIVE SERVICE CHECK: h;third;1;slow",
		"SERVICE ALERT: h;third;WARNING;HARD;1;slow")
	p.expect(`check +4 CRITICAL "bad" "x=1"`)
	p.finish()
}

// Icinga 2 in spool mode: the status file shows a result before the perfdata file
// arrives. No older result follows a newer one.
func TestOrderIcinga2SpoolModeWithStatus(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed, settings: spooled})
	must(t, mkdir(p.path("spool")))
	p.statusOf("r2.13.6-1", -20, shown{output: "OK", perf: "a=1", last: -25})
	p.Start()
	p.expect(`check -25 OK "OK" "a=1"`)
	p.mark()
	p.alert(0, "CRITICAL HARD", "bad")
	p.expect(`check +0 CRITICAL "bad" ""`)
	// The next result, without a change, is in the status file first.
	p.statusOf("r2.13.6-1", 7, shown{state: 2, output: "still bad", perf: "a=3", last: 5})
	p.nothingMore()
	p.arrive("service-perfdata.1", p.pnp(0, "s", "CRITICAL", "a=2")+p.pnp(5, "s", "CRITICAL", "a=3"))
	p.expect(`check +0 CRITICAL "bad" "a=2"`, `check +5 CRITICAL "still bad" "a=3"`)
	p.finish()
}

// The very first start: nothing is dropped that the log can complete.
func TestOrderFirstStartCompletesResults(t *testing.T) {
	p := newPlayed(t, playing{template: nagiosPlayed})
	p.log(-100, "Nagios 4.4.6 starting... (PID=1)", "CURRENT SERVICE STATE: h;s;OK;HARD;1;fine")
	for at := -90; at < -30; at += 20 {
		p.result(at, fmt.Sprintf("result %d", at))
	}
	p.log(-40, "EXTERNAL COMMAND: FOO;x")
	p.Start()
	p.expect(`check -100 OK "fine" ""`, `check -90 OK "result -90" "x=1"`, `check -70 OK "result -70" "x=1"`,
		`check -50 OK "result -50" "x=1"`)
	p.finish()
}

// The template has no state. Three results, a line of the log and a status file
// come while the program is away.
func TestOrderMissedResultsAtARestart(t *testing.T) {
	p := newPlayed(t, playing{template: nagiosPlayed})
	p.log(-60, "Nagios 4.4.6 starting... (PID=1)")
	p.status(-40, shown{output: "first", last: -45})
	p.Start()
	p.expect(`check -45 OK "first" ""`)
	p.mark()
	p.result(-20, "live")
	p.expect(`check -20 OK "live" "x=1"`)
	p.mark() // so that what was printed is not printed again
	p.Kill()
	for i := range 3 {
		p.result(-10+i, fmt.Sprintf("missed %d", i))
	}
	p.log(-6, "EXTERNAL COMMAND: FOO;x")
	p.status(-5, shown{output: "missed 2", perf: "x=1", last: -8})
	p.Start()
	p.expect(`check -10 OK "missed 0" "x=1"`, `check -9 OK "missed 1" "x=1"`, `check -8 OK "missed 2" "x=1"`)
	p.finish()
}

// A state that was known from the log is unknown after a start of the supervisor,
// which may go on from an older one.
func TestOrderCarriedStateEndsWithTheSupervisor(t *testing.T) {
	p := newPlayed(t, playing{template: nagiosPlayed, ago: time.Minute})
	p.log(-60, "Nagios 4.4.6 starting... (PID=1)")
	p.log(-55, "INITIAL SERVICE STATE: h;s;OK;HARD;1;fine")
	p.Start()
	p.expect(`check -55 OK "fine" ""`)
	p.mark()
	p.alert(0, "CRITICAL HARD", "bad")
	p.result(0, "bad")
	p.expectAlarm(`check +0 CRITICAL "bad" ""`, `check +0 CRITICAL "bad" "x=1"`)
	p.result(5, "bad again")
	p.expect(`check +5 CRITICAL "bad again" "x=1"`)
	p.log(10, "Nagios 4.4.6 starting... (PID=2)")
	p.result(20, "anything")
	p.nothingMore()
	p.status(30, shown{state: 1, output: "anything", perf: "x=1", last: 20})
	p.expect(`check +20 WARNING "anything" "x=1"`)
	p.finish()
}

// The same, where the next line of the log about the object shows the state.
func TestOrderCarriedStateUntilTheNextLine(t *testing.T) {
	p := newPlayed(t, playing{template: nagiosPlayed, ago: time.Minute})
	p.log(-60, "Nagios 4.4.6 starting... (PID=1)", "INITIAL SERVICE STATE: h;s;OK;HARD;1;fine")
	p.Start()
	p.expect(`check -60 OK "fine" ""`)
	p.mark()
	p.log(10, "Nagios 4.4.6 starting... (PID=2)")
	p.result(20, "worse")
	p.nothingMore()
	p.alert(20, "CRITICAL HARD", "worse")
	p.expectAlarm(`check +20 CRITICAL "worse" ""`, `check +20 CRITICAL "worse" "x=1"`)
	p.finish()
}

// Where soft changes are not logged, no state is known from the log: a result
// waits for the status file.
func TestOrderSoftChangesThatAreNotLogged(t *testing.T) {
	p := newPlayed(t, playing{template: nagiosPlayed, ago: time.Minute, nagios: "log_service_retries=0"})
	p.log(-60, "Nagios 4.4.6 starting... (PID=1)", "INITIAL SERVICE STATE: h;s;OK;HARD;1;fine")
	p.Start()
	p.expect(`check -60 OK "fine" ""`)
	p.mark()
	p.result(0, "first failure")
	p.nothingMore()
	p.status(5, shown{state: 2, soft: true, output: "first failure", perf: "x=1", last: 0})
	p.expect(`check +0 CRITICAL "first failure" "x=1"`)
	p.finish()
}

// kill -9 of the supervisor, which goes on from its retention file: the state of
// before is not sent over what was sent last. The next result decides.
func TestOrderOlderStateAfterAKill(t *testing.T) {
	p := newPlayed(t, playing{ago: time.Minute})
	p.status(0, shown{output: "all fine", last: -1})
	p.Start()
	p.expect(`check -1 OK "all fine" ""`)
	p.mark()
	for i, kind := range []string{"SOFT;1", "SOFT;2", "HARD;3"} {
		p.log(10+i, fmt.Sprintf("SERVICE ALERT: h;s;CRITICAL;%s;disk full (%d)", kind, i))
	}
	p.expect(`check +10 CRITICAL "disk full (0)" ""`, `check +11 CRITICAL "disk full (1)" ""`,
		`check +12 CRITICAL "disk full (2)" ""`)
	p.status(15, shown{state: 2, output: "disk full (2)", last: 12})
	p.log(30, "Nagios 4.4.6 starting... (PID=2)", "INITIAL SERVICE STATE: h;s;OK;HARD;1;all fine")
	p.status(31, shown{output: "all fine", last: -1})
	p.nothingMore()
	p.status(41, shown{output: "fine again", last: 40})
	p.expect(`check +40 OK "fine again" ""`)
	p.finish()
}

// The older state of a passive object, whose next result may never come: it is sent
// when the supervisor has gone on to report it for long enough.
func TestOrderOlderStateIsConfirmed(t *testing.T) {
	p := newPlayed(t, playing{ago: time.Minute, settings: Settings{"readers.status.confirm": "4s"}})
	p.status(0, shown{output: "all fine", last: -1})
	p.Start()
	p.expect(`check -1 OK "all fine" ""`)
	p.mark()
	p.alert(12, "CRITICAL HARD", "disk full")
	p.expect(`check +12 CRITICAL "disk full" ""`)
	p.status(15, shown{state: 2, output: "disk full", last: 12})
	p.log(30, "Nagios 4.4.6 starting... (PID=2)", "INITIAL SERVICE STATE: h;s;OK;HARD;1;all fine")
	p.status(31, shown{output: "all fine", last: -1})
	p.status(41, shown{output: "all fine", last: -1})
	p.expect(`check older OK "all fine" ""`)
	p.alert(50, "WARNING HARD", "nearly full")
	p.expect(`check +50 WARNING "nearly full" ""`)
	p.finish()
}
