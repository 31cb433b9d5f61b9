package daemon

import (
	"fmt"
	"strings"
	"testing"
)

// nowhere is twoSites with a second target, at a port where nobody listens.
var nowhere = strings.Replace(twoSites, "[{type: stdout}]",
	"[{type: stdout}, {name: far, type: amqp, urls: ['amqp://127.0.0.1:1/x']}]", 1)

// send lets problems be logged, and waits until the first target has printed them.
func (r *rig) send(n int, output string) {
	r.t.Helper()
	for i := range n {
		r.alert("paris", fmt.Sprint("host-", i), output)
	}
	r.out.await(r.t, n, `"output":"`+output+`"`)
}

// leave runs a daemon until ten events wait for the target that is nowhere.
func (r *rig) leave() {
	r.t.Helper()
	r.config = nowhere
	_, stop := r.begin()
	r.send(10, "left")
	stop()
}

func TestATargetThatIsTakenOutKeepsItsBacklog(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.config = nowhere
	l, stop := r.begin()
	if got := len(l.Report().Targets); got != 2 {
		t.Errorf("%d targets", got)
	}
	r.send(10, "before")
	for _, target := range l.Report().Targets {
		if target.Name == "stdout" && (!target.Working || target.Sent == 0) {
			t.Errorf("the state of a target that has sent: %+v", target)
		}
	}
	r.config = twoSites
	l.reload(t.Context())
	r.log.await(t, 1, "target=far unsent=10")
	l.reload(t.Context())
	if n, _ := r.log.count("not configured any more"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
	if got := len(l.Report().Targets); got != 1 {
		t.Errorf("%d targets are shown", got)
	}
	r.send(5, "meanwhile")
	r.config = nowhere
	l.reload(t.Context())
	r.log.await(t, 1, `it goes on where it was" target=far unsent=15`)
	stop()
}

func TestABacklogIsKeptThroughARestart(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.leave()
	r.config = twoSites
	for n := range 2 {
		l, stop := r.begin()
		r.log.await(t, n+1, "its events are kept until it is back")
		if left, err := l.journal.Backlog("far"); left != 10 || err != nil {
			t.Errorf("%d events are kept, %v", left, err)
		}
		stop()
	}
}

func TestABacklogIsDroppedOnRequest(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.leave()
	r.daemon.DropBacklogs = []string{"far"}
	if err := r.daemon.Run(t.Context(), nil); err == nil ||
		!strings.Contains(err.Error(), "the backlog of target far is not dropped, because the target is configured") {
		t.Errorf("the backlog of a target that is configured: %v", err)
	}
	r.config = twoSites
	r.daemon.DropBacklogs = []string{"far", "father"}
	l, stop := r.begin()
	defer stop()
	r.log.await(t, 1, "are dropped\" target=far dropped=10")
	r.log.await(t, 1, `nothing to drop" target=father`)
	if stats := l.Report().Journal; stats.Cursors["far"] != 0 || len(stats.Cursors) != 1 {
		t.Errorf("cursors %v", stats.Cursors)
	}
	// It is done once: what is switched off later is kept.
	r.config = nowhere
	l.reload(t.Context())
	r.send(3, "later")
	r.config = twoSites
	l.reload(t.Context())
	r.log.await(t, 1, "target=far unsent=3")
}

func TestABacklogTakesHalfOfTheJournalAtMost(t *testing.T) {
	r := newRig(t, "paris", "lyon")
	r.leave()
	r.config = twoSites
	l, stop := r.begin()
	defer stop()
	l.boundLeft(t.Context())
	if n, _ := r.log.count("are dropped"); n != 0 {
		t.Fatal("dropped from a journal with room")
	}
	long := strings.Repeat("long ", 1000)
	for n := 0; l.Report().Journal.Bytes <= l.Report().Journal.MaxBytes/keptShare; n += 20 {
		for i := range 20 {
			r.alert("paris", fmt.Sprint("host-", i), fmt.Sprint(n, long))
		}
		r.out.await(t, n+20, "long long")
	}
	l.boundLeft(t.Context())
	r.log.await(t, 1, "nothing is kept any more")
	r.log.await(t, 1, "are dropped\" target=far dropped=")
	if left := l.journal.Targets(); len(left) != 1 {
		t.Errorf("kept are %v", left)
	}
	l.boundLeft(t.Context())
	if n, _ := r.log.count("nothing is kept any more"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
}
