package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/arbiter"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// memory is an outbox that keeps what it is given.
type memory struct {
	mu        sync.Mutex
	commits   []outbox.Commit
	positions map[string][]byte
	states    map[string][]byte
}

func (m *memory) Position(source string) ([]byte, error) { return m.positions[source], nil }

func (m *memory) States(yield func(string, []byte) error) error {
	for k, v := range m.states {
		if err := yield(k, v); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Store(_ context.Context, c outbox.Commit) (func(context.Context) error, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Source != "" {
		m.commits = append(m.commits, c)
	}
	return func(context.Context) error { return nil }, nil
}

// sent gives "routing key: output" of every stored event.
func (m *memory) sent(t *testing.T) []string {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, c := range m.commits {
		for _, e := range c.Events {
			var body struct{ Output string }
			if err := json.Unmarshal(e.Body, &body); err != nil {
				t.Fatal(err)
			}
			out = append(out, e.RoutingKey+": "+body.Output)
		}
	}
	return out
}

type shelf struct{ items []supervision.Rejected }

func (s *shelf) Add(items ...supervision.Rejected) error {
	s.items = append(s.items, items...)
	return nil
}

// script is a source that emits batches, and then does what end says.
type script struct {
	name    string
	batches []supervision.Batch
	from    []byte
	runs    int
	end     func(ctx context.Context) error
}

func (s *script) Name() string { return s.name }

func (s *script) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	s.from = from
	s.runs++
	for _, b := range s.batches {
		if err := emit(ctx, b); err != nil {
			return err
		}
	}
	return s.end(ctx)
}

func untilDone(ctx context.Context) error { <-ctx.Done(); return nil }

type groups map[string][]supervision.Entity

func (groups) Object(supervision.Entity) *supervision.Object { return nil }
func (g groups) Members(_ supervision.DowntimeScope, _ supervision.Entity, group string) []supervision.Entity {
	return g[group]
}

// run runs a pipeline over feeds until nothing moves any more.
func run(t *testing.T, out *memory, q *shelf, text *bytes.Buffer, feeds ...Feed) *tally.Tally {
	t.Helper()
	opts := eventmap.DefaultOptions()
	opts.ConnectorName = "test"
	opts.Events.DowntimeComment = true
	mapper, err := eventmap.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(text, nil))
	counts := tally.New(logger)
	p, err := New(Config{
		Feeds: feeds, Outbox: out, Mapper: mapper, Quarantine: q, Tally: counts, Logger: logger, Now: time.Now,
		Inventory: groups{"web": {{Host: "w1"}, {Host: "w2"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return counts
}

func check(host string, output string) supervision.Record {
	return supervision.Record{Kind: supervision.CheckResult, Entity: supervision.Entity{Host: host}, Time: time.Now(), Ref: output,
		Check: &supervision.Check{StateType: supervision.Hard, Attempt: 1, Output: output}}
}

var changes = arbiter.Witness{View: arbiter.Changes}

func TestABatchIsOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, q := &memory{positions: map[string][]byte{"log": []byte("before")}}, &shelf{}
		source := &script{name: "log", end: untilDone, batches: []supervision.Batch{{
			Records:  []supervision.Record{check("h1", "one"), check("h1", "two")},
			Rejected: []supervision.Rejected{{Source: "log", Where: "nagios.log:7", Reason: "no state"}},
			Position: []byte("behind"),
		}}}
		run(t, out, q, &bytes.Buffer{}, Feed{Source: source, Reader: changes})
		if string(source.from) != "before" {
			t.Errorf("began at %q", source.from)
		}
		if len(out.commits) != 1 || string(out.commits[0].Position) != "behind" || out.commits[0].Source != "log" || len(out.commits[0].States) != 1 {
			t.Fatalf("commits %+v", out.commits)
		}
		if diff := cmp.Diff([]string{"nagios.test.check.component.h1: one", "nagios.test.check.component.h1: two"}, out.sent(t)); diff != "" {
			t.Error(diff)
		}
		if len(q.items) != 1 || q.items[0].Where != "nagios.log:7" {
			t.Errorf("quarantine %+v", q.items)
		}
	})
}

func TestWhatCannotBeMappedIsQuarantinedAndTheRestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, q := &memory{}, &shelf{}
		nameless := check("\x01\x02", "no name is left")
		nameless.Ref = "log:12"
		source := &script{name: "log", end: untilDone, batches: []supervision.Batch{{
			Records: []supervision.Record{nameless, check("h1", "fine")}, Position: []byte("p"),
		}}}
		run(t, out, q, &bytes.Buffer{}, Feed{Source: source, Reader: changes})
		if diff := cmp.Diff([]string{"nagios.test.check.component.h1: fine"}, out.sent(t)); diff != "" {
			t.Error(diff)
		}
		if len(q.items) != 1 || q.items[0].Where != "log:12" || !strings.Contains(q.items[0].Reason, "check result") {
			t.Errorf("quarantine %+v", q.items)
		}
	})
}

func TestADowntimeForAGroupIsOneForEachMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &memory{}
		down := supervision.Record{Kind: supervision.DowntimeScheduled, Time: time.Now(), Ref: "r", Entity: supervision.Entity{Host: "ignored"}, Downtime: &supervision.Downtime{
			Scope: supervision.ScopeHostgroupHosts, Group: "web", Author: "bob", Comment: "work", Start: time.Now(), End: time.Now().Add(time.Hour), Fixed: true}}
		nobody := down
		none := *down.Downtime
		none.Group = "none"
		nobody.Downtime = &none
		source := &script{name: "log", end: untilDone, batches: []supervision.Batch{{Records: []supervision.Record{down, nobody}, Position: []byte("p")}}}
		counts := run(t, out, &shelf{}, &bytes.Buffer{}, Feed{Source: source, Reader: changes})
		var keys []string
		for _, s := range out.sent(t) {
			key, _, _ := strings.Cut(s, ": ")
			keys = append(keys, key)
		}
		if diff := cmp.Diff([]string{"nagios.test.comment.component.w1", "nagios.test.comment.component.w2"}, keys); diff != "" {
			t.Error(diff)
		}
		if counts.Counts()["downtime scheduled for a group without members in the object cache"] != 1 {
			t.Errorf("counts %v", counts.Counts())
		}
	})
}

func TestAReaderThatFailsIsStartedAgainAndTheOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		out := &memory{}
		bad := &script{name: "status", end: func(context.Context) error { return errors.New("permission denied") }}
		good := &script{name: "log", end: untilDone, batches: []supervision.Batch{{Records: []supervision.Record{check("h", "x")}, Position: []byte("p")}}}
		run(t, out, &shelf{}, &text, Feed{Source: bad, Reader: arbiter.Witness{View: arbiter.Snapshot}}, Feed{Source: good, Reader: changes})
		if bad.runs < 30 || bad.runs > 70 {
			t.Errorf("started %d times in an hour, want about one a minute", bad.runs)
		}
		if n := strings.Count(text.String(), "permission denied"); n != 1 {
			t.Errorf("the same failure is logged %d times:\n%s", n, text.String())
		}
		if len(out.sent(t)) != 1 {
			t.Error("the other reader did not go on")
		}
	})
}

func TestADamagedStateIsForgottenAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &memory{states: map[string][]byte{"h\x00": []byte("not a state")}}
		source := &script{name: "log", end: untilDone}
		counts := run(t, out, &shelf{}, &bytes.Buffer{}, Feed{Source: source, Reader: changes})
		if counts.Counts()["stored entity state unreadable"] != 1 {
			t.Errorf("counts %v", counts.Counts())
		}
	})
}

// full is an outbox to which a commit from before is still on its way.
type full struct {
	memory
	stored chan struct{} // closed when it has arrived
}

func (f *full) Store(ctx context.Context, c outbox.Commit) (func(context.Context) error, error) {
	if _, err := f.memory.Store(ctx, c); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		select {
		case <-f.stored:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}, nil
}

func TestFeedsBeginWhenAllFromBeforeIsDurableAndPublishersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := eventmap.DefaultOptions()
		opts.ConnectorName = "test"
		mapper, err := eventmap.New(opts)
		if err != nil {
			t.Fatal(err)
		}
		out := &full{stored: make(chan struct{})}
		source := &script{name: "log", end: untilDone}
		publishing := false
		p, err := New(Config{
			Feeds: []Feed{{Source: source, Reader: changes}}, Outbox: out, Mapper: mapper, Inventory: groups{},
			Workers: []Worker{{Name: "amqp", Run: func(ctx context.Context) error { publishing = true; return untilDone(ctx) }}},
			Tally:   tally.New(slog.New(slog.DiscardHandler)), Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, arrives := range []bool{false, true} {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- p.Run(ctx) }()
			synctest.Wait()
			if source.runs > 0 || !publishing {
				t.Errorf("before: the source was started %d times, the publisher: %v", source.runs, publishing)
			}
			if arrives {
				out.positions = map[string][]byte{"log": []byte("behind it")}
				close(out.stored)
				synctest.Wait()
				if string(source.from) != "behind it" {
					t.Errorf("began at %q", source.from)
				}
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}
