package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/health"
	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/quarantine"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

const (
	// summaryEvery is the time between two summaries of what was counted.
	summaryEvery = 10 * time.Minute
	// lookEvery is the time between two looks whether the plan still holds, and
	// tryEvery the one after a look that has led to another plan.
	lookEvery = 5 * time.Second
	tryEvery  = time.Minute
)

// Daemon runs the connector.
type Daemon struct {
	// Load reads the configuration and resolves it: at the start, and at each
	// reload.
	Load func() (*assembly.Plan, error)
	// Doubts returns what is wrong with a plan that runs all the same; it is logged
	// at the start and at each reload. nil: nothing is.
	Doubts func(*assembly.Plan) []error
	// Print is where targets of type stdout write.
	Print  io.Writer
	Logger *slog.Logger
	// SetLevel changes the level of the log; nil: it can't be changed.
	SetLevel func(level string)
	// DropBacklogs names targets that are not configured, and whose events are not to
	// be kept for them.
	DropBacklogs []string
	Version      string
}

// Run works until the context ends. A value from reload makes it read the
// configuration again. A faulty configuration is reported, and the old one goes
// on. An error means that it could not begin, or not end in order.
func (d *Daemon) Run(ctx context.Context, reload <-chan os.Signal) error {
	relaxTimers(d.Logger)
	plan, err := d.Load()
	if err != nil {
		return err
	}
	l, err := d.open(ctx, plan)
	if err != nil && ctx.Err() != nil {
		return nil // stopped while it began
	}
	if err != nil {
		return err
	}
	d.announce(plan)
	err = l.begin(ctx, plan)
	switch {
	case err == nil:
		l.live(ctx, reload)
	case ctx.Err() != nil:
		err = nil // stopped while it began
	}
	return errors.Join(err, l.stop())
}

// open opens what a plan's pipelines and targets share. Nothing of them runs
// yet.
func (d *Daemon) open(ctx context.Context, plan *assembly.Plan) (*life, error) {
	j, err := d.openJournal(ctx, plan)
	if err != nil {
		return nil, err
	}
	c := plan.Config
	l := &life{
		Daemon: d, started: c, drop: d.DropBacklogs, journal: j, counts: tally.New(d.Logger, time.Now),
		quarantine: quarantine.New(c.Quarantine.Path, int64(c.Quarantine.MaxSize), time.Now),
	}
	l.Health = health.New(d.Version, l, l.counts, d.Logger, time.Now)
	l.summaries = start(func(ctx context.Context) { l.Health.Run(ctx, summaryEvery) })
	return l, nil
}

func (d *Daemon) openJournal(ctx context.Context, plan *assembly.Plan) (*journal.Journal, error) {
	settings := plan.Config.Journal
	j, err := journal.Open(ctx, journal.Options{
		Path: settings.Path, MaxBytes: int64(settings.MaxSize), Reserve: int64(settings.Reserve),
		MaxAge: settings.MaxAge, Logger: d.Logger.With("room", "journal"),
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("journal.path: %w: create the directory, owned by the user that runs the connector", err)
	}
	if err != nil {
		return nil, fmt.Errorf("journal.path: %w", err)
	}
	return j, nil
}

// announce logs in a few lines what runs.
func (d *Daemon) announce(plan *assembly.Plan) {
	for _, s := range plan.Sites {
		d.announceSite(s)
	}
	for _, t := range plan.Troubles {
		d.Logger.Error("a supervisor is left out", "err", t)
	}
	for _, other := range plan.Others {
		d.Logger.Info("another supervisor's configuration is left alone", "path", other)
	}
	for _, t := range plan.Targets {
		d.Logger.Info("sending to", "target", t.Name, "where", t.Where)
	}
	d.announceDoubts(plan)
}

func (d *Daemon) announceDoubts(plan *assembly.Plan) {
	if d.Doubts == nil {
		return
	}
	for _, doubt := range d.Doubts(plan) {
		d.Logger.Warn("this is to be put right (check-config shows it too)", "err", doubt)
	}
}

// announceNew logs what is new in a generation.
func (l *life) announceNew(next *generation) {
	for _, s := range next.plan.Sites {
		if next.isNew(s) {
			l.announceSite(s)
		}
	}
	for _, t := range next.plan.Troubles {
		l.Logger.Error("a supervisor is left out", "err", t)
	}
}

func (d *Daemon) announceSite(s *assembly.Site) {
	log := d.Logger
	if s.Name != "" {
		log = log.With("site", s.Name)
	}
	if c := s.Supervisor; c != nil {
		log.Info("supervisor", "flavour", string(c.Flavour), "version", c.Version, "path", c.Path, "why", s.Why)
	}
	log.Info(s.ResultsFrom())
	for _, r := range s.Readers {
		log.Info("reading", "reader", r.Name, "path", r.Path, "brings", r.Note)
	}
	for _, n := range s.Notices {
		log.Warn(n)
	}
	for _, t := range s.Troubles {
		log.Error("can't be read now, trying again", "err", t)
	}
	log.Info("sending as", "connector", s.Connector, "connector_name", s.ConnectorName)
}
