package main

import (
	"context"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/preview"
	"github.com/nagios2canopsis/nagios2canopsis/internal/quarantine"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

const tailAbout = `Prints the events that would be sent from now on, beginning with the present
state. It sends nothing, stores nothing, and moves no reader's position: it can
run beside the service.
`

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
	log := logger(env.stderr, plan.Config.Log)
	parts := assembly.Parts{
		Outbox:     preview.New(env.stdout, isFile && term.IsTerminal(int(out.Fd()))),
		Quarantine: quarantine.Printer{Log: log}, Tally: tally.New(log), Logger: log, Preview: true,
	}
	p, err := plan.Build(ctx, parts)
	if err != nil {
		return err
	}
	go parts.Tally.Run(ctx, time.Minute)
	return p.Run(ctx)
}
