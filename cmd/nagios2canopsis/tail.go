package main

import (
	"context"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/health"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/preview"
	"github.com/nagios2canopsis/nagios2canopsis/internal/quarantine"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

const tailAbout = `Prints the events that would be sent from now on, beginning with the present
state. It sends nothing, stores nothing, and moves no reader's position: it can
run beside the service.
`

// summaryEvery is the time between two summaries of what was counted.
const summaryEvery = time.Minute

func tailCommand(ctx context.Context, env environment) error {
	var path string
	if _, err := parse(env, "tail", tailAbout, configFlag(&path)); err != nil {
		return err
	}
	plan, err := loadPlan(path)
	if err != nil {
		return err
	}
	out, isFile := env.stdout.(*os.File)
	names := map[outbox.Scope]string{}
	for _, site := range plan.Sites {
		names[site.Scope] = site.Name
	}
	log, _ := logger(env.stderr, plan.Config.Log)
	counts := tally.New(log, time.Now)
	parts := assembly.Parts{
		Outbox:     preview.New(env.stdout, isFile && term.IsTerminal(int(out.Fd())), names),
		Quarantine: quarantine.Printer{Log: log}, Tally: counts, Logger: log, Preview: true,
		Serves: plan.Serves,
	}
	var sites []*pipeline.Pipeline
	for _, site := range plan.Sites {
		p, err := site.Build(ctx, parts)
		if err != nil {
			return err
		}
		sites = append(sites, p)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range sites {
		g.Go(func() error { return p.Run(ctx) })
	}
	g.Go(func() error {
		health.Every(ctx, summaryEvery, func(bool) { health.Grown(log, counts) })
		return nil
	})
	return g.Wait()
}
