package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// The end of a file counts only when the module has written after it was looked at:
// what the file got while the module was silent must be read. A file of which no
// position is known is noted at once.
func TestWhereFilesEndIsNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &memory{positions: map[string][]byte{"log": []byte("known")}}
		opts := eventmap.DefaultOptions()
		opts.ConnectorName = "test"
		mapper, err := eventmap.New(opts)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		since := func() string { return fmt.Sprint(time.Since(began).Round(time.Second)) }
		end := func([]byte) ([]byte, error) { return []byte(since()), nil }
		logger := slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))
		module := &script{name: "module", end: untilDone, batches: []supervision.Batch{{}}}
		silent := began.Add(70 * time.Second)
		p, err := New(Config{
			Feeds: []Feed{{Source: module, Reader: changes}}, Outbox: out, Mapper: mapper, Quarantine: &shelf{},
			Tally: tally.New(logger, time.Now), Logger: logger, Now: time.Now, Inventory: groups{}, Serves: bus,
			Notes:        []Note{{Reader: "log", End: end}, {Reader: "perfdata", End: end}},
			WrittenSince: func(at time.Time) bool { return at.Before(silent) },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		if err := p.Run(ctx); err != nil {
			t.Fatal(err)
		}
		got := map[string][]string{}
		for _, c := range out.commits {
			got[c.Source] = append(got[c.Source], string(c.Position))
		}
		want := map[string][]string{"log": {"0s", "30s", "1m0s"}, "perfdata": {"0s", "0s", "30s", "1m0s"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
