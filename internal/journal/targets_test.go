package journal

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

func TestAnEventGoesWhenAllHaveReleasedIt(t *testing.T) {
	path := tempPath(t)
	j := openTest(t, Options{Path: path})
	mustAppend(t, j, commit(1, 3))
	mustRegister(t, j, "amqp", "http")
	mustAppend(t, j, commit(4, 6))

	mustRelease(t, j, "amqp", 5)
	if got := j.Stats().Events; got != 6 {
		t.Errorf("%d events, though http has released none", got)
	}
	mustRelease(t, j, "http", 2)
	mustRelease(t, j, "http", 1) // goes nowhere
	if diff := cmp.Diff(messageIDs(3, 4, 5, 6), messages(readAll(t, j, 0))); diff != "" {
		t.Error(diff)
	}
	mustClose(t, j)

	j = openTest(t, Options{Path: path})
	want := map[string]int64{"amqp": 5, "http": 2}
	if diff := cmp.Diff(want, j.Stats().Cursors); diff != "" {
		t.Error(diff)
	}
	mustRegister(t, j, "amqp", "http", "new")
	if cursor, err := j.Cursor("new"); cursor != 2 || err != nil {
		t.Errorf("a new target starts after %d, %v: not with the oldest event", cursor, err)
	}
	mustRegister(t, j, "amqp")
	if _, err := j.Cursor("http"); err == nil {
		t.Error("http is still there")
	}
	if err := j.Release(testContext(t), "http", 6); err == nil {
		t.Error("http may still release")
	}
	eventually(t, "what only removed targets needed is deleted", func() bool { return j.Stats().Events == 1 })
	mustRelease(t, j, "amqp", 100) // beyond the end
	if got := j.Stats(); got.Events != 0 || got.Cursors["amqp"] != 6 {
		t.Errorf("%+v", got)
	}
	mustAppend(t, j, commit(7, 7))
	if got := readAll(t, j, 6); len(got) != 1 || got[0].ID != 7 {
		t.Errorf("%+v", got)
	}
}

func TestIDsAreNeverUsedTwice(t *testing.T) {
	path := tempPath(t)
	for round := range int64(3) {
		j := openTest(t, Options{Path: path})
		mustRegister(t, j, "p")
		mustAppend(t, j, commit(1, 2))
		if got := readAll(t, j, 0); len(got) != 2 || got[0].ID != 2*round+1 {
			t.Fatalf("round %d: %+v", round, got)
		}
		mustRelease(t, j, "p", 1<<40)
		mustRegister(t, j) // not even the cursor remembers
		mustClose(t, j)
	}
}

func TestReleaseOfMuchIsDoneInSteps(t *testing.T) {
	t.Parallel()
	j := openTest(t, Options{Path: tempPath(t)})
	mustRegister(t, j, "p")
	for n := 1; n <= 3*dropLimit; n += 1024 {
		mustAppend(t, j, commit(n, n+1023))
	}
	full := j.Stats().FileBytes
	mustRelease(t, j, "p", 3*dropLimit-1)
	eventually(t, "all is deleted and the file small", func() bool {
		s := j.Stats()
		return s.Events == 1 && s.FileBytes < full/10 && fileSize(j.opts.Path) < full/10
	})
	if diff := cmp.Diff(messageIDs(3*dropLimit), messages(readAll(t, j, 0))); diff != "" {
		t.Error(diff)
	}
}

func TestReleaseEndsWithItsContext(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	mustRegister(t, j, "p")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Release(ctx, "p", 0); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestBacklogOfATarget(t *testing.T) {
	j := openTest(t, Options{Path: tempPath(t)})
	ctx := testContext(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(j.SetTargets(ctx, Target{"a", []outbox.Route{outbox.Bus}},
		Target{"b", []outbox.Route{outbox.Bus, outbox.Pbehavior}}))
	for n := range 30 {
		route := outbox.Bus
		if n%3 == 0 {
			route = outbox.Pbehavior
		}
		e := outbox.Event{Entity: "e", Route: route, Body: []byte("{}")}
		ticket, err := j.Append(ctx, outbox.Commit{Events: []outbox.Event{e}})
		must(err)
		must(ticket.Wait(ctx))
	}
	must(j.Release(ctx, "a", 15))
	for target, want := range map[string]int64{"a": 10, "b": 30} {
		if got, err := j.Backlog(target); got != want || err != nil {
			t.Errorf("backlog of %s: %d, %v, want %d", target, got, err, want)
		}
	}
	if _, err := j.Backlog("c"); err == nil {
		t.Error("an unknown target has a backlog")
	}
	if got := fmt.Sprint(j.Targets()); got != "[{a [bus]} {b [bus pbehavior]}]" {
		t.Errorf("targets %s", got)
	}
}
