package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// deleting is an outbox that counts what is deleted.
type deleting struct {
	kept
	mu   sync.Mutex
	keys []string
}

func (d *deleting) deleted() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.keys)
}

func (d *deleting) Store(ctx context.Context, c outbox.Commit) (func(context.Context) error, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range c.States {
		if s.Value == nil {
			d.keys = append(d.keys, s.Key)
		}
	}
	return d.kept.Store(ctx, c)
}

// What is forgotten is deleted from the outbox, once.
func TestForgottenObjectsAreDeletedFromTheOutbox(t *testing.T) {
	in, _ := newIntake(t, known{})
	out := &deleting{}
	in.outbox = out
	old := time.Now().Add(-48 * time.Hour)
	for _, host := range []string{"gone", "here"} {
		_, err := in.take(t.Context(), Feed{Source: &script{name: "log"}}, supervision.Batch{
			Records: []supervision.Record{{
				Kind: supervision.CheckResult, Entity: supervision.Entity{Host: host}, Time: old, Ref: host,
				Check: &supervision.Check{State: supervision.Down, StateType: supervision.Hard},
			}},
		}, true)
		if err != nil {
			t.Fatal(err)
		}
	}
	f := Forget{
		After: 24 * time.Hour, Lacks: func(e supervision.Entity) bool { return e.Host == "gone" },
	}
	for i, want := range []int{1, 0} {
		if n, err := in.forget(t.Context(), f); n != want || err != nil {
			t.Errorf("%d: forgot %d, %v", i, n, err)
		}
	}
	if keys := out.deleted(); len(keys) != 1 || keys[0] != in.scope.Key("gone\x00") {
		t.Errorf("deleted %q", keys)
	}
}

// report lets an intake take a result of so many hosts.
func report(t *testing.T, in *intake, name string, hosts int, at time.Time) {
	t.Helper()
	const batch = 1000
	records := make([]supervision.Record, 0, batch)
	for i := range hosts {
		records = append(records, supervision.Record{
			Kind: supervision.CheckResult, Entity: supervision.Entity{Host: fmt.Sprint(name, i)}, Time: at, Ref: "r",
			Check: &supervision.Check{
				State: supervision.Down, StateType: supervision.Hard, Output: "a text of usual length",
			},
		})
		if len(records) == batch || i == hosts-1 {
			b := supervision.Batch{Records: records}
			if _, err := in.take(t.Context(), Feed{Source: &script{name: "log"}}, b, true); err != nil {
				t.Fatal(err)
			}
			records = records[:0]
		}
	}
}

// All that is gone is forgotten at a look, in several commits, and looked for again.
func TestForgettingGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, _ := newIntake(t, known{})
		out := &deleting{}
		in.outbox = out
		p := &Pipeline{intake: in, cfg: Config{
			Logger: slog.New(slog.DiscardHandler),
			Forget: Forget{After: 24 * time.Hour, Lacks: func(supervision.Entity) bool { return true }},
		}}
		const many = 2*forgetAtOnce + 5
		report(t, in, "old", many, time.Now().Add(-48*time.Hour))
		report(t, in, "young", 3, time.Now().Add(-24*time.Hour+forgetEvery/2))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.forgetGone(ctx) }()
		synctest.Wait()
		if n := len(out.deleted()); n != many {
			t.Errorf("forgot %d at first, want %d", n, many)
		}
		time.Sleep(forgetEvery)
		synctest.Wait()
		if n := len(out.deleted()); n != many+3 {
			t.Errorf("forgot %d after an hour, want %d", n, many+3)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// What 1,000,000 objects take is given back when most of them are gone.
func TestMemoryOfForgottenObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	const gone, left = 950_000, 50_000
	in, _ := newIntake(t, known{})
	in.outbox = &nowhere{}
	used := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := used()
	report(t, in, "here", left, time.Now().Add(-48*time.Hour))
	few := used() - before
	report(t, in, "gone", gone, time.Now().Add(-48*time.Hour))
	all := used() - before
	f := Forget{After: 24 * time.Hour, Lacks: func(e supervision.Entity) bool { return e.Host[0] == 'g' }}
	forgotten, longest := 0, time.Duration(0)
	for n := forgetAtOnce; n == forgetAtOnce; forgotten += n {
		began := time.Now()
		var err error
		if n, err = in.forget(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		longest = max(longest, time.Since(began))
	}
	rest := used() - before
	t.Logf("%d objects: %d MiB; %d: %d MiB; when they are forgotten: %d MiB; the longest commit took %s",
		left, few>>20, left+gone, all>>20, rest>>20, longest)
	if forgotten != gone {
		t.Errorf("forgot %d", forgotten)
	}
	if rest > 2*few {
		t.Errorf("%d MiB stay, and %d objects take %d", rest>>20, left, few>>20)
	}
	runtime.KeepAlive(in)
}

// nowhere stores nothing.
type nowhere struct{ kept }

func (*nowhere) Store(context.Context, outbox.Commit) (func(context.Context) error, error) {
	return stored, nil
}
