package timeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Of the results of an object that wait for a state the newest are kept: a status
// file shows the last.
func TestTheOldestResultWithoutAStateGivesWay(t *testing.T) {
	tl := newTimeline(t, options(logReader, status, stateless))
	for i := range maxStatelessOfObject {
		if got := take(tl, "perfdata", noState(i, fmt.Sprint(i)), at(i)); got != held {
			t.Fatalf("result %d: %s", i, got)
		}
	}
	if got, want := take(tl, "perfdata", noState(50, "last"), at(50)), string(StateUnknown); got != want {
		t.Errorf("one too many: %s, want %s", got, want)
	}
	if n := len(tl.objects[web].held); n != maxStatelessOfObject || tl.held != n {
		t.Errorf("%d are held, %d in all", n, tl.held)
	}
	o := outcomes{kind: supervision.CheckResult}
	tl.Tick(at(50).Add(stateWait), o.add)
	if len(o.all) != maxStatelessOfObject || tl.held != 0 {
		t.Errorf("after the wait: %s, %d are held", o.String(), tl.held)
	}
}

// A wait that was stored before our clock went back doesn't last until the clock has
// come there again.
func TestAWaitEndsAlthoughOurClockGoesBack(t *testing.T) {
	tl := newTimeline(t, options(logReader, perfdata))
	take(tl, "perfdata", result(web, 1, 0, "OK"), at(1))
	if got := take(tl, "log", result(web, 10, 2, "CRITICAL"), at(10)); got != held {
		t.Fatal(got)
	}
	tl = restored(t, tl)
	back := at(10).Add(-24 * time.Hour)
	tl.Tick(back, func(Decision) { t.Error("left at once") })
	if due := tl.Due().Sub(back); due <= 0 || due > noteWait {
		t.Errorf("due after %s", due)
	}
	o := outcomes{kind: supervision.CheckResult}
	if tl.Tick(tl.Due(), o.add); o.String() != sent {
		t.Errorf("when due: %s", o.String())
	}
	if !tl.Due().IsZero() {
		t.Error("due although nothing waits")
	}
}

// The log had nothing to report while the clock went back.
func TestAReaderLearnsOfAStepFromTheOthers(t *testing.T) {
	run(t, options(logReader, perfdata), []step{
		{"log", result(host, 980, 0, "UP"), 1000, sent},
		{"perfdata", result(web, 1000, 0, "OK"), 1000, sent},
		{"perfdata", result(web, 910, 0, "OK"), 1001, sent},  // 90 s back
		{"log", result(web, 930, 2, "CRITICAL"), 1021, held}, // 50 s back, which alone shows nothing
		tick(1022, supervision.CheckResult, sent),
		{"perfdata", result(web, 925, 0, "OK"), 1023, late},
	})
}

func TestWhatWasSaidIsForgotten(t *testing.T) {
	for name, c := range map[string]struct {
		alone bool
		want  int
	}{"nobody else reports it": {true, maxSaid}, "another reader is behind": {false, maxOpen}} {
		t.Run(name, func(t *testing.T) {
			var n notes
			for i := range uint64(3 * maxOpen) {
				n.heard(said{hash: i, readers: 1}, c.alone)
			}
			if len(n.said) != c.want || n.said[c.want-1].hash != 3*maxOpen-1 {
				t.Errorf("%d are remembered, want %d", len(n.said), c.want)
			}
		})
	}
	var n notes
	for i := range uint64(3 * maxOpen) {
		if n.heard(said{hash: i, readers: 1}, false) || !n.heard(said{hash: i, readers: 2}, false) {
			t.Fatalf("%d: the second reader repeats the first", i)
		}
	}
	if len(n.said) != maxSaid {
		t.Errorf("%d that both have reported are remembered, want %d", len(n.said), maxSaid)
	}
}

// A supervisor that starts begins its downtimes anew, a moment later.
func TestADowntimeOutlivesAStart(t *testing.T) {
	noDowntime := func(sec int) supervision.Record {
		return flagged(seen(web, sec, sec, 0, "OK"), supervision.Flags{At: at(sec)})
	}
	start := supervision.Record{Kind: supervision.SupervisorStarted, Time: at(50), Process: &supervision.ProcessState{}}
	tl := run(t, options(logReader, status), []step{
		{"log", downtime(supervision.DowntimeStarted, 2, 0), 0, sent},
		{"log", start, 0, sent},
		{"status", noDowntime(55), 0, sent},
		tick(60, supervision.DowntimeEnded, held),
		{"status", noDowntime(50 + beginAnew + 5), 0, sent},
		tick(50+beginAnew+10, supervision.DowntimeEnded, sent),
	})
	if depth := tl.Flags(web).DowntimeDepth; depth != 0 {
		t.Errorf("depth %d", depth)
	}
}

// Without the names of the readers nobody knows whose a bit is.
func TestALostMemoryOfTheSiteSendsNothingAgain(t *testing.T) {
	before := run(t, options(perfdata, logReader), []step{
		{"perfdata", result(web, 10, 2, "CRITICAL"), 0, sent},
		{"log", note(supervision.CommentAdded, 11, "bob", "hello"), 0, sent},
	})
	after := newTimeline(t, options(logReader, status))
	if err := after.Remember(siteKey, []byte{memoryVersion}); err == nil {
		t.Error("a cut memory was read")
	}
	if err := after.Remember("web01\x00HTTP", before.objects[web].encode()); err != nil {
		t.Fatal(err)
	}
	if err := after.Restored(); err != nil {
		t.Fatal(err)
	}
	for i, s := range []step{
		{"log", result(web, 10, 2, "CRITICAL"), 20, seenAlready}, // the bit was perfdata's
		{"status", note(supervision.CommentAdded, 11, "bob", "hello"), 20, seenAlready},
	} {
		if got := take(after, s.from, s.rec, at(s.now)); got != s.want {
			t.Errorf("step %d: %s, want %s", i, got, s.want)
		}
	}
}

// What a reader without texts has reported stays without one when the reader is gone.
func TestAHeldResultOfAReaderThatIsGone(t *testing.T) {
	before := run(t, options(textless, logReader), []step{
		{"perfdata", result(web, 1, 0, ""), 0, sent},
		{"perfdata", result(web, 10, 2, ""), 0, held},
	})
	after := newTimeline(t, options(logReader, status))
	for key, value := range map[string][]byte{
		siteKey: before.encodeSite(), "web01\x00HTTP": before.objects[web].encode(),
	} {
		if err := after.Remember(key, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := after.Restored(); err != nil {
		t.Fatal(err)
	}
	after.Tick(at(20), func(Decision) {})
	if got := take(after, "status", seen(web, 9, 10, 2, "CRITICAL"), at(20)); got != "sent ("+string(Completion)+")" {
		t.Errorf("the text, from the status file: %s", got)
	}
}

// What is held is bounded in bytes: what can't wait is judged at once, and counted.
func TestWhatIsHeldIsBoundedInBytes(t *testing.T) {
	tl := newTimeline(t, options(logReader, perfdata))
	long := strings.Repeat("x", 8<<20)
	becomes := func(i int, want string) {
		t.Helper()
		e := supervision.Entity{Host: fmt.Sprint("h", i), Service: "s"}
		take(tl, "perfdata", result(e, 1, 0, "OK"), at(1))
		if got := take(tl, "log", result(e, 10, 2, long), at(10)); got != want {
			t.Errorf("result %d: %s, want %s", i, got, want)
		}
	}
	const fit = maxHeldBytes/(8<<20) - 1
	for i := range fit {
		becomes(i, held)
	}
	becomes(fit, sent)
	if n := tl.Unheld(); n != 1 || tl.Unheld() != 0 {
		t.Errorf("%d could not wait, want 1, and to be said once", n)
	}
	if again := restored(t, tl); again.heldBytes != tl.heldBytes || again.heldBytes < fit*len(long) {
		t.Errorf("%d bytes are held after a restart, %d before", again.heldBytes, tl.heldBytes)
	}
	tl.Tick(at(20), func(Decision) {})
	if tl.heldBytes != 0 {
		t.Errorf("%d bytes are held when all have left", tl.heldBytes)
	}
}
