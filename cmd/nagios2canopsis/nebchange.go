package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/account"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/brokermodule"
)

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
	core, err := brokermodule.CoreUser(ctx, cfg)
	if err != nil {
		return err
	}
	if err := o.checkSpool(ctx, cfg, core, module); err != nil {
		return err
	}
	if edit.Empty() {
		m, _ := brokermodule.Find(cfg)
		fmt.Fprintf(env.stdout, "The module is already enabled: %s\n", m.Origin)
	} else if applied, err := o.apply(ctx, env, edit, binary, core); err != nil || !applied {
		return err
	}
	if err := makeSpool(env, cfg.Path, core); err != nil {
		return err
	}
	if edit.Empty() {
		fmt.Fprintln(env.stdout, "To see whether it is loaded: nagios2canopsis neb status")
	} else {
		fmt.Fprintf(env.stdout, "Next: systemctl reload %s, or restart it; modules are loaded at both. "+
			"Then: nagios2canopsis neb status\n", filepath.Base(binary))
	}
	return nil
}

// moduleFile returns the module that the flags name, that is configured, or that
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
	if o.binary == "" {
		return brokermodule.Binary(cfg)
	}
	path, err := exec.LookPath(o.binary)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", fmt.Errorf("--binary: %w", err)
	}
	return path, nil
}

// checkSpool returns why the module should not write to the spool directory, or
// could not, as the user of the core.
func (o *nebOptions) checkSpool(ctx context.Context, cfg *nagios.Config, core account.Account, module string) error {
	spool := brokermodule.SpoolFor(cfg, o.spool)
	if o.spool == "" {
		if err := brokermodule.ClaimedSpool(spool, cfg, installed()); err != nil {
			return err
		}
	}
	return brokermodule.CheckUser(ctx, core, module, spool)
}

// installed reads the configurations of all supervisors that are found. One that
// can't be read claims nothing.
func installed() (all []*nagios.Config) {
	taken, others, _ := nagios.Find("/") // if none was found, there is none
	for _, found := range append(taken, others...) {
		if cfg, err := nagios.Read(found.Path); err == nil {
			all = append(all, cfg)
		}
	}
	return all
}

// makeSpool creates the spool directory that the configuration now names.
func makeSpool(env environment, path string, core account.Account) error {
	cfg, err := nagios.Read(path)
	if err != nil {
		return err
	}
	m, found := brokermodule.Find(cfg)
	if !found {
		return fmt.Errorf("%s was changed in the meantime: repeat this", path)
	}
	made, err := brokermodule.MakeSpool(m.Spool, core)
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
	core, err := brokermodule.CoreUser(ctx, cfg)
	if err != nil {
		return err
	}
	if applied, err := o.apply(ctx, env, edit, binary, core); err != nil || !applied {
		return err
	}
	fmt.Fprintf(env.stdout, "Next: systemctl reload %s, or restart it; until then the module stays loaded.\n",
		filepath.Base(binary))
	return nil
}

// apply shows a change, asks, and makes it.
func (o *nebOptions) apply(
	ctx context.Context, env environment, edit *brokermodule.Edit, binary string, core account.Account,
) (applied bool, err error) {
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
	verify := func(ctx context.Context, path string) error { return brokermodule.Verify(ctx, binary, path, core) }
	backup, err := edit.Apply(ctx, verify, time.Now())
	if err != nil {
		return false, fmt.Errorf("nothing was changed: %w", err)
	}
	fmt.Fprintf(env.stdout, "\n%s has verified the new configuration, and it is in place: %s\nThe old one is "+
		"kept: %s\n",
		binary, edit.Path(), backup)
	return true, nil
}

// agrees reads an answer. When ctx ends, the reading goroutine is left behind,
// because nothing ends a read from a terminal; the process ends anyway.
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
			return false, fmt.Errorf("nothing was changed: no answer (%w); --yes answers for you", a.err)
		}
		return text == "y" || text == "yes", nil
	}
}
