package main

import (
	"context"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/daemon"
)

const runAbout = `Reads the supervisor and sends events until it is stopped.

SIGTERM stops it within 5 seconds; whatever was read and not sent is in the
journal, and is sent after the next start. SIGHUP reads the configuration
again: sites and targets that have changed are restarted, the others go on. A
faulty configuration is refused, and the old one goes on.
`

func runCommand(ctx context.Context, env environment) error {
	var path string
	if _, err := parse(env, "run", runAbout, configFlag(&path)); err != nil {
		return err
	}
	l, err := load(path)
	if err != nil {
		return err
	}
	log, setLevel := logger(env.stderr, l.Log)
	d := daemon.Daemon{
		Load:  func() (*assembly.Plan, error) { return loadPlan(path) },
		Print: env.stdout, Logger: log, SetLevel: setLevel, Version: version(),
	}
	return d.Run(ctx, env.hangups())
}
