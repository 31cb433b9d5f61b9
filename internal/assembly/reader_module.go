package assembly

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/brokermodule"
)

// ModuleReader is the name of the reader of a broker module's spool.
const ModuleReader = "module"

// module is the broker module of a site.
type module struct {
	spool string // directory; empty: there is none
	from  string // where that directory is named, for people
	// owns: the module is the source of everything; the others add what it can't
	// see.
	owns bool
	// insisted: it owns because our own configuration says 'on', whether it writes
	// or not.
	insisted bool
}

// silence is how long the module may bring nothing of an object that the status
// file shows: the time after which it counts as not at work.
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
		if _, err := os.Stat(brokermodule.ShinkenSpool); err == nil {
			m.spool, m.from = brokermodule.ShinkenSpool, "the Shinken module's default"
		}
	default:
		if found, ok := brokermodule.Find(s); ok {
			m.spool, m.from = found.Spool, found.Origin
		}
	}
	m.insisted = m.spool != "" && r.Enabled == config.On
	m.owns = m.insisted || m.spool != "" && handover.Alive(m.spool, now)
	return m
}

// chooseModule chooses the reader of the module's spool, if there is a module.
func chooseModule(s *selection) []Choice {
	m := s.module
	if m.spool == "" {
		if s.readers.Module.Enabled == config.On {
			s.missing("readers.module.path", "must be set: the supervisor's configuration has no broker_module line "+
				"for nagios2canopsis (nagios2canopsis neb enable adds it)")
		}
		s.leaveOut("no broker module of nagios2canopsis is configured")
		return nil
	}
	if m.insisted && !handover.Alive(m.spool, time.Now()) {
		s.noteSilent(m)
	}
	note := "every check result, acknowledgement, downtime, comment and flapping state"
	if !m.owns {
		note += ", once the module writes"
	}
	feed := func(log *slog.Logger, watch bool) (pipeline.Feed, error) {
		return pipeline.Feed{
			Source: handover.New(handover.Options{Name: ModuleReader, Dir: m.spool, Watch: watch, Logger: log}),
			Reader: timeline.Reader{
				View: timeline.Everything, Hosts: m.owns, Services: m.owns,
				HasState: true, HasOutput: true, Delay: silence,
			},
		}, nil
	}
	return []Choice{{
		Name: ModuleReader, Path: m.spool, Note: note,
		build:   func(log *slog.Logger) (pipeline.Feed, error) { return feed(log, false) },
		preview: func(log *slog.Logger) (pipeline.Feed, error) { return feed(log, true) },
	}}
}

// noteSilent notes that a module which is to be the source in any case does not
// write: then nothing else brings what it would bring.
func (s *selection) noteSilent(m module) {
	const meanwhile = "until a module writes there, log and perfdata files are not read " +
		"(readers.module.enabled is on; 'auto' would read them)"
	if _, err := os.Stat(m.spool); errors.Is(err, fs.ErrNotExist) {
		s.Troubles = append(s.Troubles, s.config.Fault("readers.module.path",
			fmt.Sprintf("the spool directory %s, from %s, does not exist; %s", m.spool, m.from, meanwhile)))
		return
	}
	s.notice("the module has written nothing to %s, from %s, for %v; %s", m.spool, m.from, silence, meanwhile)
}
