package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/daemon"
	"github.com/nagios2canopsis/nagios2canopsis/internal/demo"
)

const demoAbout = `Runs the whole pipeline, reader to journal to publisher, on a small Nagios that
is played in a temporary directory. Events appear on standard output, a line of
JSON each; what happens is logged on standard error. Nothing needs to be
installed, and nothing is left behind.
`

func demoCommand(ctx context.Context, env environment) (err error) {
	var lasts time.Duration
	if _, err := parse(env, "demo", demoAbout, func(f *flag.FlagSet) {
		f.DurationVar(&lasts, "for", 20*time.Second, "how `long`; 0 until it is stopped")
	}); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "nagios2canopsis-demo-")
	if err != nil {
		return fmt.Errorf("a directory for the demo: %w", err)
	}
	defer os.RemoveAll(dir)
	if lasts > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lasts)
		defer cancel()
	}
	site := &demo.Site{Dir: dir, Pace: 300 * time.Millisecond}
	if err := site.Create(); err != nil {
		return err
	}
	defer site.Close()

	l := config.WithoutFile()
	l.Supervisor, l.ConnectorName = site.MainConfig(), "demo"
	l.Journal.Path = filepath.Join(dir, "journal.db")
	l.Quarantine.Path = filepath.Join(dir, "quarantine.ndjson")
	l.Publish.AMQP.Enabled, l.Publish.Stdout.Enabled = false, true
	log, _ := logger(env.stderr, l.Log)
	d := daemon.Daemon{
		Load:  func() (*assembly.Plan, error) { return assembly.Resolve(l, "/") },
		Print: env.stdout, Logger: log, Version: version(),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return site.Run(ctx) })
	g.Go(func() error { return d.Run(ctx, nil) })
	return g.Wait()
}
