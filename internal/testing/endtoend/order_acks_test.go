package endtoend

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// spooled reads the perfdata from a spool directory, as NPCD does.
var spooled = Settings{"readers.perfdata.spool.path": "{DIR}/spool"}

func mkdir(path string) error { return os.Mkdir(path, 0o755) }

// logAlone switches the status file off.
var logAlone = Settings{"readers.status.enabled": "off"}

// An acknowledgement is sent after its problem, and no older result ends it: here
// the perfdata comes after it, from a spool directory.
func TestOrderAckBeforeThePerfdataOfItsProblem(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed, settings: spooled})
	must(t, mkdir(p.path("spool")))
	p.Start()
	p.arrive("service-perfdata.1", p.pnp(-20, "s", "OK", "a=1"))
	p.expect(`check -20 OK "" "a=1"`)
	p.mark()
	p.alert(0, "CRITICAL HARD", "refused")
	p.expect(`check +0 CRITICAL "refused" ""`)
	p.ack(3, true, "on it")
	p.expect(`ack +3 "on it"`)
	// The result of -5 is older than the alarm, which has left.
	p.arrive("service-perfdata.2",
		p.pnp(-5, "s", "OK", "a=1")+p.pnp(0, "s", "CRITICAL", "a=2")+p.pnp(5, "s", "CRITICAL", "a=3"))
	p.expect(`check +0 CRITICAL "refused" "a=2" acknowledged`, `check +5 CRITICAL "refused" "a=3" acknowledged`)
	p.finish()
}

// The same with a status file that shows the acknowledgement all the time.
func TestOrderAckWithSpoolAndStatus(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed, settings: spooled})
	must(t, mkdir(p.path("spool")))
	p.status(-30, shown{output: "OK", perf: "a=1", last: -40})
	p.Start()
	p.expect(`check -40 OK "OK" "a=1"`)
	p.arrive("service-perfdata.1", p.pnp(-20, "s", "OK", "a=1"))
	p.expect(`check -20 OK "OK" "a=1"`)
	p.mark()
	p.alert(0, "CRITICAL HARD", "refused")
	p.expect(`check +0 CRITICAL "refused" ""`)
	p.ack(3, true, "on it")
	p.expect(`ack +3 "on it"`)
	p.status(4, shown{state: 2, output: "refused", perf: "a=2", last: 0, acked: true})
	p.expect(`check +0 CRITICAL "refused" "a=2" acknowledged`)
	p.arrive("service-perfdata.2",
		p.pnp(-5, "s", "OK", "a=1")+p.pnp(0, "s", "CRITICAL", "a=2")+p.pnp(5, "s", "CRITICAL", "a=3"))
	p.expect(`check +5 CRITICAL "refused" "a=3" acknowledged`)
	p.status(8, shown{state: 2, output: "refused", perf: "a=3", last: 5, acked: true})
	p.finish()
}

// others are many results of other services, which keep the perfdata reader busy.
func (p *played) others(count int) string {
	var all strings.Builder
	for i := range count {
		all.WriteString(p.pnp(i/60, fmt.Sprintf("o%d", i%50), "OK", "x=1"))
	}
	return all.String()
}

// The program was away for ten minutes, and has far more to read of the perfdata
// than of the log.
func TestOrderAckWhileCatchingUp(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed, ago: 10 * time.Minute})
	p.perfdata(-5, "OK", "a=1")
	p.Start()
	p.expect(`check -5 OK "" "a=1"`)
	p.Stop()
	p.add("service-perfdata", p.others(30000))
	p.perfdata(500, "CRITICAL", "a=2")
	p.perfdata(505, "CRITICAL", "a=3")
	p.alert(500, "CRITICAL HARD", "refused")
	p.ack(502, true, "on it")
	p.Start()
	p.expect(`check +500 CRITICAL "refused" "a=2"`, `ack +502 "on it"`,
		`check +505 CRITICAL "refused" "a=3" acknowledged`)
	p.finish()
}

// The same with a status file, which is read first.
func TestOrderAckWhileCatchingUpWithStatus(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed, ago: 10 * time.Minute})
	p.status(-3, shown{output: "OK", perf: "a=1", last: -5})
	p.Start()
	p.expect(`check -5 OK "OK" "a=1"`)
	p.perfdata(-5, "OK", "a=1") // the same result
	p.mark()
	p.Stop()
	p.add("service-perfdata", p.others(30000))
	p.perfdata(500, "CRITICAL", "a=2")
	p.perfdata(505, "CRITICAL", "a=3")
	p.alert(500, "CRITICAL HARD", "refused")
	p.ack(502, true, "on it")
	p.status(506, shown{state: 2, output: "refused", perf: "a=3", last: 505, acked: true})
	p.Start()
	p.expect(`check +500 CRITICAL "refused" "a=2"`, `ack +502 "on it"`,
		`check +505 CRITICAL "refused" "a=3" acknowledged`)
	p.status(516, shown{state: 2, output: "refused", perf: "a=3", last: 505, acked: true})
	p.perfdata(520, "CRITICAL", "a=4")
	p.expect(`check +520 CRITICAL "refused" "a=4" acknowledged`)
	p.status(526, shown{state: 2, output: "refused", perf: "a=4", last: 520, acked: true})
	p.finish()
}

// The status file shows the result that was acknowledged after the
// acknowledgement: that does not end it.
func TestOrderLateResultDoesNotEndAnAck(t *testing.T) {
	for _, c := range []struct {
		name   string
		nagios string
		sticky bool
	}{
		{"process_empty_results=0", "service_perfdata_process_empty_results=0", false},
		{"nothing in the perfdata file", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayed(t, playing{template: pnpPlayed, nagios: c.nagios})
			p.status(-20, shown{output: "OK", last: -25})
			p.Start()
			p.expect(`check -25 OK "OK" ""`)
			p.mark()
			p.alert(0, "CRITICAL HARD", "refused")
			p.expect(`check +0 CRITICAL "refused" ""`)
			p.ack(1, c.sticky, "on it")
			p.expect(`ack +1 "on it"`)
			p.status(5, shown{state: 2, output: "refused", last: 0, acked: true})
			p.nothingMore()
			p.status(15, shown{state: 2, output: "refused again", last: 10, acked: true, noPerfdata: true})
			p.expect(`check +10 CRITICAL "refused again" "" acknowledged`)
			p.finish()
		})
	}
}

// An acknowledgement that is not sticky ends with another state than the one that
// was acknowledged, also when older results arrive in between.
func TestOrderStateThatWasAcknowledged(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed, settings: spooled.With(logAlone)})
	must(t, mkdir(p.path("spool")))
	p.Start()
	p.mark()
	p.alert(0, "CRITICAL HARD", "down")
	p.expect(`check +0 CRITICAL "down" ""`)
	p.ack(3, false, "on it")
	p.expect(`ack +3 "on it"`)
	p.arrive("service-perfdata.1",
		p.pnp(-5, "s", "WARNING", "a=1")+p.pnp(0, "s", "CRITICAL", "a=2")+p.pnp(5, "s", "CRITICAL", "a=3"))
	p.expect(`check +0 CRITICAL "down" "a=2" acknowledged`, `check +5 CRITICAL "down" "a=3" acknowledged`)
	p.alert(10, "WARNING HARD", "slow")
	p.expect(`check +10 WARNING "slow" ""`, `ackremove +10 "acknowledgement cleared by a change of state"`)
	p.finish()
}

// Nobody can name the problem of an acknowledgement: it waits for the next result.
func TestOrderAckWaitsForItsProblem(t *testing.T) {
	p := newPlayed(t, playing{template: pnpPlayed, settings: logAlone})
	p.Start()
	p.mark()
	p.ack(0, true, "on it")
	p.nothingMore()
	p.perfdata(5, "CRITICAL", "a=1")
	p.expect(`check +5 CRITICAL "" "a=1"`, `ack +0 "on it"`)
	p.finish()
}

// The status file shows an acknowledgement, and Canopsis has none from us: it is
// sent, once, with the author and text of its comment.
func TestOrderAckThatOnlyTheStatusFileShows(t *testing.T) {
	t.Run("at the first start", func(t *testing.T) {
		p := newPlayed(t, playing{})
		now := shown{state: 2, output: "down", last: -25, acked: true, blocks: p.comment(7, 4, -22, "on it")}
		p.status(-20, now)
		p.Start()
		p.expect(`check -25 CRITICAL "down" "" acknowledged`, `ack -22 "on it"`)
		p.status(-10, now)
		p.finish()
	})
	t.Run("after a recovery that ended ours", func(t *testing.T) {
		p := newPlayed(t, playing{ago: time.Minute})
		p.status(-20, shown{output: "fine", last: -25})
		p.Start()
		p.expect(`check -25 OK "fine" ""`)
		p.mark()
		p.alert(0, "CRITICAL HARD", "down")
		p.expect(`check +0 CRITICAL "down" ""`)
		p.ack(1, true, "on it")
		p.expect(`ack +1 "on it"`)
		p.alert(5, "OK HARD", "fine")
		p.expect(`check +5 OK "fine" ""`)
		p.alert(10, "CRITICAL HARD", "down again")
		p.expect(`check +10 CRITICAL "down again" ""`, `ackremove +10 "acknowledgement cleared by recovery"`)
		p.status(15, shown{
			state: 2, output: "down again", perf: "a=1", last: 10, acked: true, blocks: p.comment(7, 4, 12, "again"),
		})
		p.expect(`check +10 CRITICAL "down again" "a=1" acknowledged`, `ack +12 "again"`)
		p.finish()
	})
}

// Canopsis' alarm is still open at the recovery: no ackremove then, but at the
// next problem, after its check.
func TestOrderEndOfAnAckByARecovery(t *testing.T) {
	p := newPlayed(t, playing{ago: time.Minute, settings: logAlone})
	p.Start()
	p.mark()
	p.alert(0, "CRITICAL HARD", "down")
	p.ack(1, true, "on it")
	p.alert(5, "OK HARD", "fine")
	p.expect(`check +0 CRITICAL "down" ""`, `ack +1 "on it"`, `check +5 OK "fine" ""`)
	p.nothingMore()
	p.alert(10, "WARNING HARD", "slow")
	p.expect(`check +10 WARNING "slow" ""`, `ackremove +10 "acknowledgement cleared by recovery"`)
	p.finish()
}

// The next problem is acknowledged already when it is reported: no ackremove.
func TestOrderNextProblemIsAcknowledged(t *testing.T) {
	p := newPlayed(t, playing{ago: time.Minute, settings: Settings{"readers.log.enabled": "off"}})
	acked := shown{state: 2, output: "down", last: 0, acked: true}
	p.status(2, acked)
	p.Start()
	p.expect(`check +0 CRITICAL "down" "" acknowledged`, `ack +2 "acknowledgement"`)
	p.status(7, shown{output: "fine", last: 5})
	p.expect(`check +5 OK "fine" ""`)
	p.status(17, shown{state: 2, output: "down again", last: 10, acked: true, blocks: p.comment(8, 4, 12, "mine")})
	p.expect(`check +10 CRITICAL "down again" "" acknowledged`, `ack +12 "mine"`)
	p.finish()
}

// The option for Nagios' own sequence.
func TestOrderEndOfAnAckAtOnce(t *testing.T) {
	p := newPlayed(t, playing{ago: time.Minute, settings: logAlone.With(Settings{"mapping.ackremove_at": "recovery"})})
	p.Start()
	p.mark()
	p.alert(0, "CRITICAL HARD", "down")
	p.ack(1, true, "on it")
	p.alert(5, "OK HARD", "fine")
	p.expect(`check +0 CRITICAL "down" ""`, `ack +1 "on it"`, `check +5 OK "fine" ""`,
		`ackremove +5 "acknowledgement cleared by recovery"`)
	p.alert(10, "WARNING HARD", "slow")
	p.expect(`check +10 WARNING "slow" ""`)
	p.finish()
}
