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

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// memory is an outbox that keeps what it is given.
type memory struct {
	mu        sync.Mutex
	commits   []outbox.Commit
	positions map[string][]byte
	states    map[string][]byte
}

func (m *memory) Position(source string) ([]byte, error) { return m.positions[source], nil }

func (m *memory) States(scope outbox.Scope, yield func(string, []byte) error) error {
	for k, v := range m.states {
		key, ours := scope.Cut(k)
		if !ours {
			continue
		}
		if err := yield(key, v); err != nil {
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

// sent returns "routing key: output" of every stored event.
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

type shelf struct {
	mu    sync.Mutex
	items []supervision.Rejected
}

func (s *shelf) Add(items ...supervision.Rejected) error {
	s.mu.Lock()
	defer s.mu.Unlock()
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
	counts := tally.New(logger, time.Now)
	p, err := New(Config{
		Feeds: feeds, Outbox: out, Mapper: mapper, Quarantine: q, Tally: counts, Logger: logger, Now: time.Now,
		Inventory: groups{"web": {{Host: "w1"}, {Host: "w2"}}}, Serves: bus,
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

func bus(r outbox.Route) bool { return r == outbox.Bus }

// count returns a counter.
func count(t *tally.Tally, key tally.Key) uint64 {
	for _, c := range t.Counts() {
		if c.Key == key {
			return c.N
		}
	}
	return 0
}

func check(host string, output string) supervision.Record {
	return supervision.Record{
		Kind: supervision.CheckResult, Entity: supervision.Entity{Host: host}, Time: time.Now(), Ref: output,
		Check: &supervision.Check{StateType: supervision.Hard, Attempt: 1, Output: output},
	}
}

var changes = timeline.Reader{View: timeline.Changes, HasState: true, HasOutput: true}

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
		if len(out.commits) != 1 || string(out.commits[0].Position) != "behind" || out.commits[0].Source != "log" ||
			len(out.commits[0].States) != 2 { // of the site and of the host
			t.Fatalf("commits %+v", out.commits)
		}
		if diff := cmp.Diff([]string{"nagios.test.check.component.h1: one", "nagios.test.check.component.h1: two"},
			out.sent(t)); diff != "" {
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
		down := supervision.Record{
			Kind: supervision.DowntimeScheduled, Time: time.Now(), Ref: "r",
			Entity: supervision.Entity{Host: "ignored"}, Downtime: &supervision.Downtime{
				Scope: supervision.ScopeHostgroupHosts, Group: "web", Author: "bob", Comment: "work", Start: time.Now(),
				End: time.Now().Add(time.Hour), Fixed: true},
		}
		nobody := down
		none := *down.Downtime
		none.Group = "none"
		nobody.Downtime = &none
		source := &script{
			name: "log", end: untilDone,
			batches: []supervision.Batch{{Records: []supervision.Record{down, nobody}, Position: []byte("p")}},
		}
		counts := run(t, out, &shelf{}, &bytes.Buffer{}, Feed{Source: source, Reader: changes})
		var keys []string
		for _, s := range out.sent(t) {
			key, _, _ := strings.Cut(s, ": ")
			keys = append(keys, key)
		}
		if diff := cmp.Diff([]string{"nagios.test.comment.component.w1", "nagios.test.comment.component.w2"},
			keys); diff != "" {
			t.Error(diff)
		}
		if n := count(counts, tally.Key{
			What: whatNotSent, Source: "log", Kind: "downtime scheduled",
			Reason: "the group has no members in the object cache",
		}); n != 1 {
			t.Errorf("%d of %+v", n, counts.Counts())
		}
	})
}

func TestAReaderThatFailsIsStartedAgainAndTheOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		out := &memory{}
		bad := &script{name: "status", end: func(context.Context) error { return errors.New("permission denied") }}
		good := &script{
			name: "log", end: untilDone,
			batches: []supervision.Batch{{Records: []supervision.Record{check("h", "x")}, Position: []byte("p")}},
		}
		snapshots := timeline.Reader{View: timeline.Snapshot, HasState: true, HasOutput: true}
		run(t, out, &shelf{}, &text, Feed{Source: bad, Reader: snapshots},
			Feed{Source: good, Reader: changes})
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
		if n := count(counts, tally.Key{What: whatForgotten}); n != 1 {
			t.Errorf("%d of %+v", n, counts.Counts())
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
			Feeds: []Feed{{Source: source, Reader: changes}}, Outbox: out, Serves: bus, Mapper: mapper,
			Inventory: groups{},
			Workers: []Worker{{
				Kind: "reader", Name: "objects", Run: func(ctx context.Context) error {
					publishing = true
					return untilDone(ctx)
				},
			}},
			Tally: tally.New(slog.New(slog.DiscardHandler), time.Now), Logger: slog.New(slog.DiscardHandler),
			Now: time.Now,
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

// runSite runs one site's pipeline over feeds until nothing moves any more.
func runSite(t *testing.T, out *memory, c Config) (*Pipeline, *tally.Tally) {
	t.Helper()
	opts := eventmap.DefaultOptions()
	opts.ConnectorName = "test"
	mapper, err := eventmap.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	c.Outbox, c.Inventory, c.Quarantine, c.Now = out, groups{}, &shelf{}, time.Now
	c.Logger = slog.New(slog.DiscardHandler)
	c.Tally = tally.New(c.Logger, time.Now)
	if c.Mapper == nil {
		c.Mapper = mapper
	}
	if c.Serves == nil {
		c.Serves = bus
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return p, c.Tally
}

func one(name string, records ...supervision.Record) *script {
	return &script{
		name: name, end: untilDone, batches: []supervision.Batch{{Records: records, Position: []byte("p of " + name)}},
	}
}

func TestSitesDoNotSeeEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &memory{positions: map[string][]byte{
			"log": []byte("of the empty scope"), outbox.Scope("paris").Key("log"): []byte("of paris"),
		}}
		source := one("log", check("h", "x"))
		runSite(t, out, Config{Site: "paris", Scope: "paris", Feeds: []Feed{{Source: source, Reader: changes}}})
		if string(source.from) != "of paris" {
			t.Errorf("began at %q", source.from)
		}
		c := out.commits[0]
		if c.Source != outbox.Scope("paris").Key("log") || len(c.States) != 2 {
			t.Errorf("commit %+v", c)
		}
		// Another site has not heard of it, the same one has.
		out.states = map[string][]byte{}
		for _, s := range c.States {
			out.states[s.Key] = s.Value
		}
		if out.states[outbox.Scope("paris").Key("h\x00")] == nil {
			t.Errorf("states %+v", c.States)
		}
		ack := supervision.Record{
			Kind: supervision.AcknowledgementRemoved, Entity: supervision.Entity{Host: "h"}, Time: time.Now(), Ref: "r",
			Note: &supervision.Note{},
		}
		repeated := check("h", "x")
		repeated.Kind = supervision.PresentState
		for scope, want := range map[outbox.Scope]int{"lyon": 1, "paris": 0} {
			out.commits = nil
			runSite(t, out, Config{
				Site: string(scope), Scope: scope, Feeds: []Feed{{Source: one("log", repeated, ack), Reader: changes}},
			})
			if got := len(out.sent(t)); got != want {
				t.Errorf("%s sent %d events of a state that paris has sent, want %d", scope, got, want)
			}
		}
	})
}

func TestUnjudgedRecordsAreAllSentUnderTheirOwnName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := eventmap.DefaultOptions()
		opts.Connector, opts.ConnectorName = "nagios2canopsis", "watch"
		own, err := eventmap.New(opts)
		if err != nil {
			t.Fatal(err)
		}
		out := &memory{}
		beat := check("n2c", "alive")
		runSite(t, out, Config{Feeds: []Feed{
			{Source: one("log", check("h", "x")), Reader: changes},
			{Source: one("heartbeat", beat, beat, beat), Unjudged: true, Mapper: own},
		}})
		var beats int
		for _, s := range out.sent(t) {
			if s == "nagios2canopsis.watch.check.component.n2c: alive" {
				beats++
			}
		}
		if beats != 3 || len(out.sent(t)) != 4 {
			t.Errorf("sent %q", out.sent(t))
		}
	})
}

func TestEventsThatNoTargetTakesAreCountedAndNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &memory{}
		nothing := func(outbox.Route) bool { return false }
		_, counts := runSite(t, out,
			Config{Serves: nothing, Feeds: []Feed{{Source: one("log", check("h", "x")), Reader: changes}}})
		key := tally.Key{What: whatNotServed, Source: "log", Kind: "check result", Reason: string(outbox.Bus)}
		if len(out.sent(t)) != 0 || count(counts, key) != 1 {
			t.Errorf("sent %q, counts %+v", out.sent(t), counts.Counts())
		}
		if len(out.commits) != 1 || string(out.commits[0].Position) != "p of log" {
			t.Errorf("commits %+v", out.commits)
		}
	})
}

func TestAFeedShowsHowItDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := one("log", check("h", "x"), check("h", "y"))
		bad := &script{name: "status", end: func(context.Context) error { return errors.New("permission denied") }}
		began := time.Now()
		p, _ := runSite(t, &memory{}, Config{Feeds: []Feed{
			{Source: good, Reader: changes},
			{Source: bad, Reader: timeline.Reader{View: timeline.Snapshot, HasState: true, HasOutput: true}},
		}})
		feeds := p.Feeds()
		if f := feeds[0]; f.Name != "log" || !f.Running || !f.Since.Equal(began) || f.Records != 2 ||
			!f.LastRecords.Equal(began) || f.Err != nil || f.Offset != -1 {
			t.Errorf("log: %+v", f)
		}
		if f := feeds[1]; f.Running || f.Err == nil || f.ErrAt.IsZero() || f.Records != 0 {
			t.Errorf("status: %+v", f)
		}
	})
}
