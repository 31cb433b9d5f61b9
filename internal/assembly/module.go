package assembly

import (
	"log/slog"
	"os"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/arbiter"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/brokermodule"
)

// module is the broker module of a plan.
type module struct {
	spool string // directory; empty: there is none
	from  string // where that directory is named, for people
	// owns: the module is the source of everything; the others add what it can't
	// see.
	owns bool
}

// shinkenSpool is where the Shinken module writes if its configuration names
// nothing else.
const shinkenSpool = "/var/spool/nagios2canopsis/shinken"

// silence is how long the module may bring nothing of an object that the status
// file shows: as long as it takes to tell that it is not at work.
const silence = 2 * time.Minute

// findModule decides whether a broker module is the source.
func findModule(r *config.ModuleReader, s *nagios.Config, now time.Time) (m module) {
	if r.Enabled == config.Off {
		return m
	}
	switch {
	case r.Path != "":
		m.spool, m.from = r.Path, "readers.module.path"
	case s == nil:
	case s.Flavour == nagios.Shinken:
		if _, err := os.Stat(shinkenSpool); err == nil {
			m.spool, m.from = shinkenSpool, "the Shinken module's default"
		}
	default:
		if found, ok := brokermodule.Find(s); ok {
			m.spool, m.from = found.Spool, found.Origin
		}
	}
	m.owns = m.spool != "" && (r.Enabled == config.On || handover.Alive(m.spool, now))
	return m
}

// moduleReader gives the reader of the module's spool, if there is a module.
func (p *Plan) moduleReader() ([]Reader, error) {
	m := p.module
	if m.spool == "" {
		if p.Config.Readers.Module.Enabled == config.On {
			return nil, p.Config.Fault("readers.module.path", "must be given: the supervisor's configuration has no broker_module line for nagios2canopsis (nagios2canopsis neb enable adds it)")
		}
		return nil, nil
	}
	note := "every check result, acknowledgement, downtime, comment and flapping state"
	if !m.owns {
		note += ", once the module writes"
	}
	feed := func(log *slog.Logger, watch bool) (pipeline.Feed, error) {
		return pipeline.Feed{
			Source: handover.New(handover.Options{Name: ModuleReader, Dir: m.spool, Watch: watch, Logger: log}),
			Reader: arbiter.Witness{
				View: arbiter.Everything, Hosts: m.owns, Services: m.owns, HasState: true, Delay: silence,
			},
		}, nil
	}
	return []Reader{{
		Name: ModuleReader, Path: m.spool, Note: note,
		build:   func(log *slog.Logger) (pipeline.Feed, error) { return feed(log, false) },
		preview: func(log *slog.Logger) (pipeline.Feed, error) { return feed(log, true) },
	}}, nil
}

// filesAreNeeded tells whether a reader of files that is auto runs.
func (p *Plan) filesAreNeeded(enabled config.Switch) bool {
	return enabled == config.On || !p.module.owns
}

// Choice says in one line where check results come from.
func (p *Plan) Choice() string {
	m := p.module
	switch {
	case m.owns:
		return "the broker module brings everything (" + m.spool + ", from " + m.from + "); log and perfdata files are left alone unless they are switched on"
	case m.spool != "":
		return "the broker module (" + m.spool + ", from " + m.from + ") does not write now: the files are read until it does"
	}
	return "no broker module: the supervisor's files are read"
}

// Outdated tells whether the plan would be another one now: a broker module has
// begun to write, or has fallen silent. One goroutine may ask.
func (p *Plan) Outdated(now time.Time) bool {
	if s := p.Supervisor; s != nil {
		if written := modTime(s.Path); !written.Equal(p.readAt) {
			p.readAt = written
			if read, err := nagios.Read(s.Path); err == nil {
				p.latest = read
			}
		}
	}
	return findModule(&p.Config.Readers.Module, p.latest, now) != p.module
}

// modTime gives when a file was written; zero if it can't be told.
func modTime(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
