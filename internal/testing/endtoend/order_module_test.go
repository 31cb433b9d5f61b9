package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// handed is a record of a broker module: its type, its stamp, and pairs.
func (p *played) handed(kind string, at int, pairs ...string) string {
	return strings.Join(append([]string{
		"DATATYPE::" + kind, fmt.Sprintf("TIMET::%d", p.base+int64(at)), "HOSTNAME::h", "SERVICEDESC::s",
	}, pairs...), "\t") + "\n"
}

// handedCheck is a check result of the module.
func (p *played) handedCheck(at, state int, output string, conditions ...string) string {
	return p.handed("SERVICECHECK", at, append([]string{
		fmt.Sprintf("SERVICESTATEID::%d", state), "SERVICESTATETYPE::HARD", "SERVICEATTEMPT::1",
		fmt.Sprintf("LASTSERVICECHECK::%d", p.base+int64(at)), "SERVICEOUTPUT::" + output, "SERVICEPERFDATA::x=1",
		"LONGSERVICEOUTPUT::",
	}, conditionsOf(conditions)...)...)
}

// conditionsOf are the conditions of an object, all 0 but for those.
func conditionsOf(set []string) (pairs []string) {
	for _, name := range []string{"ACKNOWLEDGED", "FLAPPING", "DOWNTIMEDEPTH"} {
		value := "0"
		for _, s := range set {
			if s == name {
				value = "1"
			}
		}
		pairs = append(pairs, name+"::"+value)
	}
	return pairs
}

// segment is a file of the module's spool, which a module writes from now on.
func (p *played) segment(records ...string) (path string) {
	p.t.Helper()
	path = filepath.Join(p.dir, "spool", fmt.Sprintf("neb-%016d-1-1.log", time.Now().UnixMicro()))
	must(p.t, os.MkdirAll(filepath.Dir(path), 0o750))
	header := "DATATYPE::SEGMENT\tFORMAT::1\tMODULE::neb 1.0\tPROGRAM::Nagios 4.4.6\tPID::1\tLOST::0\n"
	must(p.t, os.WriteFile(path, []byte(header+strings.Join(records, "")), 0o640))
	return path
}

// process is a record about the supervisor itself.
func (p *played) processRecord(kind string, at int) string {
	return fmt.Sprintf("DATATYPE::%s\tTIMET::%d\tPID::2\n", kind, p.base+int64(at))
}

// silence makes the module one that has not written for longer than one may be
// silent, and waits until the files are read instead.
func (p *played) silence(segment string) {
	p.t.Helper()
	old := time.Now().Add(-3 * time.Minute)
	must(p.t, os.Chtimes(segment, old, old))
	p.awaitAnotherPlan()
}

const chosenAnew = "the readers are chosen anew"

func (p *played) awaitAnotherPlan() {
	p.t.Helper()
	before := p.Logged(chosenAnew)
	Eventually(p.t, "the readers chosen anew", 20*time.Second, func() bool { return p.Logged(chosenAnew) > before })
}

// week writes a week of history into log and perfdata, all of which the module has
// reported.
func (p *played) week() {
	p.t.Helper()
	for day := -7; day < 0; day++ {
		at := day * 86400
		p.alert(at, "CRITICAL HARD", fmt.Sprintf("day %d", day))
		p.perfdata(at, "CRITICAL", "x=1")
		p.ack(at+10, true, fmt.Sprintf("on it since day %d", day))
		p.log(at+20, "EXTERNAL COMMAND: ADD_SVC_COMMENT;h;s;1;joe;seen")
		p.log(at+30, "SERVICE FLAPPING ALERT: h;s;STARTED; It flaps", "SERVICE FLAPPING ALERT: h;s;STOPPED; It is calm")
		p.alert(at+3600, "OK HARD", "fine")
		p.perfdata(at+3600, "OK", "x=1")
	}
}

// moduleThatReported is a site whose module has reported everything up to now.
func moduleThatReported(t *testing.T, o playing) (p *played, segment string) {
	t.Helper()
	o.template = pnpPlayed
	o.settings = o.settings.With(Settings{"readers.log.begin": "end", "readers.perfdata.begin": "end"})
	p = newPlayed(t, o)
	p.week()
	segment = p.segment(p.handedCheck(-3000, 0, "fine"), p.handedCheck(-40, 2, "down"))
	p.alert(-40, "CRITICAL HARD", "down")
	p.perfdata(-40, "CRITICAL", "x=1")
	p.Start()
	p.expect(`check -3000 OK "fine" "x=1"`, `check -40 CRITICAL "down" "x=1"`)
	// The module and the files have the next ones.
	p.ack(-20, true, "on it")
	p.perfdata(-10, "CRITICAL", "x=1")
	appendTo(t, segment, p.handed("ACKNOWLEDGEMENT", -20, "SERVICESTATEID::2", "AUTHOR::joe", "COMMENT::on it",
		"STICKY::1", "PERSISTENT::1", "NOTIFY::1", "LOADED::0")+p.handedCheck(-10, 2, "down", "ACKNOWLEDGED"))
	p.expect(`ack -20 "on it"`, `check -10 CRITICAL "down" "x=1" acknowledged`)
	return p, segment
}

// moduleSpool names the module's spool in our configuration.
var moduleSpool = Settings{"readers.module.path": "{DIR}/spool"}

// The module falls silent: nothing of the past week is sent again, and nothing
// after it is missed. Then it is back, and repeats nothing.
func TestOrderModuleFallsSilent(t *testing.T) {
	p, segment := moduleThatReported(t, playing{settings: moduleSpool})
	// Nobody reads the files yet, and the module is silent.
	p.log(-3, "SERVICE FLAPPING ALERT: h;s;STARTED; It flaps")
	p.alert(0, "WARNING HARD", "slow")
	p.perfdata(0, "WARNING", "x=2")
	p.silence(segment)
	p.expect(`comment -3 "flapping started: It flaps"`)
	p.expectAlarm(`check +0 WARNING "slow" "" acknowledged is_flapping`,
		`check +0 WARNING "slow" "x=2" acknowledged is_flapping`)
	p.alert(5, "CRITICAL HARD", "down again")
	p.perfdata(5, "CRITICAL", "x=3")
	p.expectAlarm(`check +5 CRITICAL "down again" "" acknowledged is_flapping`,
		`check +5 CRITICAL "down again" "x=3" acknowledged is_flapping`)
	p.nothingMore()

	// The module is back: a supervisor that starts reports what it has retained.
	p.segment(p.processRecord("PROCESSSTARTED", 10),
		p.handed("ACKNOWLEDGEMENT", -20, "SERVICESTATEID::2", "AUTHOR::joe", "COMMENT::on it", "STICKY::1",
			"PERSISTENT::1", "NOTIFY::1", "LOADED::1"),
		p.handed("SERVICESTATE", 10, append(conditionsOf([]string{"ACKNOWLEDGED", "FLAPPING"}), "SERVICESTATEID::2",
			"SERVICESTATETYPE::HARD", "SERVICEATTEMPT::1", fmt.Sprintf("LASTSERVICECHECK::%d", p.base+5),
			"SERVICEOUTPUT::down again", "SERVICEPERFDATA::x=3", "LONGSERVICEOUTPUT::")...))
	p.awaitAnotherPlan()
	p.nothingMore()
	last := p.segment(p.handedCheck(20, 2, "still down", "ACKNOWLEDGED", "FLAPPING"))
	p.perfdata(20, "CRITICAL", "x=1")
	p.expect(`check +20 CRITICAL "still down" "x=1" acknowledged is_flapping`)
	p.silence(last)
	p.finish()
}

// neb disable takes the module's line out of the supervisor's configuration.
func TestOrderModuleIsDisabled(t *testing.T) {
	p, _ := moduleThatReported(t, playing{
		nagios: "broker_module=/usr/lib/nagios2canopsis.so spool={DIR}/spool", settings: Settings{},
	})
	config, err := os.ReadFile(p.path("nagios.cfg"))
	must(t, err)
	p.alert(0, "OK HARD", "fine")
	p.perfdata(0, "OK", "x=2")
	without, _, _ := strings.Cut(string(config), "broker_module=")
	p.put("nagios.cfg", without)
	p.awaitAnotherPlan()
	p.expectAlarm(`check +0 OK "fine" ""`, `check +0 OK "fine" "x=2"`)
	p.finish()
}

// The clock steps back by an hour, into the time that the module has reported.
func TestOrderClockStepsBackBehindAModule(t *testing.T) {
	p, segment := moduleThatReported(t, playing{settings: moduleSpool})
	p.alert(0, "WARNING HARD", "slow")
	p.perfdata(0, "WARNING", "x=2")
	p.silence(segment)
	p.expectAlarm(`check +0 WARNING "slow" "" acknowledged`, `check +0 WARNING "slow" "x=2" acknowledged`)
	p.alert(-2000, "OK HARD", "fine")
	p.perfdata(-2000, "OK", "x=3")
	p.expectAlarm(`check -2000 OK "fine" ""`, `check -2000 OK "fine" "x=3"`)
	p.finish()
}

// The program was away, as by a reboot, while the module fell silent.
func TestOrderModuleFellSilentWhileAway(t *testing.T) {
	p, segment := moduleThatReported(t, playing{settings: moduleSpool})
	p.Stop()
	p.alert(0, "OK HARD", "fine")
	p.perfdata(0, "OK", "x=2")
	old := time.Now().Add(-3 * time.Minute)
	must(t, os.Chtimes(segment, old, old))
	p.Start()
	p.expectAlarm(`check +0 OK "fine" ""`, `check +0 OK "fine" "x=2"`)
	p.finish()
}

// The same, and the spool has records that nobody has read yet: they come before
// what the files show of the time after the module.
func TestOrderModuleSpoolIsReadBeforeTheFiles(t *testing.T) {
	p, segment := moduleThatReported(t, playing{settings: moduleSpool})
	p.Stop()
	appendTo(t, segment, p.handedCheck(-5, 1, "slow", "ACKNOWLEDGED")+p.handed("COMMENTADDED", -4, "ID::3",
		"AUTHOR::joe", "COMMENT::seen it", fmt.Sprintf("ENTRY::%d", p.base-4), "ENTRYTYPE::1", "PERSISTENT::1",
		"EXPIRES::0", "LOADED::0"))
	p.alert(-5, "WARNING HARD", "slow")
	p.perfdata(-5, "WARNING", "x=1")
	p.log(-4, "EXTERNAL COMMAND: ADD_SVC_COMMENT;h;s;1;joe;seen it")
	p.alert(0, "OK HARD", "fine")
	p.perfdata(0, "OK", "x=2")
	old := time.Now().Add(-3 * time.Minute)
	must(t, os.Chtimes(segment, old, old))
	p.Start()
	p.expect(`check -5 WARNING "slow" "x=1" acknowledged`, `comment -4 "seen it"`)
	p.expectAlarm(`check +0 OK "fine" ""`, `check +0 OK "fine" "x=2"`)
	p.finish()
}

// A machine that was paused: the module seems to have been silent, and goes on.
func TestOrderPausedMachine(t *testing.T) {
	p, segment := moduleThatReported(t, playing{settings: moduleSpool})
	p.Signal(syscall.SIGSTOP)
	appendTo(t, segment, p.handedCheck(-5, 1, "slow", "ACKNOWLEDGED"))
	p.alert(-5, "WARNING HARD", "slow")
	p.perfdata(-5, "WARNING", "x=1")
	old := time.Now().Add(-3 * time.Minute)
	must(t, os.Chtimes(segment, old, old))
	p.Signal(syscall.SIGCONT)
	p.awaitAnotherPlan()
	p.expect(`check -5 WARNING "slow" "x=1" acknowledged`)
	p.alert(5, "OK HARD", "fine")
	p.perfdata(5, "OK", "x=1")
	p.expectAlarm(`check +5 OK "fine" ""`, `check +5 OK "fine" "x=1"`)
	appendTo(t, segment, p.handedCheck(5, 0, "fine"))
	p.awaitAnotherPlan()
	appendTo(t, segment, p.handedCheck(10, 2, "down again"))
	p.alert(10, "CRITICAL HARD", "down again")
	p.perfdata(10, "CRITICAL", "x=1")
	p.expect(`check +10 CRITICAL "down again" "x=1"`, `ackremove +10 "acknowledgement cleared by recovery"`)
	p.finish()
}

// A scheduler of Shinken that starts without retention reports no flapping any
// more; then flapping begins again.
func TestOrderFlappingAfterAStartWithoutRetention(t *testing.T) {
	p := newPlayed(t, playing{ago: 100 * time.Second, settings: Settings{
		"supervisor": "none", "readers.module.path": "{DIR}/spool", "readers.module.enabled": "on",
		"readers.log.enabled": "off", "readers.perfdata.enabled": "off",
	}})
	p.segment(
		p.handedCheck(0, 0, "ok"), p.handed("FLAPPINGSTARTED", 1), p.handedCheck(2, 0, "ok", "FLAPPING"),
		p.processRecord("PROCESSSTARTED", 3), p.handedCheck(10, 0, "ok"), p.handedCheck(20, 0, "ok"),
		p.handed("FLAPPINGSTARTED", 30), p.handedCheck(31, 0, "ok", "FLAPPING"),
	)
	p.Start()
	p.expect(`check +0 OK "ok" "x=1"`, `comment +1 "flapping started"`, `check +2 OK "ok" "x=1" is_flapping`,
		`check +10 OK "ok" "x=1"`, `comment +10 "flapping stopped"`, `check +20 OK "ok" "x=1"`,
		`comment +30 "flapping started"`, `check +31 OK "ok" "x=1" is_flapping`)
	p.finish()
}
