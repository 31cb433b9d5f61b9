package main

import (
	"context"
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/rehearsal"
)

const checkAbout = `Checks the configuration file, finds the supervisors, and tries what run would
do: whether every file can be read, watched, written and deleted as needed.
Nothing is read, sent or changed.

What is wrong comes first, the whole configuration last, with passwords hidden.
The last line is the verdict.

run has the rights of one user, so try as that user. As root, this is done for
the user to whom the journal's directory belongs, or for the one that --as names.
Groups that only a service manager adds (SupplementaryGroups=) are not tried.

The exit code is 0 if all is well or only notes are printed, 1 if there is a
trouble, 2 if the arguments are wrong.
`

// verdict ends check-config when there are troubles.
type verdict string

func (v verdict) Error() string { return string(v) }

func checkConfigCommand(ctx context.Context, env environment) error {
	var path, as string
	if _, err := parse(env, "check-config", checkAbout, checkFlags(&path, &as)); err != nil {
		return err
	}
	if done, err := tryAsAnother(ctx, env, path, as); done || err != nil {
		return err
	}
	plan, err := loadPlan(path)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, triedAs())
	}
	shown, err := yaml.Marshal(plan.Config.Config)
	if err != nil {
		return fmt.Errorf("showing the configuration: %w", err)
	}
	findings := rehearsal.Try(plan)
	addRemarks(ctx, findings, plan)
	p := newPage(env.stdout)
	p.printf("nagios2canopsis %s\n%s\n\n", version(), triedAs())
	for _, t := range findings.Troubles {
		p.paragraph("Trouble: " + t.Error())
		p.printf("\n")
	}
	describe(p, plan)
	for _, n := range findings.Notices {
		p.printf("\n")
		p.paragraph("Note: " + n)
	}
	source := plan.Config.File
	if source == "" {
		source = "none (" + defaultConfig + " does not exist), these are the defaults"
	}
	p.printf("\nConfiguration file: %s\n\n%s\n", source, indent(string(shown)))
	if p.err != nil {
		return fmt.Errorf("printing: %w", p.err)
	}
	if len(findings.Troubles) > 0 {
		return verdict(findings.Verdict())
	}
	p.printf("%s\n", findings.Verdict())
	return p.err
}

// triedAs names the user whose rights the result is about.
func triedAs() string {
	who := access.Who()
	if who.UID == 0 {
		return "Tried as " + who.String() + ", who may do everything; --as USER tries as another."
	}
	return "Tried as " + who.String() + "."
}

// addRemarks adds what the plan itself found.
func addRemarks(ctx context.Context, f *rehearsal.Findings, plan *assembly.Plan) {
	for _, s := range plan.Sites {
		of := ""
		if s.Name != "" {
			of = "site " + s.Name + ": "
		}
		for _, n := range s.Notices {
			f.Notices = append(f.Notices, of+n)
		}
		for _, t := range s.Troubles {
			f.Troubles = append(f.Troubles, fmt.Errorf("%s%w", of, t))
		}
	}
	f.Troubles = append(f.Troubles, plan.Troubles...)
	f.Notices = append(f.Notices, plan.SharedNames(ctx)...)
}
