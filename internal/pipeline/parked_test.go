package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// fullDisk is a quarantine that can be written only after it was mended.
type fullDisk struct {
	mu     sync.Mutex
	mended bool
	items  []supervision.Rejected
}

func (f *fullDisk) Add(items ...supervision.Rejected) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.mended {
		return errors.New("no space left on device")
	}
	f.items = append(f.items, items...)
	return nil
}

// kept returns the reasons of the items, in order.
func (f *fullDisk) reasons() (all []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, it := range f.items {
		all = append(all, it.Reason)
	}
	slices.Sort(all)
	return all
}

func (f *fullDisk) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mended = true
}

// storedQueue is the queue of a target on a journal that holds n events.
func storedQueue(t *testing.T, path string, n int, q Quarantine) *queue {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	j, err := journal.Open(t.Context(), journal.Options{Path: path, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	if err := j.SetTargets(t.Context(), journal.Target{Name: "amqp", Routes: []outbox.Route{outbox.Bus}}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		e := outbox.Event{Entity: "e", Route: outbox.Bus, RoutingKey: fmt.Sprint("key-", i), Body: []byte("{}")}
		wait, err := Journal{j}.Store(t.Context(), outbox.Commit{Events: []outbox.Event{e}})
		if err == nil {
			err = wait(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return &queue{journal: j, target: "amqp", quarantine: q, tally: tally.New(log, time.Now)}
}

// Neither is it lost nor do the events behind it wait.
func TestAPoisonIsParkedWhileTheQuarantineCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	disk := &fullDisk{}
	q := storedQueue(t, path, 5, disk)
	for id := int64(1); id <= 2; id++ {
		if err := q.Reject(t.Context(), id, fmt.Sprint("reason ", id)); err != nil {
			t.Fatalf("the target is stopped: %v", err)
		}
	}
	if err := q.Release(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	counted := slices.ContainsFunc(q.tally.Counts(), func(c tally.Count) bool {
		return c.What == whatParked && c.N == 2 && strings.Contains(c.Example, "no space left")
	})
	if !counted {
		t.Errorf("counted are %+v", q.tally.Counts())
	}
	if err := q.journal.Close(); err != nil {
		t.Fatal(err)
	}

	// The process is started again, and then somebody makes room.
	q = storedQueue(t, path, 0, disk)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); q.unpark(ctx, time.Millisecond) }()
	disk.mend()
	for end := time.Now().Add(30 * time.Second); len(disk.reasons()) < 2 && time.Now().Before(end); {
		<-time.After(time.Millisecond)
	}
	stop()
	<-ended
	if got := disk.reasons(); fmt.Sprint(got) != "[reason 1 reason 2]" {
		t.Errorf("quarantined for %q", got)
	}
	if !strings.Contains(disk.items[0].Where, "key-") || string(disk.items[0].Raw) != "{}" {
		t.Errorf("quarantined %+v", disk.items[0])
	}
	if err := q.unparkNow(t.Context()); err != nil || len(disk.reasons()) != 2 {
		t.Errorf("quarantined again: %q, %v", disk.reasons(), err)
	}
}

func TestParkedEventsAreBounded(t *testing.T) {
	q := storedQueue(t, filepath.Join(t.TempDir(), "journal.db"), 1, &fullDisk{})
	parked := outbox.Commit{}
	for id := range mostParked {
		parked.States = append(parked.States,
			outbox.State{Key: parkedScope.Key(parkedKey("amqp", int64(id+10))), Value: []byte("{}")})
	}
	wait, err := Journal{q.journal}.Store(t.Context(), parked)
	if err == nil {
		err = wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Reject(t.Context(), 1, "x"); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("parked without a bound: %v", err)
	}
	q.target = "other"
	if err := q.park(t.Context(), 1, supervision.Rejected{Raw: make([]byte, 100<<10)}, errors.New("x")); err != nil {
		t.Error(err)
	}
}
