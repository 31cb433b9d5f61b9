package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"gopkg.in/yaml.v3"
)

const checkAbout = `Checks the configuration file, finds the supervisor, and shows what would be
read and sent, with passwords hidden. Nothing is read or sent.

The exit code is 0 if all is well, 1 if something is wrong.
`

var errTroubles = errors.New("the configuration is sound, but not everything is in place")

func checkConfigCommand(_ context.Context, env environment) error {
	var path string
	if _, err := parse(env, "check-config", checkAbout, configFlag(&path)); err != nil {
		return err
	}
	plan, err := loadPlan(path)
	if err != nil {
		return err
	}
	if err := plan.Check(); err != nil {
		return err
	}
	shown, err := yaml.Marshal(plan.Config.Config)
	if err != nil {
		return fmt.Errorf("showing the configuration: %w", err)
	}
	source := plan.Config.File
	if source == "" {
		source = "none (" + defaultConfig + " does not exist), these are the defaults"
	}
	fmt.Fprintf(env.stdout, "Configuration file: %s\n\n%s\nSource of check results: %s.\n\n", source, indent(string(shown)), plan.Choice())

	t := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	if s := plan.Supervisor; s != nil {
		fmt.Fprintf(t, "Supervisor:\t%s %s\t%s\n\t\t%s\n", s.Flavour, s.Version, s.Path, plan.Why)
		for _, other := range plan.Others {
			fmt.Fprintf(t, "\tleft alone\t%s\n", other)
		}
	}
	fmt.Fprint(t, "\t\t\nReads:\t\t\n")
	for _, r := range plan.Readers {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", r.Name, r.Path, r.Note)
	}
	if plan.Objects != "" {
		fmt.Fprintf(t, "  objects\t%s\tgroups, addresses, custom variables, URLs\n", plan.Objects)
	}
	fmt.Fprintf(t, "\t\t\nSends as:\tconnector %s\tconnector_name %s\n", plan.Connector, plan.ConnectorName)
	for _, target := range plan.Targets() {
		to := "standard output"
		if target == "amqp" {
			a := plan.Config.Publish.AMQP
			to = fmt.Sprintf("exchange %s at %v", a.Exchange, a.URLs)
		}
		fmt.Fprintf(t, "  %s\t%s\t\n", target, to)
	}
	fmt.Fprintf(t, "Journal:\t%s\tup to %s\n", plan.Config.Journal.Path, plan.Config.Journal.MaxSize)
	if err := t.Flush(); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	for _, n := range plan.Notices {
		fmt.Fprintf(env.stdout, "\nNote: %s\n", n)
	}
	troubles := plan.Troubles
	for _, file := range []struct{ key, path string }{
		{"journal.path", plan.Config.Journal.Path}, {"quarantine.path", plan.Config.Quarantine.Path},
	} {
		if _, err := os.Stat(filepath.Dir(file.path)); err != nil {
			troubles = append(troubles, plan.Config.Fault(file.key, err.Error()+": create the directory, owned by the user that runs the connector"))
		}
	}
	for _, trouble := range troubles {
		fmt.Fprintf(env.stdout, "\nTrouble: %v\n", trouble)
	}
	if len(troubles) > 0 {
		return errTroubles
	}
	fmt.Fprintln(env.stdout, "\nAll is well.")
	return nil
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") + "\n"
}
