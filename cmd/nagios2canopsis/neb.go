package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/brokermodule"
)

const nebAbout = `Shows and changes whether the supervisor loads the NEB module. With the module,
every check result arrives at the moment it is processed.

Usage:
  nagios2canopsis neb status    show whether it is loaded, what it wrote, what was lost
  nagios2canopsis neb enable    add its line to the supervisor's main configuration
  nagios2canopsis neb disable   remove that line

Each has --help.
`

const nebStatusAbout = `Shows whether the running supervisor has loaded the NEB module, when the module
wrote last, how much waits for the connector, and whether anything was lost. Run
it as root to see everything.

The exit code is 0 if all is well, 1 if something is wrong, 2 if the arguments
are wrong.
`

const nebEnableAbout = `Makes the supervisor load the NEB module: adds a broker_module line to its main
configuration, or repairs that line, sets event_broker_options=-1, and creates
the spool directory. The change is shown first. The supervisor's own program, run
as the supervisor's user, verifies the new configuration before it replaces the
old one, which is kept beside it. The supervisor is not restarted.

The program is the one that runs with the configuration, or is installed with it.
A program elsewhere, and a spool directory that another supervisor uses, are
taken only if --binary and --spool name them. For an OMD site, whose configuration
is made anew at each start, the change is shown for its administrator to make.

The exit code is 0 if the module is enabled or the change was declined, 1 if it
failed, 2 if the arguments are wrong. After 1 nothing was changed, unless the last
step failed, to create the spool directory.
`

const nebDisableAbout = `Removes the broker_module line of the NEB module from the supervisor's main
configuration: the change is shown, verified and made as by enable.
event_broker_options and the spool directory stay. The exit codes are those of
enable.
`

var errNebTroubles = errors.New("something is wrong with the broker module")

func nebCommand(ctx context.Context, env environment) error {
	if len(env.args) == 0 {
		fmt.Fprint(env.stderr, nebAbout)
		return errUsage
	}
	action := env.args[0]
	env.args = env.args[1:]
	switch action {
	case "status":
		return nebStatus(ctx, env)
	case "enable":
		return nebEnable(ctx, env)
	case "disable":
		return nebDisable(ctx, env)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(env.stdout, nebAbout)
		return nil
	}
	fmt.Fprintf(env.stderr, "nagios2canopsis neb: unknown command %q\n\n%s", action, nebAbout)
	return errUsage
}

// nebOptions are the flags of the three commands.
type nebOptions struct {
	config, supervisor string
	yes                bool
	binary             string
	module, spool      string
}

func (o *nebOptions) define(f *flag.FlagSet) {
	configFlag(&o.config)(f)
	f.StringVar(&o.supervisor, "supervisor", "",
		"the supervisor's main configuration `file`; default: the one that our configuration names, or that is found")
}

func (o *nebOptions) defineChange(f *flag.FlagSet) {
	o.define(f)
	f.BoolVar(&o.yes, "yes", false, "don't ask")
	f.StringVar(&o.binary, "binary", "",
		"the supervisor's `program`, which verifies the configuration; default: the one that runs with it, "+
			"or is installed with it")
}

func (o *nebOptions) defineEnable(f *flag.FlagSet) {
	o.defineChange(f)
	f.StringVar(&o.module, "module", "", "the module's `file`; default: the one that is configured, or installed")
	f.StringVar(&o.spool, "spool", "",
		"the `directory` to which the module writes; default: the one that is configured, "+
			"or "+brokermodule.DefaultSpool)
}

// find reads the main configuration of the supervisor. l is our own.
func (o *nebOptions) find() (cfg *nagios.Config, l *config.Loaded, err error) {
	if l, err = load(o.config); err != nil {
		return nil, nil, err
	}
	path := o.supervisor
	if sites := l.EachSite(); path == "" && len(sites) == 1 {
		path = sites[0].Supervisor
	}
	switch path {
	case "":
		return nil, nil, fmt.Errorf("%s has several sites "+
			"(name the supervisor's main configuration with --supervisor)", o.config)
	case "none":
		return nil, nil, fmt.Errorf("%s has supervisor: none "+
			"(name the supervisor's main configuration with --supervisor)", o.config)
	case "auto":
		if path, err = findOne(); err != nil {
			return nil, nil, fmt.Errorf("%w, or name it with --supervisor", err)
		}
	}
	cfg, err = nagios.Read(path)
	return cfg, l, err
}

// findOne returns the main configuration of the only supervisor to be found.
func findOne() (path string, err error) {
	taken, _, err := nagios.Find("/")
	if err != nil {
		return "", err
	}
	if len(taken) > 1 {
		var paths []string
		for _, f := range taken {
			paths = append(paths, f.Path)
		}
		return "", fmt.Errorf("several supervisors run: %s "+
			"(set option supervisor to one of them)", strings.Join(paths, ", "))
	}
	return taken[0].Path, nil
}

func nebStatus(ctx context.Context, env environment) error {
	var o nebOptions
	if _, err := parse(env, "neb status", nebStatusAbout, o.define); err != nil {
		return err
	}
	cfg, l, err := o.find()
	if err != nil {
		return err
	}
	if err := brokermodule.HasNone(cfg); err != nil {
		return err
	}
	status := brokermodule.Examine(cfg, configuredSpool(l, cfg.Path), time.Now())
	position, pid := storedPosition(ctx, l, cfg.Path)
	if pid != 0 {
		fmt.Fprintf(env.stdout,
			"Connector    process %d; it deletes a segment of the spool when all of it is in the journal\n", pid)
	}
	if err := status.Print(env.stdout, position); err != nil {
		return err
	}
	troubles := status.Troubles()
	for _, trouble := range troubles {
		fmt.Fprintf(env.stdout, "\nTrouble: %s\n", trouble)
	}
	if len(troubles) > 0 {
		return errNebTroubles
	}
	fmt.Fprintln(env.stdout, "\nAll is well.")
	return nil
}

// configuredSpool returns the spool directory that our configuration names for a
// supervisor's module, empty if it names none.
func configuredSpool(l *config.Loaded, supervisor string) string {
	sites := l.EachSite()
	for _, site := range sites {
		if site.Supervisor == supervisor || len(sites) == 1 {
			return site.Readers.Module.Path
		}
	}
	return ""
}

// storedPosition returns how far the connector has read the module's spool, nil
// if that is unknown. While the connector runs, nobody else can read its
// journal: then pid is its process.
func storedPosition(ctx context.Context, l *config.Loaded, supervisor string) (position *handover.Position, pid int) {
	for _, scope := range scopesOf(l, supervisor) {
		stored, err := journal.Peek(ctx, l.Journal.Path, scope.Key(assembly.ModuleReader))
		if used := (*journal.InUseError)(nil); errors.As(err, &used) {
			return nil, used.PID
		}
		if err != nil || stored == nil {
			continue
		}
		if parsed, err := handover.ParsePosition(stored); err == nil {
			return &parsed, 0
		}
	}
	return nil, 0
}

// scopesOf returns the scopes under which the positions of a supervisor may be
// stored, the likeliest first.
func scopesOf(l *config.Loaded, supervisor string) (scopes []outbox.Scope) {
	for _, site := range l.EachSite() {
		if site.Name != "" && (site.Supervisor == supervisor || site.Supervisor == "auto") {
			scopes = append(scopes, outbox.Scope(site.Name))
		}
	}
	return append(scopes, outbox.Scope(supervisor), "")
}
