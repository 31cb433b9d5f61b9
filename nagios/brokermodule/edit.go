package brokermodule

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// allEvents is the value of event_broker_options that the module needs.
const allEvents = "-1"

// Edit is a change to a main configuration that is planned, not made.
type Edit struct {
	// Remarks are what an administrator may not expect of the change.
	Remarks []string

	path     string // of the file, as the supervisor is started with it
	target   string // the file itself, when path is a link
	lines    []string
	changes  []change
	achieves func(*nagios.Config) error // returns why a configuration is not as it should be
}

// Enable plans the change that makes the supervisor load the module. An empty
// spool is that of SpoolFor. The configuration of an OMD site is not changed: the
// error describes what its administrator does.
func Enable(cfg *nagios.Config, modulePath, spool string) (*Edit, error) {
	for _, path := range []string{modulePath, spool} {
		if path != "" && !filepath.IsAbs(path) {
			return nil, fmt.Errorf("%q is a relative path, and the supervisor's working directory may be another: "+
				"name the whole path", path)
		}
		if strings.ContainsFunc(path, func(r rune) bool { return isSeparator(r) || r < ' ' }) {
			return nil, fmt.Errorf("%q has a blank or a comma in it, which is not possible in a broker_module line: "+
				"use another path", path)
		}
	}
	e, err := newEdit(cfg)
	if err != nil {
		return nil, err
	}
	have, found := Find(cfg)
	spool = SpoolFor(cfg, spool)
	e.achieves = func(c *nagios.Config) error { return isEnabled(c, modulePath, spool) }
	if e.achieves(cfg) == nil {
		return e, nil
	}
	if site, isSite := omdSiteOf(cfg.Path); isSite {
		return nil, site.errEnable(cfg.Path, modulePath, spool)
	}
	all := statements(e.lines)
	if found && !slices.ContainsFunc(all, statement.isOurModule) {
		return nil, errIncluded(cfg, "change it to broker_module="+repaired(modulePath, have.Args, spool))
	}
	e.changes, e.Remarks = planEnable(e.lines, all, modulePath, spool)
	return e, nil
}

// Disable plans the change after which the supervisor no longer loads the module.
// event_broker_options stays: other modules may need it.
func Disable(cfg *nagios.Config) (*Edit, error) {
	e, err := newEdit(cfg)
	if err != nil {
		return nil, err
	}
	e.achieves = func(c *nagios.Config) error {
		if _, found := Find(c); found {
			return errIncluded(c, "remove it there")
		}
		return nil
	}
	for _, s := range statements(e.lines) {
		if s.isOurModule() {
			e.changes = append(e.changes, change{at: s.first, old: e.lines[s.first:s.end]})
		}
	}
	if site, isSite := omdSiteOf(cfg.Path); isSite && e.achieves(cfg) != nil {
		return nil, site.errDisable(cfg.Path)
	}
	if len(e.changes) == 0 {
		return e, e.achieves(cfg)
	}
	return e, nil
}

// SpoolFor returns the spool directory that Enable plans for: the wanted one, else
// that of the module's line, else the default.
func SpoolFor(cfg *nagios.Config, wanted string) string {
	if wanted != "" {
		return filepath.Clean(wanted)
	}
	if have, found := Find(cfg); found {
		return have.Spool
	}
	if site, isSite := omdSiteOf(cfg.Path); isSite {
		return site.spool()
	}
	return DefaultSpool
}

// HasNone returns an error for a supervisor that can load no module of ours, and
// says what is read instead.
func HasNone(cfg *nagios.Config) error {
	if cfg.Flavour != nagios.Centreon {
		return nil
	}
	return fmt.Errorf("%s is Centreon Engine's, whose modules have another interface: "+
		"its log, status file and perfdata files can be read instead", cfg.Path)
}

func newEdit(cfg *nagios.Config) (*Edit, error) {
	if cfg.Flavour == nagios.Shinken {
		return nil, fmt.Errorf("%s is Shinken's, which loads no NEB module: it has a module of its own "+
			"(see shinken/README.md)", cfg.Path)
	}
	if err := HasNone(cfg); err != nil {
		return nil, err
	}
	target, err := filepath.EvalSymlinks(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("finding the main configuration: %w", err)
	}
	text, err := os.ReadFile(target)
	if err != nil {
		return nil, fmt.Errorf("reading the main configuration: %w", err)
	}
	return &Edit{path: cfg.Path, target: target, lines: splitLines(string(text))}, nil
}

// isEnabled returns why a configuration does not load the module, once and with
// all events.
func isEnabled(cfg *nagios.Config, modulePath, spool string) error {
	m, found := Find(cfg)
	ours := 0
	for _, m := range cfg.BrokerModules {
		if isOurs(m.Path) {
			ours++
		}
	}
	switch {
	case !found:
		return fmt.Errorf("%s would not load the module: check the lines around the new one", cfg.Path)
	case m.Path != modulePath || m.Spool != spool:
		return errIncluded(cfg, "change it to broker_module="+repaired(modulePath, m.Args, spool))
	case ours > 1:
		return errIncluded(cfg, "remove all but one")
	case cfg.EventBrokerOptions != -1:
		return fmt.Errorf("event_broker_options is %d, set at %s: set it there to %s by hand, then repeat this",
			cfg.EventBrokerOptions, cfg.Origin("event_broker_options"), allEvents)
	}
	return nil
}

func errIncluded(cfg *nagios.Config, remedy string) error {
	return fmt.Errorf("%s has the module's broker_module line, and only the main file is edited here: "+
		"%s by hand, then repeat this", includedLine(cfg), remedy)
}

// planEnable repairs the module's line, or adds it, and makes the core report
// everything to its modules.
func planEnable(lines []string, all []statement, modulePath, spool string) (changes []change, remarks []string) {
	eol := lineEnd(lines)
	var ours []statement
	for _, s := range all {
		if s.isOurModule() {
			ours = append(ours, s)
		}
	}
	options, optionsSet := last(all, "event_broker_options")

	var added []string
	if !optionsSet {
		added = append(added, "event_broker_options="+allEvents+eol)
		remarks = append(remarks, "event_broker_options was not set, so the supervisor would report nothing "+
			"to its modules: it becomes -1, everything.")
	} else if options.value != allEvents {
		changes = append(changes, replace(lines, options, "event_broker_options="+allEvents+eol))
		remarks = append(remarks, fmt.Sprintf("event_broker_options was %s: it becomes -1, everything, "+
			"for all broker modules.",
			options.value))
	}

	if len(ours) == 0 {
		added = append(added, "broker_module="+modulePath+" spool="+spool+eol)
		changes = append(changes, change{at: placeForModule(lines, all), new: added})
	} else {
		_, args := ours[0].module()
		if value := repaired(modulePath, args, spool); value != ours[0].value {
			added = append(added, "broker_module="+value+eol)
			changes = append(changes, replace(lines, ours[0], added...))
		} else if len(added) > 0 {
			changes = append(changes, change{at: ours[0].first, new: added})
		}
		for _, s := range ours[1:] {
			changes = append(changes, replace(lines, s))
			remarks = append(remarks, fmt.Sprintf("line %d would load the module again: it is removed.", s.first+1))
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return a.at - b.at })
	endLastLine(lines, changes, eol)
	return changes, remarks
}

func replace(lines []string, s statement, by ...string) change {
	return change{at: s.first, old: lines[s.first:s.end], new: by}
}

// placeForModule returns where the new line goes: behind the last broker_module
// line, else behind event_broker_options, else at the end.
func placeForModule(lines []string, all []statement) int {
	for _, option := range []string{"broker_module", "event_broker_options"} {
		if s, found := last(all, option); found {
			return s.end
		}
	}
	return len(lines)
}

// endLastLine adds the line end that the last line lacks, if lines are added
// behind it.
func endLastLine(lines []string, changes []change, eol string) {
	n, last := len(lines), len(changes)-1
	if n == 0 || last < 0 || changes[last].at < n || strings.HasSuffix(lines[n-1], "\n") {
		return
	}
	if last > 0 && changes[last-1].end() == n {
		return // it is replaced
	}
	changes[last] = change{at: n - 1, old: lines[n-1:], new: append([]string{lines[n-1] + eol}, changes[last].new...)}
}

// repaired returns the value of a broker_module line with another path and spool
// directory. Its further arguments stay as they are.
func repaired(modulePath, args, spool string) string {
	if spoolOf(args) != spool {
		args = withSpool(args, spool)
	}
	return strings.TrimSpace(modulePath + " " + args)
}

// withSpool replaces the argument spool, or adds it in front. The separators
// between the arguments stay as they are.
func withSpool(args, spool string) string {
	var b strings.Builder
	replaced := false
	for rest := args; rest != ""; {
		n := strings.IndexFunc(rest, isSeparator)
		if n < 0 {
			n = len(rest)
		}
		arg := rest[:n]
		if _, isSpool := cutSpool(arg); isSpool {
			arg, replaced = "spool="+spool, true
		}
		b.WriteString(arg)
		rest = rest[n:]
		if rest != "" {
			b.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	if !replaced {
		return strings.TrimSpace("spool=" + spool + " " + args)
	}
	return b.String()
}

// lineEnd returns the line end that a file uses.
func lineEnd(lines []string) string {
	if len(lines) > 0 && strings.HasSuffix(lines[0], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// Empty reports whether there is nothing to change.
func (e *Edit) Empty() bool { return len(e.changes) == 0 }

// Path returns the path of the file that changes.
func (e *Edit) Path() string { return e.target }

// Diff returns the change in the form of diff -u.
func (e *Edit) Diff() string {
	return unifiedDiff(e.target, e.target+" (new)", e.lines, e.changes)
}
