package pipeline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// passes starts b.pass and reports whether it has returned once nothing else
// moves.
func passes(t *testing.T, b *barrier, feed string, waits []Wait, since time.Time) func() bool {
	t.Helper()
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() { done <- b.pass(ctx, feed, waits, since) }()
	return func() bool {
		synctest.Wait()
		select {
		case err := <-done:
			done <- err
			return err == nil
		default:
			return false
		}
	}
}

func TestBarrier(t *testing.T) {
	now := time.Unix(1000, 0)
	log := []Wait{{For: "log"}}
	for _, c := range []struct {
		name    string
		waits   []Wait
		running []string
		then    func(b *barrier)
		want    bool
	}{
		{"waits for nobody", nil, []string{"log"}, func(*barrier) {}, true},
		{"the other has not come to its end", log, []string{"log"}, func(*barrier) {}, false},
		{"the other had come to its end before", log, []string{"log"}, func(b *barrier) { b.reached("log", now.Add(-1)) }, false},
		{"the other comes to its end", log, []string{"log"}, func(b *barrier) { b.reached("log", now) }, true},
		{"the other is not at its end", log, []string{"log"}, func(b *barrier) { b.reached("log", time.Time{}) }, false},
		{"once is enough", []Wait{{For: "log", Once: true}}, []string{"log"}, func(b *barrier) { b.reached("log", now.Add(-time.Hour)) }, true},
		{"once, and not yet", []Wait{{For: "log", Once: true}}, []string{"log"}, func(*barrier) {}, false},
		{"the other stops", log, []string{"log"}, func(b *barrier) { b.runs("log", false) }, true},
		{"nobody knows the other", log, nil, func(*barrier) {}, true},
		{"one of two", []Wait{{For: "log"}, {For: "perfdata"}}, []string{"log", "perfdata"}, func(b *barrier) { b.reached("log", now) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBarrier()
				for _, feed := range c.running {
					b.runs(feed, true)
				}
				passed := passes(t, b, "status", c.waits, now)
				c.then(b)
				if got := passed(); got != c.want {
					t.Errorf("passed %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestTwoThatWaitForEachOtherGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Unix(1000, 0)
		b := newBarrier()
		b.runs("a", true)
		b.runs("b", true)
		a := passes(t, b, "a", []Wait{{For: "b"}}, now)
		if a() {
			t.Fatal("a did not wait")
		}
		z := passes(t, b, "b", []Wait{{For: "a"}}, now)
		if !z() && !a() {
			t.Error("both wait for ever")
		}
	})
}

// The status file waits for perfdata that itself waits for the log.
func TestAChainIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Unix(1000, 0)
		b := newBarrier()
		for _, feed := range []string{"log", "perfdata", "status"} {
			b.runs(feed, true)
		}
		b.reached("status", now.Add(-time.Hour))
		perfdata := passes(t, b, "perfdata", []Wait{{For: "log"}, {For: "status", Once: true}}, now)
		status := passes(t, b, "status", []Wait{{For: "log"}, {For: "perfdata"}}, now)
		if perfdata() || status() {
			t.Fatal("they did not wait for the log")
		}
		b.reached("log", now)
		if !perfdata() || status() {
			t.Fatal("the status file did not wait for perfdata")
		}
		b.reached("perfdata", now)
		if !status() {
			t.Error("the status file waits for ever")
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	b := newBarrier()
	b.runs("log", true)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.pass(ctx, "status", []Wait{{For: "log"}}, time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
