package health

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

type running struct{}

func (running) Sites() []Site {
	return []Site{{
		Name: "paris",
		Feeds: []pipeline.FeedStatus{
			{Name: "log", Err: errors.New("permission denied")}, {Name: "status", Running: true},
		},
	}}
}
func (running) Targets() []Target {
	return []Target{
		{Name: "amqp", State: publish.State{LastError: "connection refused"}},
		{Name: "well", State: publish.State{Working: true}},
		{Name: "mute", State: publish.State{Working: true, Unconfirmed: time.Unix(1_800_000_000, 0)}},
	}
}
func (running) Journal() journal.Stats { return journal.Stats{Events: 7, Full: true} }

func TestAReportHasEverything(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	log := slog.New(slog.DiscardHandler)
	counts := tally.New(log, func() time.Time { return now })
	h := New("0.2.0", running{}, counts, log, func() time.Time { return now })
	counts.Add(tally.Quiet, tally.Key{What: "event stored"}, 3, "")
	r := h.Report()
	if r.Version != "0.2.0" || r.Sites[0].Name != "paris" || r.Targets[0].Name != "amqp" || r.Journal.Events != 7 ||
		r.Counts[0].N != 3 || !r.Started.Equal(now) {
		t.Errorf("%+v", r)
	}
}

func TestAStormIsSummarised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, nil))
		counts := tally.New(log, time.Now)
		h := New("", running{}, counts, log, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); h.Run(ctx, time.Minute) }()
		key := tally.Key{What: "input quarantined", Site: "paris", Source: "log"}
		for range 100 {
			counts.Add(tally.Notable, key, 1, "nagios.log:7")
		}
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		if n := strings.Count(out.String(), "input quarantined"); n != 2 ||
			!strings.Contains(out.String(), "count=99") || !strings.Contains(out.String(), "site=paris") {
			t.Errorf("%d lines, want the first and a summary:\n%s", n, out.String())
		}
		for _, want := range []string{
			`target=amqp`, `err="connection refused"`, `reader=log`, `err="permission denied"`, "still full",
			`confirms nothing" target=mute`,
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %s in the summary:\n%s", want, out.String())
			}
		}
		if strings.Contains(out.String(), "target=well") || strings.Contains(out.String(), "reader=status") {
			t.Errorf("the summary is about what works:\n%s", out.String())
		}
		counts.Add(tally.Notable, key, 5, "nagios.log:9")
		stop()
		<-ended
		if !strings.Contains(out.String(), "count=5") {
			t.Errorf("nothing was logged at the end:\n%s", out.String())
		}
	})
}
