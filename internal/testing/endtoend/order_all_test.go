package endtoend

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// handedNote is an acknowledgement or comment of the module.
func (p *played) handedNote(kind string, at, id, entryType int, text string) string {
	return p.handed(kind, at, "SERVICESTATEID::2", fmt.Sprintf("ID::%d", id), "AUTHOR::joe", "COMMENT::"+text,
		fmt.Sprintf("ENTRY::%d", p.base+int64(at)), fmt.Sprintf("ENTRYTYPE::%d", entryType), "STICKY::1",
		"PERSISTENT::1", "NOTIFY::1", "EXPIRES::0", "LOADED::0")
}

// handedDowntime is a downtime of the module.
func (p *played) handedDowntime(kind string, at, start int) string {
	begin := p.base + int64(start)
	return p.handed(kind, at, "ID::3", "AUTHOR::joe", fmt.Sprintf("COMMENT::moving %d", start),
		fmt.Sprintf("ENTRY::%d", p.base), fmt.Sprintf("START::%d", begin), fmt.Sprintf("END::%d", begin+1800),
		"FIXED::1", "DURATION::1800", "TRIGGEREDBY::0", "LOADED::0")
}

// allReaders switches every reader on beside the module.
var allReaders = Settings{
	"readers.module.path": "{DIR}/spool", "readers.module.enabled": "on", "readers.log.enabled": "on",
	"readers.perfdata.enabled": "on", "mapping.events.downtime_comment": true,
}

// Module, log, perfdata and status file report the same: everything is sent once,
// whichever of module and log is first.
func TestOrderAllReadersOnce(t *testing.T) {
	for _, logFirst := range []bool{true, false} {
		t.Run(fmt.Sprintf("log first: %v", logFirst), func(t *testing.T) {
			p := newPlayed(t, playing{ago: time.Minute, template: pnpPlayed, settings: allReaders})
			segment := p.segment(p.handedCheck(-25, 0, "fine"))
			fine := shown{output: "fine", perf: "x=1", last: -25}
			p.status(-20, fine)
			p.Start()
			p.expect(`check -25 OK "fine" "x=1"`)
			p.mark()
			// step lets both report one thing, and waits for its event in between.
			step := func(log, handed func(), want string) {
				t.Helper()
				if !logFirst {
					log, handed = handed, log
				}
				log()
				p.expect(want)
				handed()
			}
			module := func(record string) func() { return func() { appendTo(t, segment, record) } }
			line := func(at int, text string) func() { return func() { p.log(at, text) } }

			p.perfdata(0, "CRITICAL", "x=1")
			p.alert(0, "CRITICAL HARD", "down")
			p.expectAlarm(`check +0 CRITICAL "down" ""`, `check +0 CRITICAL "down" "x=1"`)
			appendTo(t, segment, p.handedCheck(0, 2, "down"))
			step(func() { p.ack(2, true, "on it") }, module(p.handedNote("ACKNOWLEDGEMENT", 2, 7, 4, "on it")),
				`ack +2 "on it"`)
			step(line(3, "EXTERNAL COMMAND: ADD_SVC_COMMENT;h;s;1;joe;seen it"),
				module(p.handedNote("COMMENTADDED", 3, 8, 1, "seen it")), `comment +3 "seen it"`)
			step(line(4, p.orderDowntime(5)), module(p.handedDowntime("DOWNTIMESCHEDULED", 4, 5)),
				"comment +4 "+p.scheduled(5))
			p.nothingMore()
			down := shown{state: 2, output: "down", perf: "x=1", last: 0, acked: true}
			down.blocks = p.comment(7, 4, 2, "on it") + p.comment(8, 1, 3, "seen it") + p.downtime(3, 0, 5, false)
			p.status(10, down)
			p.nothingMore()
			appendTo(t, segment, p.handedCheck(15, 0, "fine"))
			p.alert(15, "OK HARD", "fine")
			p.perfdata(15, "OK", "x=1")
			p.expectAlarm(`check +15 OK "fine" ""`, `check +15 OK "fine" "x=1"`)
			fine.last, fine.blocks = 15, p.comment(8, 1, 3, "seen it")+p.downtime(3, 0, 5, false)
			p.status(20, fine)
			p.finish()
		})
	}
}

// A supervisor that starts reports by the module that an object is acknowledged,
// and Canopsis has no acknowledgement from us.
func TestOrderAckThatOnlyTheModuleShows(t *testing.T) {
	p := newPlayed(t, playing{ago: time.Minute, settings: moduleSpool.With(Settings{"readers.module.enabled": "on"})})
	p.segment(p.processRecord("PROCESSSTARTED", 0),
		p.handed("SERVICESTATE", 1, append(conditionsOf([]string{"ACKNOWLEDGED"}), "SERVICESTATEID::2",
			"SERVICESTATETYPE::HARD", "SERVICEATTEMPT::1", fmt.Sprintf("LASTSERVICECHECK::%d", p.base-10),
			"SERVICEOUTPUT::down", "SERVICEPERFDATA::", "LONGSERVICEOUTPUT::")...),
		p.handedCheck(10, 2, "still down", "ACKNOWLEDGED"))
	p.Start()
	p.expect(`check -10 CRITICAL "down" "" acknowledged`, `ack -10 "acknowledgement"`,
		`check +10 CRITICAL "still down" "x=1" acknowledged`)
	p.finish()
}

// A scheduler that starts without retention has forgotten the acknowledgement: it
// ends with the first result that shows it.
func TestOrderAckThatTheModuleHasForgotten(t *testing.T) {
	p := newPlayed(t, playing{ago: time.Minute, settings: moduleSpool.With(Settings{"readers.module.enabled": "on"})})
	p.segment(p.handedCheck(0, 2, "down"), p.handedNote("ACKNOWLEDGEMENT", 1, 7, 4, "on it"),
		p.handedCheck(5, 2, "down", "ACKNOWLEDGED"), p.processRecord("PROCESSSTARTED", 7),
		p.handedCheck(10, 2, "down"), p.handedCheck(20, 2, "down"))
	p.Start()
	p.expect(`check +0 CRITICAL "down" "x=1"`, `ack +1 "on it"`, `check +5 CRITICAL "down" "x=1" acknowledged`,
		`check +10 CRITICAL "down" "x=1"`, `ackremove +10 "the supervisor reports no acknowledgement"`,
		`check +20 CRITICAL "down" "x=1"`)
	p.finish()
}

// neb enable: the readers of before keep what they have reported, whatever reader
// comes in front of them.
func TestOrderModuleIsEnabled(t *testing.T) {
	p := newPlayed(t, playing{ago: 2 * time.Minute})
	p.status(-20, shown{output: "fine", last: -25})
	p.Start()
	p.expect(`check -25 OK "fine" ""`)
	p.mark()
	p.alert(40, "CRITICAL HARD", "down")
	p.log(50, "EXTERNAL COMMAND: ADD_SVC_COMMENT;h;s;1;joe;seen it")
	p.alert(60, "OK HARD", "fine again")
	p.expect(`check +40 CRITICAL "down" ""`, `comment +50 "seen it"`, `check +60 OK "fine again" ""`)
	config, err := os.ReadFile(p.path("nagios.cfg"))
	must(t, err)
	segment := p.segment(p.processRecord("PROCESSSTARTED", 70),
		strings.Replace(p.handedNote("COMMENTADDED", 50, 8, 1, "seen it"), "LOADED::0", "LOADED::1", 1),
		p.handed("SERVICESTATE", 71, append(conditionsOf(nil), "SERVICESTATEID::0", "SERVICESTATETYPE::HARD",
			"SERVICEATTEMPT::1", fmt.Sprintf("LASTSERVICECHECK::%d", p.base+60), "SERVICEOUTPUT::fine again",
			"SERVICEPERFDATA::", "LONGSERVICEOUTPUT::")...))
	p.log(70, "Nagios 4.4.6 starting... (PID=2)", "INITIAL SERVICE STATE: h;s;OK;HARD;1;fine again")
	p.put("nagios.cfg", string(config)+"broker_module=/usr/lib/nagios2canopsis.so spool="+p.path("spool")+"\n")
	p.awaitAnotherPlan()
	p.status(75, shown{output: "fine again", last: 60, blocks: p.comment(8, 1, 50, "seen it")})
	p.nothingMore()
	appendTo(t, segment, p.handedCheck(80, 1, "slow"))
	p.log(80, "SERVICE ALERT: h;s;WARNING;HARD;1;slow")
	p.expect(`check +80 WARNING "slow" "x=1"`)
	p.status(85, shown{state: 1, output: "slow", perf: "x=1", last: 80, blocks: p.comment(8, 1, 50, "seen it")})
	p.finish()
}
