package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/brokermodule"
)

const nebAbout = `Shows and changes whether the supervisor loads the NEB module, with which every
check result arrives the moment it is processed.

Usage:
  nagios2canopsis neb status    is it loaded, what did it write, was anything lost
  nagios2canopsis neb enable    put its line into the supervisor's main configuration
  nagios2canopsis neb disable   take that line out

Each has --help.
`

const nebStatusAbout = `Shows whether the running supervisor has the NEB module, what it wrote last, how
much waits for the connector, and whether anything was lost. As root it sees
more.

The exit code is 0 if all is well, 1 if something is wrong.
`

const nebEnableAbout = `Makes the supervisor load the NEB module: adds a broker_module line to its main
configuration, or repairs it, sets event_broker_options=-1, and creates the
spool directory. The change is shown first. The supervisor itself verifies the
new configuration before it takes the place of the old one, which is kept
beside it. The supervisor is not restarted.
`

const nebDisableAbout = `Takes the broker_module line of the NEB module out of the supervisor's main
configuration, in the way in which enable puts it in. event_broker_options and
the spool directory stay.
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
	fmt.Fprintf(env.stderr, "nagios2canopsis neb: there is no %q\n\n%s", action, nebAbout)
	return errUsage
}

// nebOptions are the flags of the three.
type nebOptions struct {
	config, supervisor string
	yes                bool
	binary             string
	module, spool      string
}

func (o *nebOptions) define(f *flag.FlagSet) {
	configFlag(&o.config)(f)
	f.StringVar(&o.supervisor, "supervisor", "", "the supervisor's main configuration `file`, instead of the one that our configuration names or that is found")
}

func (o *nebOptions) defineChange(f *flag.FlagSet) {
	o.define(f)
	f.BoolVar(&o.yes, "yes", false, "don't ask")
	f.StringVar(&o.binary, "binary", "", "the supervisor's `program`, which verifies the configuration; default: the one that runs, or is installed")
}

func (o *nebOptions) defineEnable(f *flag.FlagSet) {
	o.defineChange(f)
	f.StringVar(&o.module, "module", "", "the module's `file`; default: the one that is configured, or installed")
	f.StringVar(&o.spool, "spool", "", "the `directory` to which it writes; default: the one that is configured, or "+brokermodule.DefaultSpool)
}

// find reads the configuration of the supervisor that is meant; journal is
// where our own one puts the journal.
func (o *nebOptions) find() (cfg *nagios.Config, journal string, err error) {
	l, err := load(o.config)
	if err != nil {
		return nil, "", err
	}
	path := o.supervisor
	if path == "" {
		path = l.Supervisor
	}
	switch path {
	case "none":
		return nil, "", fmt.Errorf("%s says supervisor: none; name the supervisor's main configuration with --supervisor", o.config)
	case "auto":
		if path, err = findOne(); err != nil {
			return nil, "", fmt.Errorf("%w, or name it with --supervisor", err)
		}
	}
	cfg, err = nagios.Read(path)
	return cfg, l.Journal.Path, err
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
		return "", fmt.Errorf("several supervisors run: %s (set option supervisor to one of them)", strings.Join(paths, ", "))
	}
	return taken[0].Path, nil
}

func nebStatus(ctx context.Context, env environment) error {
	var o nebOptions
	if _, err := parse(env, "neb status", nebStatusAbout, o.define); err != nil {
		return err
	}
	cfg, journalPath, err := o.find()
	if err != nil {
		return err
	}
	status := brokermodule.Examine(cfg, time.Now())
	if err := status.Print(env.stdout, storedPosition(ctx, journalPath)); err != nil {
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

// storedPosition gives how far the connector has read the module's spool, nil
// if the journal can't tell.
func storedPosition(ctx context.Context, path string) *handover.Position {
	stored, err := journal.Peek(ctx, path, assembly.ModuleReader)
	if err != nil || stored == nil {
		return nil
	}
	position, err := handover.ParsePosition(stored)
	if err != nil {
		return nil
	}
	return &position
}

func nebEnable(ctx context.Context, env environment) error {
	var o nebOptions
	if _, err := parse(env, "neb enable", nebEnableAbout, o.defineEnable); err != nil {
		return err
	}
	cfg, _, err := o.find()
	if err != nil {
		return err
	}
	module, err := o.moduleFile(cfg)
	if err != nil {
		return err
	}
	edit, err := brokermodule.Enable(cfg, module, o.spool)
	if err != nil {
		return err
	}
	binary, err := o.program(cfg)
	if err != nil {
		return err
	}
	if err := brokermodule.CheckFile(module, binary); err != nil {
		return err
	}
	if edit.Empty() {
		m, _ := brokermodule.Find(cfg)
		fmt.Fprintf(env.stdout, "The module is already enabled: %s\n", m.Origin)
	} else if applied, err := o.apply(ctx, env, edit, binary); err != nil || !applied {
		return err
	}
	if err := makeSpool(env, cfg.Path); err != nil {
		return err
	}
	if edit.Empty() {
		fmt.Fprintln(env.stdout, "Whether it is loaded: nagios2canopsis neb status")
	} else {
		fmt.Fprintf(env.stdout, "Next: systemctl reload %s, or restart it; modules are loaded at both. Then: nagios2canopsis neb status\n", filepath.Base(binary))
	}
	return nil
}

// moduleFile gives the module that was asked for, that is configured, or that
// is installed.
func (o *nebOptions) moduleFile(cfg *nagios.Config) (string, error) {
	if o.module != "" {
		return filepath.Abs(o.module)
	}
	if m, found := brokermodule.Find(cfg); found {
		if _, err := os.Stat(m.Path); err == nil {
			return m.Path, nil
		}
	}
	return brokermodule.SearchInstalled()
}

func (o *nebOptions) program(cfg *nagios.Config) (string, error) {
	if o.binary != "" {
		return o.binary, nil
	}
	return brokermodule.Binary(cfg)
}

// makeSpool creates the spool directory that the configuration now names.
func makeSpool(env environment, path string) error {
	cfg, err := nagios.Read(path)
	if err != nil {
		return err
	}
	m, found := brokermodule.Find(cfg)
	if !found {
		return fmt.Errorf("%s has been changed meanwhile: repeat this", path)
	}
	made, err := brokermodule.MakeSpool(m.Spool, cfg)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(env.stdout, "Created the spool directory %s.\n", m.Spool)
	}
	return nil
}

func nebDisable(ctx context.Context, env environment) error {
	var o nebOptions
	if _, err := parse(env, "neb disable", nebDisableAbout, o.defineChange); err != nil {
		return err
	}
	cfg, _, err := o.find()
	if err != nil {
		return err
	}
	edit, err := brokermodule.Disable(cfg)
	if err != nil {
		return err
	}
	if edit.Empty() {
		fmt.Fprintf(env.stdout, "The module is not enabled in %s.\n", cfg.Path)
		return nil
	}
	binary, err := o.program(cfg)
	if err != nil {
		return err
	}
	if applied, err := o.apply(ctx, env, edit, binary); err != nil || !applied {
		return err
	}
	fmt.Fprintf(env.stdout, "Next: systemctl reload %s, or restart it; until then the module stays loaded.\n", filepath.Base(binary))
	return nil
}

// apply shows a change, asks, and makes it.
func (o *nebOptions) apply(ctx context.Context, env environment, edit *brokermodule.Edit, binary string) (applied bool, err error) {
	fmt.Fprint(env.stdout, edit.Diff())
	for _, remark := range edit.Remarks {
		fmt.Fprintf(env.stdout, "\nNote: %s\n", remark)
	}
	if !o.yes {
		fmt.Fprint(env.stdout, "\nApply this change? [y/N] ")
		agreed, err := agrees(ctx, env.stdin)
		if err != nil {
			return false, err
		}
		if !agreed {
			fmt.Fprintln(env.stdout, "Nothing was changed.")
			return false, nil
		}
	}
	verify := func(ctx context.Context, path string) error { return brokermodule.Verify(ctx, binary, path) }
	backup, err := edit.Apply(ctx, verify, time.Now())
	if err != nil {
		return false, fmt.Errorf("nothing was changed: %w", err)
	}
	fmt.Fprintf(env.stdout, "\n%s has verified the new configuration, and it is in place: %s\nThe old one is kept: %s\n", binary, edit.Path(), backup)
	return true, nil
}

// agrees reads an answer. At the end of ctx the reading goroutine is left
// behind, as nothing ends a read from a terminal; the process ends anyway.
func agrees(ctx context.Context, in io.Reader) (bool, error) {
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := bufio.NewReader(in).ReadString('\n')
		answered <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return false, fmt.Errorf("nothing was changed: %w", ctx.Err())
	case a := <-answered:
		text := strings.ToLower(strings.TrimSpace(a.text))
		if text == "" && a.err != nil {
			return false, fmt.Errorf("nothing was changed: no answer (%w); --yes answers", a.err)
		}
		return text == "y" || text == "yes", nil
	}
}
