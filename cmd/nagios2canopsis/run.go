package main

import (
	"context"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/daemon"
	"github.com/nagios2canopsis/nagios2canopsis/internal/rehearsal"
)

const runAbout = `Reads the supervisor and sends events until it is stopped.

SIGTERM stops it within 5 seconds; whatever was read and not sent is in the
journal, and is sent after the next start. SIGHUP reads the configuration
again: sites and targets that have changed are restarted, the others go on. A
faulty configuration is refused, and the old one goes on.

The directories of the journal and of the quarantine belong to the user that
runs this. root is refused there if they are another user's: that user could not
open what root creates.

The exit code is 0 after it was stopped, 1 if it could not begin or not end in
order, 2 if the arguments are wrong.
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
	if len(l.Faults) == 0 {
		if err := rehearsal.CanBegin(l); err != nil {
			return err
		}
	}
	log, setLevel := logger(env.stderr, l.Log)
	d := daemon.Daemon{
		Load:  func() (*assembly.Plan, error) { return loadPlan(path) },
		Print: env.stdout, Logger: log, SetLevel: setLevel, Version: version(),
	}
	if w, ok := env.stderr.(*logWriter); ok {
		report := func(lost int64) {
			log.Warn("lines of the log were lost: standard error was not read, or failed", "count", lost)
		}
		w.report.Store(&report)
	}
	return d.Run(ctx, env.hangups)
}
