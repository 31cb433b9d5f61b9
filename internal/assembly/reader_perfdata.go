package assembly

import (
	"log/slog"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/perfdata"
)

// The names of the readers of perfdata.
const (
	perfdataHost    = "perfdata-host"
	perfdataService = "perfdata-service"
	perfdataBoth    = "perfdata"
	perfdataSpool   = "perfdata-spool"
)

// spoolGrace is how long a file may take, beyond the interval at which it is
// moved, until it is in the spool directory and read.
const spoolGrace = time.Minute

// choosePerfdata decides how perfdata is read: from a spool directory, or by
// following the files, or the pipes, into which the supervisor writes.
func choosePerfdata(s *selection) []Choice {
	r := s.readers.Perfdata
	own := r.Spool.Path != "" || r.Host.Path != "" || r.Service.Path != ""
	switch {
	case !s.wanted(r.Enabled):
		s.leaveOut("readers.perfdata.enabled is off")
		return nil
	case s.Supervisor != nil && !s.supervisor.ProcessPerformanceData && !own:
		s.leaveOut("process_performance_data is 0")
		if r.Enabled == config.On {
			s.fault("readers.perfdata.enabled", "is on, but "+s.supervisor.Path+" has process_performance_data=0")
		}
		return nil
	}
	before := len(s.faults)
	files := s.perfdataFiles()
	switch {
	case len(files) == 0 && r.Enabled == config.On && len(s.faults) == before:
		s.missing("readers.perfdata.enabled",
			"is on, but neither this file nor the supervisor's configuration names a perfdata file")
	case len(files) == 0:
	case r.Spool.Path != "":
		return []Choice{s.spoolReader(files)}
	case len(files) == 2 && files[0].path == files[1].path:
		return []Choice{s.fileReader(perfdataBoth, files)}
	}
	var choices []Choice
	for _, f := range files {
		choices = append(choices, s.fileReader(f.reader, []*perfdataFile{f}))
	}
	return choices
}

// reader describes a perfdata reader to the timeline. What its template lacks is
// added from the log and the status file.
func reader(files []*perfdataFile, delay time.Duration) timeline.Reader {
	r := timeline.Reader{View: timeline.Complete, HasState: true, HasOutput: true, Delay: delay}
	for _, f := range files {
		r.Hosts = r.Hosts || f.class == perfdata.Host
		r.Services = r.Services || f.class == perfdata.Service
		r.HasState = r.HasState && f.format.HasState()
		r.HasOutput = r.HasOutput && f.format.HasOutput()
		r.StartOnly = r.StartOnly || !f.format.HasEnd()
	}
	return r
}

func note(files []*perfdataFile) string {
	if stateless(files) {
		return "every check result; its template has no state, which is taken from the log and the status file"
	}
	return "every check result"
}

// stateless reports whether a template that is used has no state.
func stateless(files []*perfdataFile) bool {
	return slices.ContainsFunc(files, func(f *perfdataFile) bool { return f.template.used && !f.format.HasState() })
}

func formats(files []*perfdataFile) []*perfdata.Format {
	var out []*perfdata.Format
	for _, f := range files {
		out = append(out, f.format)
	}
	return append(out, perfdata.Pairs())
}

// fileReader reads one file or pipe.
func (s *selection) fileReader(name string, files []*perfdataFile) Choice {
	f := files[0]
	begin := begin(s.readers.Perfdata.Begin)
	reader := reader(files, 0)
	reader.NeverWaits = f.mode == nagios.PipeMode
	var archives []string
	for _, f := range files {
		archives = append(archives, f.archives...)
	}
	var end func([]byte) ([]byte, error) // of a pipe nothing can be read later
	if f.mode != nagios.PipeMode {
		end = func([]byte) ([]byte, error) { return perfdata.FileEnd(f.path) }
	}
	return Choice{
		Name: name, Path: f.path, Note: note(files), end: end, moved: archives,
		hostPerfdata: reader.Hosts, servicePerfdata: reader.Services, stateless: stateless(files),
		consumes: f.mode == nagios.PipeMode,
		build: func(log *slog.Logger) (pipeline.Feed, error) {
			var source supervision.Source
			var err error
			if f.mode == nagios.PipeMode {
				source, err = perfdata.NewPipe(perfdata.PipeOptions{
					Name: name, Path: f.path, Formats: formats(files), Logger: log,
				})
			} else {
				source, err = perfdata.NewFile(perfdata.FileOptions{
					Name: name, Path: f.path, Formats: formats(files), Archives: archives, Begin: begin, Logger: log,
				})
			}
			if err != nil {
				return pipeline.Feed{}, option.Within(f.key, err)
			}
			return pipeline.Feed{Source: source, Reader: reader}, nil
		},
	}
}

// spoolReader reads a directory of finished files.
func (s *selection) spoolReader(files []*perfdataFile) Choice {
	c := s.readers.Perfdata.Spool
	interval := max(s.supervisor.HostPerfdata.ProcessingInterval, s.supervisor.ServicePerfdata.ProcessingInterval)
	reader := reader(files, 3*interval+spoolGrace)
	after := map[string]perfdata.After{"keep": perfdata.Keep, "delete": perfdata.Delete, "move": perfdata.Move}[c.After]
	return Choice{
		Name: perfdataSpool, Path: c.Path, Note: note(files),
		end:          func([]byte) ([]byte, error) { return perfdata.SpoolEnd(c.Path) },
		hostPerfdata: reader.Hosts, servicePerfdata: reader.Services, stateless: stateless(files),
		consumes: c.After != "keep",
		build: func(log *slog.Logger) (pipeline.Feed, error) {
			source, err := perfdata.NewSpool(perfdata.SpoolOptions{
				Name: perfdataSpool, Dir: c.Path, Pattern: c.Pattern, Formats: formats(files),
				After: after, MoveTo: c.MoveTo, Logger: log,
			})
			if err != nil {
				return pipeline.Feed{}, option.Within("readers.perfdata.spool", err)
			}
			return pipeline.Feed{Source: source, Reader: reader}, nil
		},
	}
}
