package main

import (
	"context"
	"flag"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/daemon"
	"github.com/nagios2canopsis/nagios2canopsis/internal/rehearsal"
)

const runAbout = `Reads the supervisor and sends events until it is stopped.

SIGTERM stops it within 5 seconds; whatever was read and not sent is in the
journal, and is sent after the next start. SIGHUP reads the configuration
again: sites and targets that have changed are restarted, the others go on. A
faulty configuration is refused, and the old one goes on.

The events that wait for a target are kept when it is taken out of the
configuration, also through restarts, until it is back, it is named by
-drop-backlog, or the journal is half full.

The directories of the journal and of the quarantine belong to the user that
runs this. root is refused there if they are another user's: that user could not
open what root creates.

The exit code is 0 after it was stopped, 1 if it could not begin or not end in
order, 2 if the arguments are wrong.
`

func runCommand(ctx context.Context, env environment) error {
	var path string
	var drop []string
	if _, err := parse(env, "run", runAbout, func(f *flag.FlagSet) {
		configFlag(&path)(f)
		f.Func("drop-backlog", "do not keep the events that wait for a `target` that is not configured any more; "+
			"may be given several times", func(name string) error { drop = append(drop, name); return nil })
	}); err != nil {
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
		Load:   func() (*assembly.Plan, error) { return loadPlan(path) },
		Doubts: rehearsal.Unnoticed,
		Print:  env.stdout, Logger: log, SetLevel: setLevel, DropBacklogs: drop, Version: version(),
	}
	if w, ok := env.stderr.(*logWriter); ok {
		report := func(lost int64) {
			log.Warn("lines of the log were lost: standard error was not read, or failed", "count", lost)
		}
		w.report.Store(&report)
	}
	return d.Run(ctx, env.hangups)
}
