package endtoend

import (
	"fmt"
	"testing"
	"time"
)

// An order that the supervisor refused is not sent.
func TestOrderRefusedAck(t *testing.T) {
	p := newPlayed(t, playing{settings: logAlone})
	p.Start()
	p.mark()
	p.alert(0, "CRITICAL HARD", "bad")
	const order = "ACKNOWLEDGE_SVC_PROBLEM;h;s;2;1;1;Jean d'Arc;"
	p.log(1, "EXTERNAL COMMAND: "+order, "Error: External command failed -> "+order,
		fmt.Sprintf("External command [%d] %s returned error Command failed", p.base+1, order))
	p.expect(`check +0 CRITICAL "bad" ""`)
	p.finish()
}

// An order that the supervisor refused without a line: the status file has the
// last word.
func TestOrderStatusTakesBack(t *testing.T) {
	problem := func(t *testing.T) *played {
		p := newPlayed(t, playing{ago: time.Minute})
		p.status(-20, shown{output: "fine", last: -25})
		p.Start()
		p.expect(`check -25 OK "fine" ""`)
		p.mark()
		p.alert(0, "CRITICAL HARD", "down")
		p.expect(`check +0 CRITICAL "down" ""`)
		return p
	}
	down := shown{state: 2, output: "down", last: 0}
	t.Run("an acknowledgement", func(t *testing.T) {
		p := problem(t)
		p.ack(5, true, "on it")
		p.expect(`ack +5 "on it"`)
		p.status(15, down)
		p.expect(`ackremove +15 "the supervisor reports no acknowledgement"`)
		p.finish()
	})
	t.Run("an acknowledgement of a result that it has shown before", func(t *testing.T) {
		p := problem(t)
		p.status(3, down)
		p.ack(5, true, "on it")
		p.expect(`ack +5 "on it"`)
		p.status(15, down)
		p.expect(`ackremove +15 "the supervisor reports no acknowledgement"`)
		p.finish()
	})
	t.Run("flapping", func(t *testing.T) {
		p := problem(t)
		p.status(3, down)
		p.log(5, "SERVICE FLAPPING ALERT: h;s;STARTED; It flaps")
		p.expect(`comment +5 "flapping started: It flaps"`)
		p.status(15, down)
		p.expect(`comment +15 "flapping stopped"`)
		p.finish()
	})
	t.Run("a downtime", func(t *testing.T) {
		p := newPlayed(t, playing{ago: time.Minute, settings: Settings{"mapping.events.downtime_comment": true}})
		p.status(-20, shown{output: "fine", last: -25})
		p.Start()
		p.expect(`check -25 OK "fine" ""`)
		p.mark()
		p.log(5, "SERVICE DOWNTIME ALERT: h;s;STARTED; Service has entered a period of scheduled downtime")
		p.expect(`comment +5 "downtime started: Service has entered a period of scheduled downtime"`)
		p.status(15, shown{output: "fine", last: -25})
		p.expect(`comment +15 "downtime ended"`)
		p.finish()
	})
}
