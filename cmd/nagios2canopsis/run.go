package main

import (
	"context"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/daemon"
)

const runAbout = `Reads the supervisor and sends events until it is stopped.

SIGTERM stops it within 5 seconds; whatever was read and not sent is in the
journal, and goes out after the next start. SIGHUP reads the configuration
again; a faulty one is refused, and the old one goes on.
`

func runCommand(ctx context.Context, env environment) error {
	var path string
	if _, err := parse(env, "run", runAbout, configFlag(&path)); err != nil {
		return err
	}
	// The log's own settings are those of the start.
	l, err := load(path)
	if err != nil {
		return err
	}
	d := daemon.Daemon{
		Load:  func() (*assembly.Plan, error) { return loadPlan(path) },
		Print: env.stdout, Logger: logger(env.stderr, l.Log),
	}
	return d.Run(ctx, env.hangups())
}
