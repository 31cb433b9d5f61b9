package journal

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
)

// routed makes the nth event of a test, for a route.
func routed(n int, route outbox.Route) outbox.Event {
	e := event(n)
	e.Route = route
	return e
}

func mustSetTargets(t testing.TB, j *Journal, targets ...Target) {
	t.Helper()
	if err := j.SetTargets(testContext(t), targets...); err != nil {
		t.Fatal(err)
	}
}

func mustRead(t testing.TB, j *Journal, target string, after int64) []outbox.Message {
	t.Helper()
	got, err := j.Read(testContext(t), target, after, 1000, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func eventuallyHolds(t testing.TB, j *Journal, events int) {
	t.Helper()
	eventually(t, fmt.Sprint(events, " events are left"), func() bool { return j.Stats().Events == int64(events) })
}

var (
	busTarget  = Target{"amqp", []outbox.Route{outbox.Bus}}
	httpTarget = Target{"http", []outbox.Route{outbox.Pbehavior}}
	allTarget  = Target{"all", []outbox.Route{outbox.Bus, outbox.Pbehavior}}
)

func TestATargetReadsItsRoutesOnly(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustSetTargets(t, j, busTarget, httpTarget, allTarget)
	mustAppend(t, j, outbox.Commit{Events: []outbox.Event{
		routed(1, outbox.Bus), routed(2, outbox.Pbehavior), routed(3, outbox.Bus), routed(4, outbox.Pbehavior),
	}})
	for target, want := range map[string][]string{
		"amqp": messageIDs(1, 3), "http": messageIDs(2, 4), "all": messageIDs(1, 2, 3, 4),
	} {
		got := mustRead(t, j, target, 0)
		if diff := cmp.Diff(want, messages(got)); diff != "" {
			t.Errorf("%s: %s", target, diff)
		}
		for _, e := range got {
			if (e.Route == outbox.Bus) != (e.ID%2 == 1) {
				t.Errorf("event %d has route %s", e.ID, e.Route)
			}
		}
	}
	if _, err := j.Read(testContext(t), "nobody", 0, 1, 1); err == nil {
		t.Error("a target that was not set may read")
	}
	if _, err := j.Append(testContext(t), outbox.Commit{Events: []outbox.Event{{Entity: "e"}}}); err == nil {
		t.Error("an event without a route is taken")
	}
}

// A target finds its event after more events of others than one look reads.
func TestATargetPassesOverManyEventsOfOthers(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustSetTargets(t, j, busTarget, httpTarget)
	c := commit(1, 3*pageRows+10)
	c.Events = append(c.Events, routed(9000, outbox.Pbehavior))
	mustAppend(t, j, c)
	if got, err := j.Read(testContext(t), "http", 0, 1, 1); err != nil || len(got) != 1 ||
		got[0].Route != outbox.Pbehavior {
		t.Errorf("%v, %v", messages(got), err)
	}
}

func TestAnIdleTargetHoldsNothing(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustSetTargets(t, j, busTarget, httpTarget)
	mustAppend(t, j, outbox.Commit{Events: []outbox.Event{routed(1, outbox.Pbehavior)}})
	mustAppend(t, j, commit(2, 10))
	mustRelease(t, j, "http", 1) // its last one; it has read nothing after it
	mustRelease(t, j, "amqp", 10)
	eventuallyHolds(t, j, 0)
	mustAppend(t, j, commit(11, 20))
	mustRelease(t, j, "amqp", 20)
	eventuallyHolds(t, j, 0)
}

func TestATargetThatLagsHoldsOnlyItsRoute(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustSetTargets(t, j, busTarget, httpTarget)
	for n := 1; n <= 40; n++ {
		route := outbox.Bus
		if n%10 == 0 {
			route = outbox.Pbehavior
		}
		mustAppend(t, j, outbox.Commit{Events: []outbox.Event{routed(n, route)}})
		mustRelease(t, j, "amqp", int64(n))
	}
	eventuallyHolds(t, j, 4)
	mustClose(t, j)
	j = openTest(t, Options{Path: path})
	mustSetTargets(t, j, busTarget, httpTarget)
	if diff := cmp.Diff(messageIDs(10, 20, 30, 40), messages(mustRead(t, j, "http", 0))); diff != "" {
		t.Error(diff)
	}
	mustRelease(t, j, "http", 40)
	eventuallyHolds(t, j, 0)
}

func TestWaitIsForATargetsRoutes(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustSetTargets(t, j, busTarget, httpTarget)
	mustAppend(t, j, commit(1, 10))
	ctx := testContext(t)
	if got := mustRead(t, j, "http", 0); len(got) != 0 {
		t.Fatal(messages(got))
	}
	waiting := make(chan error, 1)
	go func() { waiting <- j.Wait(ctx, "http", 0) }()
	mustAppend(t, j, commit(11, 20))
	select {
	case err := <-waiting:
		t.Fatal("woken by another route:", err)
	case <-time.After(20 * time.Millisecond):
	}
	mustAppend(t, j, outbox.Commit{Events: []outbox.Event{routed(21, outbox.Pbehavior)}})
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, j, "http", 0); len(got) != 1 {
		t.Error(messages(got))
	}
}

// Where the newest event has gone (damaged, set aside), Wait must not return
// again and again with nothing to read.
func TestWaitAfterAReadThatFoundNothing(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustRegister(t, j, "p")
	mustAppend(t, j, commit(1, 2))
	mustClose(t, j)
	execute(t, path, "UPDATE events SET body = 'changed' WHERE id = 2")
	j = openTest(t, Options{Path: path})
	if got := mustRead(t, j, "p", 1); len(got) != 0 {
		t.Fatal(messages(got))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := j.Wait(ctx, "p", 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	mustAppend(t, j, commit(3, 3))
	if err := j.Wait(testContext(t), "p", 1); err != nil {
		t.Error(err)
	}
}

func TestEventsThatNobodyServesAreDropped(t *testing.T) {
	path := tempPath(t)
	var log testlog.Buffer
	j := openTest(t, Options{Path: path, Logger: log.Logger()})
	mustSetTargets(t, j, busTarget, httpTarget)
	var c outbox.Commit
	for n := 1; n <= 30; n++ {
		c.Events = append(c.Events, routed(n, []outbox.Route{outbox.Bus, outbox.Pbehavior}[n%2]))
	}
	mustAppend(t, j, c)
	mustClose(t, j)
	j = openTest(t, Options{Path: path, Logger: log.Logger()})
	eventuallyHolds(t, j, 30) // before the targets are known
	mustSetTargets(t, j, busTarget)
	eventuallyHolds(t, j, 15)
	eventually(t, "they are counted", func() bool { return j.Stats().Unserved == 15 })
	if log.Count("no target serves their route") != 1 || log.Count("count=15") != 1 {
		t.Error(log.String())
	}
	// Such events may still come, from a commit that was on its way.
	mustAppend(t, j, outbox.Commit{Events: []outbox.Event{routed(31, outbox.Pbehavior)}})
	eventuallyHolds(t, j, 15)
	mustRelease(t, j, "amqp", 30)
	eventuallyHolds(t, j, 0)
}

// The routes of a target move to another one: what the first has not sent is
// sent by the second.
func TestATargetThatTakesOverARouteStartsWithItsOldestEvent(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustSetTargets(t, j, busTarget, httpTarget)
	mustAppend(t, j, outbox.Commit{Events: []outbox.Event{
		routed(1, outbox.Bus), routed(2, outbox.Pbehavior), routed(3, outbox.Bus),
		routed(4, outbox.Pbehavior), routed(5, outbox.Pbehavior),
	}})
	mustRelease(t, j, "http", 4)
	mustSetTargets(t, j, Target{"http", []outbox.Route{outbox.Bus, outbox.Pbehavior}})
	cursor, err := j.Cursor("http")
	if err != nil || cursor != 0 {
		t.Errorf("cursor %d, %v", cursor, err)
	}
	if diff := cmp.Diff(messageIDs(1, 3, 5), messages(mustRead(t, j, "http", cursor))); diff != "" {
		t.Error(diff)
	}
}

func TestSetTargetsRefusesWhatMakesNoSense(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	for _, targets := range [][]Target{{{"", allTarget.Routes}}, {{"a", nil}}, {busTarget, busTarget}} {
		if err := j.SetTargets(testContext(t), targets...); err == nil {
			t.Errorf("%v is taken", targets)
		}
	}
}

func TestACheckOfAnotherRouteSupersedesNothing(t *testing.T) {
	at := time.Unix(0, 0)
	s := &sweep{before: at.Add(1), newer: map[string]outbox.Route{}}
	got := s.superseded([]head{ // newest first
		{id: 4, entity: "a", route: outbox.Bus, at: at, supersedable: true},
		{id: 3, entity: "a", route: outbox.Pbehavior, at: at, supersedable: true},
		{id: 2, entity: "a", route: outbox.Pbehavior, at: at, supersedable: true},
		{id: 1, entity: "a", route: outbox.Bus, at: at, supersedable: true},
	})
	if diff := cmp.Diff([]int64{2}, got); diff != "" {
		t.Error(diff)
	}
}

// TestRandomRoutes does random things with two routes and three targets, and
// compares with a model: each target receives each event of its routes, in
// order, again only if it has not released it, and what all have released is
// gone.
func TestRandomRoutes(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	path := tempPath(t)
	targets := []Target{busTarget, httpTarget, allTarget}
	var stored []outbox.Event
	read, released := map[string]int64{}, map[string]int64{}
	serves := func(target Target, id int64) bool {
		for _, route := range target.Routes {
			if stored[id-1].Route == route {
				return true
			}
		}
		return false
	}
	expected := func(target Target, after int64) []string {
		ids := []string{}
		for id := after + 1; id <= int64(len(stored)); id++ {
			if serves(target, id) {
				ids = append(ids, stored[id-1].MessageID)
			}
		}
		return ids
	}
	left := func() (n int) {
		for id := int64(1); id <= int64(len(stored)); id++ {
			for _, target := range targets {
				if serves(target, id) && id > released[target.Name] {
					n++
					break
				}
			}
		}
		return n
	}
	j := openTest(t, Options{Path: path})
	mustSetTargets(t, j, targets...)
	for range 600 {
		target := targets[random.IntN(len(targets))]
		switch name := target.Name; random.IntN(10) {
		case 0, 1, 2:
			var c outbox.Commit
			for range 1 + random.IntN(8) {
				route := outbox.Bus
				if random.IntN(4) == 0 {
					route = outbox.Pbehavior
				}
				stored = append(stored, routed(len(stored)+1, route))
				c.Events = append(c.Events, stored[len(stored)-1])
			}
			mustAppend(t, j, c)
		case 3, 4, 5:
			got := mustRead(t, j, name, read[name])
			if diff := cmp.Diff(expected(target, read[name]), messages(got)); diff != "" {
				t.Fatalf("%s after %d: %s", name, read[name], diff)
			}
			if len(got) > 0 {
				read[name] = got[random.IntN(len(got))].ID
			}
		case 6, 7, 8:
			if read[name] > released[name] {
				released[name] += 1 + random.Int64N(read[name]-released[name])
				mustRelease(t, j, name, released[name])
			}
			eventuallyHolds(t, j, left())
		default:
			mustClose(t, j)
			j = openTest(t, Options{Path: path})
			if random.IntN(2) == 0 {
				random.Shuffle(len(targets), func(a, b int) { targets[a], targets[b] = targets[b], targets[a] })
				mustSetTargets(t, j, targets...)
			}
			for _, target := range targets { // they begin again where they have released
				cursor, err := j.Cursor(target.Name)
				if err != nil || cursor != released[target.Name] {
					t.Fatalf("cursor of %s is %d, %v, want %d", target.Name, cursor, err, released[target.Name])
				}
				read[target.Name] = cursor
			}
		}
	}
	for _, target := range targets {
		got := mustRead(t, j, target.Name, read[target.Name])
		if diff := cmp.Diff(expected(target, read[target.Name]), messages(got)); diff != "" {
			t.Fatalf("%s at the end: %s", target.Name, diff)
		}
		released[target.Name] = int64(len(stored))
		mustRelease(t, j, target.Name, released[target.Name])
	}
	eventuallyHolds(t, j, 0)
	if stats := j.Stats(); stats.Damaged+stats.Unserved != 0 {
		t.Errorf("%+v", stats)
	}
	t.Logf("%d events", len(stored))
}
