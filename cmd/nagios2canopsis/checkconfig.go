package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"gopkg.in/yaml.v3"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
)

const checkAbout = `Checks the configuration file, finds the supervisors, and shows what would be
read and sent, with passwords hidden. Nothing is read or sent.

The exit code is 0 if all is well, 1 if something is wrong.
`

var errTroubles = errors.New("the configuration is sound, but not everything is in place")

func checkConfigCommand(ctx context.Context, env environment) error {
	var path string
	if _, err := parse(env, "check-config", checkAbout, configFlag(&path)); err != nil {
		return err
	}
	plan, err := loadPlan(path)
	if err != nil {
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
	fmt.Fprintf(env.stdout, "Configuration file: %s\n\n%s\n", source, indent(string(shown)))
	if err := describe(env.stdout, plan); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	notices, troubles := remarks(ctx, plan)
	for _, n := range notices {
		fmt.Fprintf(env.stdout, "\nNote: %s\n", n)
	}
	for _, t := range troubles {
		fmt.Fprintf(env.stdout, "\nTrouble: %s\n", t)
	}
	if len(troubles) > 0 {
		return errTroubles
	}
	fmt.Fprintln(env.stdout, "\nAll is well.")
	return nil
}

// describe prints what would be read of each site, and where it would be sent.
func describe(w io.Writer, plan *assembly.Plan) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range plan.Sites {
		describeSite(t, s)
	}
	for _, other := range plan.Others {
		fmt.Fprintf(t, "Left alone:\t%s\t\n", other)
	}
	fmt.Fprint(t, "Sends to:\t\t\n")
	for _, target := range plan.Targets {
		fmt.Fprintf(t, "  %s\t%s\t\n", target.Name, target.Where)
	}
	fmt.Fprintf(t, "\t\t\nJournal:\t%s\tup to %s\n", plan.Config.Journal.Path, plan.Config.Journal.MaxSize)
	return t.Flush()
}

func describeSite(t io.Writer, s *assembly.Site) {
	if s.Name != "" {
		fmt.Fprintf(t, "Site:\t%s\t\n", s.Name)
	}
	if c := s.Supervisor; c != nil {
		fmt.Fprintf(t, "Supervisor:\t%s %s\t%s\n\t\t%s\n", c.Flavour, c.Version, c.Path, s.Why)
	}
	fmt.Fprintf(t, "Source:\t%s\t\n", s.ResultsFrom())
	fmt.Fprint(t, "Reads:\t\t\n")
	for _, r := range s.Readers {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", r.Name, r.Path, r.Note)
	}
	if s.Objects != "" {
		fmt.Fprintf(t, "  objects\t%s\tgroups, addresses, custom variables, URLs\n", s.Objects)
	}
	fmt.Fprintf(t, "Sends as:\tconnector %s\tconnector_name %s\n\t\t\n", s.Connector, s.ConnectorName)
}

// remarks returns what is worth knowing, and what keeps the connector from its
// work now.
func remarks(ctx context.Context, plan *assembly.Plan) (notices, troubles []string) {
	for _, s := range plan.Sites {
		of := ""
		if s.Name != "" {
			of = "site " + s.Name + ": "
		}
		for _, n := range s.Notices {
			notices = append(notices, of+n)
		}
		for _, t := range s.Troubles {
			troubles = append(troubles, of+t.Error())
		}
	}
	for _, t := range plan.Troubles {
		troubles = append(troubles, t.Error())
	}
	notices = append(notices, plan.SharedNames(ctx)...)
	for _, file := range []struct{ key, path string }{
		{"journal.path", plan.Config.Journal.Path}, {"quarantine.path", plan.Config.Quarantine.Path},
	} {
		if _, err := os.Stat(filepath.Dir(file.path)); err != nil {
			fault := plan.Config.Fault(file.key,
				err.Error()+": create the directory, owned by the user that runs the connector")
			troubles = append(troubles, fault.Error())
		}
	}
	return notices, troubles
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") + "\n"
}
