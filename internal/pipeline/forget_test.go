package pipeline

import (
	"context"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// deleting is an outbox that counts what is deleted.
type deleting struct {
	kept
	keys []string
}

func (d *deleting) Store(ctx context.Context, c outbox.Commit) (func(context.Context) error, error) {
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
		}, true, 0)
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
	if len(out.keys) != 1 || out.keys[0] != in.scope.Key("gone\x00") {
		t.Errorf("deleted %q", out.keys)
	}
}
