package journal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"

	"github.com/google/go-cmp/cmp"
)

// lasting makes an event that no later one supersedes.
func lasting(n int) outbox.Event {
	e := event(n)
	e.Supersedable = false
	return e
}

func TestSupersededEvents(t *testing.T) {
	at := time.Unix(0, 0)
	heads := func(text string) []head { // newest first; lower case: a check result
		var hs []head
		for i, c := range []byte(text) {
			hs = append(hs, head{
				id: int64(len(text) - i), entity: strings.ToLower(string(c)), at: at,
				supersedable: c >= 'a',
			})
		}
		return hs
	}
	for _, test := range []struct {
		newestFirst string
		want        []int64
	}{
		{"a", nil},
		{"aa", []int64{1}},
		{"abab", []int64{2, 1}},
		{"aaaa", []int64{3, 2, 1}},
		{"aA", nil},
		{"Aa", nil},
		{"aAa", nil},
		{"aaAaa", []int64{4, 1}},
		{"abAba", []int64{2}},
		{"AAA", nil},
	} {
		s := &sweep{before: at.Add(1), newer: map[string]outbox.Route{}}
		var got []int64
		for _, h := range heads(test.newestFirst) { // in steps of one
			got = append(got, s.superseded([]head{h})...)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.newestFirst, diff)
		}
		s = &sweep{before: at, newer: map[string]outbox.Route{}}
		if got := s.superseded(heads(test.newestFirst)); got != nil {
			t.Errorf("%s: %v is not old enough", test.newestFirst, got)
		}
	}
}

func TestAtTheBoundSupersededResultsGoFirst(t *testing.T) {
	t.Parallel()
	const bound = 2 << 20
	var log testlog.Buffer
	path := tempPath(t)
	var minutes atomic.Int64
	now := func() time.Time { return time.Unix(1_700_000_000+60*minutes.Load(), 0) }
	j := openTest(t, Options{Path: path, MaxBytes: bound, Logger: log.Logger(), Now: now})
	mustRegister(t, j, "p")
	var kept []int
	const last = 8000 // 6 MB
	ctx := testContext(t)
	for n := 1; n <= last; n++ {
		e := event(n)
		if n%1000 == 0 { // comment on host-0, now and then
			e = lasting(n)
			kept = append(kept, n)
		}
		ticket, err := j.Append(ctx, outbox.Commit{
			Source: "source", Position: fmt.Append(nil, n), Events: []outbox.Event{e},
		})
		if err != nil {
			t.Fatal(err)
		}
		if n%500 == 0 {
			if err := ticket.Wait(ctx); err != nil {
				t.Fatal(err)
			}
			if size := fileSize(path); size > bound {
				t.Fatalf("the file has %d bytes", size)
			}
		}
	}
	eventually(t, "the last sweep is done", func() bool {
		done := false
		_ = j.perform(ctx, func(w *writer) error { done = w.sweep == nil; return nil })
		return done
	})
	entries := readAll(t, j, 0)
	there := map[int]bool{}
	before := 0
	for _, e := range entries {
		var n int
		if _, err := fmt.Sscanf(e.MessageID, "message-%d", &n); err != nil || n <= before {
			t.Fatalf("%s after %d", e.MessageID, before)
		}
		before, there[n] = n, true
	}
	for n := last - 9; n <= last; n++ {
		if !there[n] {
			t.Errorf("the newest of host %d is lost", n%10)
		}
	}
	for _, n := range kept {
		if !there[n] {
			t.Errorf("the comment %d is lost", n)
		}
		if n > 1000 && !there[n-10] {
			t.Errorf("%d, which the comment %d was made on, is lost", n-10, n)
		}
	}
	stats := j.Stats()
	if !stats.Full || stats.Superseded == 0 || stats.Superseded+stats.Events != last ||
		stats.Events != int64(len(entries)) {
		t.Errorf("%d read, %+v", len(entries), stats)
	}
	if got := log.Count("level=WARN"); got != 1 {
		t.Errorf("%d warnings:\n%s", got, log.String())
	}
	mustRelease(t, j, "p", last)
	minutes.Add(2)
	eventually(t, "there is room again", func() bool { return !j.Stats().Full })
	if log.Count("journal has room again") != 1 || log.Count(fmt.Sprintf("superseded=%d", stats.Superseded)) != 1 {
		t.Error(log.String())
	}
}

func TestWithNothingSupersededAppendWaitsForRelease(t *testing.T) {
	t.Parallel()
	path := tempPath(t)
	j := openTest(t, Options{Path: path, MaxBytes: 1 << 20})
	mustRegister(t, j, "p")
	ctx, cancel := context.WithCancel(testContext(t))
	stored := make(chan int, 10_000)
	stopped := make(chan error, 1)
	go func() {
		for n := 1; ; n++ {
			ticket, err := j.Append(ctx, outbox.Commit{
				Source: "source", Position: fmt.Append(nil, n), Events: []outbox.Event{lasting(n)},
			})
			if err == nil {
				err = ticket.Wait(ctx)
			}
			if err != nil {
				stopped <- err
				return
			}
			stored <- n
		}
	}()
	eventually(t, "the journal is full", func() bool { return j.Stats().Full })
	full := j.Stats().Events
	if full < 500 || fileSize(path) > 1<<20 {
		t.Errorf("full with %d events in %d bytes", full, fileSize(path))
	}
	// Positions and states still go in.
	for range int(full) {
		<-stored
	}
	mustRelease(t, j, "p", 100)
	for range 50 {
		select {
		case <-stored:
		case <-ctx.Done():
			t.Fatal("append does not go on after a release")
		}
	}
	mustRelease(t, j, "p", full)
	eventually(t, "full again", func() bool { return len(stored) > int(full)-100 })
	cancel()
	if err := <-stopped; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	held, err := j.Append(testContext(t), outbox.Commit{
		Events: []outbox.Event{{Route: outbox.Bus, Body: make([]byte, 900<<10)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, j)
	if err := held.Wait(testContext(t)); !errors.Is(err, ErrClosed) {
		t.Error("a commit without room:", err)
	}
	j = openTest(t, Options{Path: path})
	for i, e := range readAll(t, j, 0) {
		if e.MessageID != event(int(full)+i+1).MessageID {
			t.Fatalf("event %d is %s", i, e.MessageID)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	j := openTest(t, Options{Path: tempPath(t), MaxBytes: 1 << 20})
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	taken := 0
	for {
		e := lasting(taken)
		e.Body = make([]byte, 100<<10)
		if _, err := j.Append(ctx, outbox.Commit{Events: []outbox.Event{e}}); err != nil {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			break
		}
		taken++
	}
	if taken < 10 || taken > (queueBytes+1<<20)/(100<<10) {
		t.Errorf("%d commits of 100 KiB were taken", taken)
	}
}

func TestOldSupersededResultsGo(t *testing.T) {
	now := time.UnixMicro(1_700_000_000_000_000)
	j := openTest(t, Options{Path: tempPath(t), MaxAge: time.Hour, Now: func() time.Time { return now }})
	old := outbox.Commit{}
	for n := range 40 {
		e := event(n)
		e.Time = now.Add(-2 * time.Hour)
		e.Supersedable = n != 15
		old.Events = append(old.Events, e)
	}
	mustAppend(t, j, old)
	young := outbox.Commit{}
	for n := 40; n < 50; n += 2 { // the odd hosts have no newer result
		e := event(n)
		e.Time = now.Add(-time.Minute)
		young.Events = append(young.Events, e, e)
	}
	mustAppend(t, j, young)
	j.perform(testContext(t), func(w *writer) error { w.agingAt = time.Time{}; return nil })
	want := messageIDs(5, 15, 31, 33, 35, 37, 39, 40, 40, 42, 42, 44, 44, 46, 46, 48, 48)
	eventually(t, "old results are dropped, and counted", func() bool {
		return cmp.Equal(want, messages(readAll(t, j, 0))) && j.Stats().Aged >= 33
	})
	if stats := j.Stats(); stats.Aged != 33 || stats.Superseded != 0 {
		t.Errorf("%+v", stats)
	}
}
