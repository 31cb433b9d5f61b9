package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
)

// describe prints what would be read of each site, and where it would be sent.
func describe(p *page, plan *assembly.Plan) {
	var out strings.Builder
	t := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, s := range plan.Sites {
		describeSite(t, s)
	}
	for _, other := range plan.Others {
		fmt.Fprintf(t, "Left alone:\t%s\n", other)
	}
	fmt.Fprint(t, "Sends to:\t\t\n")
	for _, target := range plan.Targets {
		fmt.Fprintf(t, "  %s\t%s\n", target.Name, target.Where)
	}
	fmt.Fprintf(t, "\t\t\nJournal:\t%s\tup to %s\n", plan.Config.Journal.Path, plan.Config.Journal.MaxSize)
	fmt.Fprintf(t, "Quarantine:\t%s\tup to %s\n", plan.Config.Quarantine.Path, plan.Config.Quarantine.MaxSize)
	t.Flush() // a strings.Builder takes everything
	for line := range strings.Lines(out.String()) {
		p.printf("%s\n", strings.TrimRight(line, " \n"))
	}
}

func describeSite(t io.Writer, s *assembly.Site) {
	if s.Name != "" {
		fmt.Fprintf(t, "Site:\t%s\n", s.Name)
	}
	if c := s.Supervisor; c != nil {
		version := c.Version
		if version == "" {
			version = "(version unknown)"
		}
		fmt.Fprintf(t, "Supervisor:\t%s %s\t%s\n\t\t%s\n", c.Flavour, version, c.Path, s.Why)
	}
	fmt.Fprintf(t, "Source:\t%s\n", s.ResultsFrom())
	fmt.Fprint(t, "Reads:\t\t\n")
	for _, r := range s.Readers {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", r.Name, r.Path, r.Note)
	}
	if from := s.ObjectsFrom(); from != "" {
		fmt.Fprintf(t, "  objects\t%s\tgroups, addresses, custom variables, URLs\n", from)
	}
	fmt.Fprintf(t, "Sends as:\tconnector %s\tconnector_name %s\n\t\t\n", s.Connector, s.ConnectorName)
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") + "\n"
}
