package handover

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	realjournal "github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// BenchmarkWriteToJournal measures the time from a record that a module writes
// to an idle spool until it is durable, and how many times a commit of the
// journal alone that is.
func BenchmarkWriteToJournal(b *testing.B) {
	const records = 200
	dir := b.TempDir()
	j, err := realjournal.Open(b.Context(), realjournal.Options{Path: filepath.Join(dir, "journal.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	store := func(ctx context.Context, source string, n int, position []byte) error {
		c := outbox.Commit{Source: source, Position: position}
		for range n {
			c.Events = append(c.Events, outbox.Event{
				Entity: "h", RoutingKey: "k", MessageID: "m", Body: make([]byte, 900), Time: time.Now(),
				Supersedable: true,
			})
		}
		ticket, err := j.Append(ctx, c)
		if err != nil {
			return err
		}
		return ticket.Wait(ctx)
	}
	for b.Loop() {
		stored := make(chan time.Time, records)
		ctx, stop := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		spool := b.TempDir()
		go func() {
			ended <- New(Options{Name: "module", Dir: spool}).Run(ctx, nil,
				func(ctx context.Context, batch supervision.Batch) error {
					if len(batch.Records) == 0 {
						return nil
					}
					err := store(ctx, "module", len(batch.Records), batch.Position)
					for range batch.Records {
						stored <- time.Now()
					}
					return err
				})
		}()
		m := newModule(b, spool, 11)
		m.begin()
		var ours, commit []float64
		for i := range records {
			time.Sleep(20 * time.Millisecond)
			began := time.Now()
			m.check(i)
			ours = append(ours, (<-stored).Sub(began).Seconds()*1000)
			began = time.Now()
			if err := store(ctx, "reference", 1, []byte("{}")); err != nil {
				b.Fatal(err)
			}
			commit = append(commit, time.Since(began).Seconds()*1000)
		}
		stop()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		slices.Sort(ours)
		slices.Sort(commit)
		b.ReportMetric(ours[records/2], "p50-ms")
		b.ReportMetric(ours[records*99/100], "p99-ms")
		b.ReportMetric(ours[records/2]/commit[records/2], "p50/commit")
	}
}
