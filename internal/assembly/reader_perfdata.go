package assembly

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
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

// perfdataFile is one of the two perfdata files, as both configurations
// together describe it.
type perfdataFile struct {
	key      string // in our configuration
	reader   string // its name if it has one of its own
	class    perfdata.Class
	path     string
	mode     nagios.PerfdataMode
	format   *perfdata.Format
	archives []string
	template template
}

// choosePerfdata decides how perfdata is read: from a spool directory, or by
// following the files, or the pipes, into which the supervisor writes.
func choosePerfdata(s *selection) []Choice {
	r := s.readers.Perfdata
	own := r.Spool.Path != "" || r.Host.Path != "" || r.Service.Path != ""
	switch {
	case !s.wanted(r.Enabled):
		return nil
	case s.Supervisor != nil && !s.supervisor.ProcessPerformanceData && !own:
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

// perfdataFiles describes the files that are read, without those that have a
// fault.
func (s *selection) perfdataFiles() (files []*perfdataFile) {
	spool := s.readers.Perfdata.Spool.Path
	for _, f := range []struct {
		perfdataFile
		own         config.PerfdataFile
		supervisors nagios.Perfdata
		option      string
		template    string
	}{
		{
			perfdataFile{key: "readers.perfdata.host", reader: perfdataHost, class: perfdata.Host},
			s.readers.Perfdata.Host, s.supervisor.HostPerfdata, "host_perfdata_file", perfdata.DefaultHostTemplate,
		},
		{
			perfdataFile{key: "readers.perfdata.service", reader: perfdataService, class: perfdata.Service},
			s.readers.Perfdata.Service, s.supervisor.ServicePerfdata,
			"service_perfdata_file", perfdata.DefaultServiceTemplate,
		},
	} {
		file := f.perfdataFile
		err := file.describe(f.own, f.supervisors, f.template)
		switch {
		case file.path == "" && spool == "":
		case err != nil && (f.own.Template != "" || s.readers.Perfdata.Enabled == config.On):
			s.fault(file.key+".template", err.Error())
		case err != nil:
			s.notice("%s", s.unusable(&file, err))
		default:
			if f.own.Path == "" && spool == "" {
				s.checkReadable(f.option)
			}
			if lacks := s.lacks(&file); lacks != "" {
				s.notice("%s", lacks)
			}
			files = append(files, &file)
		}
	}
	return files
}

// describe sets what both configurations say of a file.
func (f *perfdataFile) describe(own config.PerfdataFile, s nagios.Perfdata, fallback string) (err error) {
	f.path, f.mode = own.Path, s.Mode
	if f.path == "" {
		f.path = s.File
	}
	if own.Mode != "" {
		f.mode = nagios.PerfdataMode(own.Mode[0])
	}
	f.template = template{text: nagios.UnescapeTemplate(own.Template), own: own.Template != ""}
	f.template.used = f.template.own || f.path != ""
	if f.template.text == "" && f.template.used {
		f.template.text = s.Template
	}
	if f.template.text == "" {
		f.template.text = fallback
	}
	if target := movedTo(s.ProcessingCommand.Line); target != "" {
		f.archives = []string{target}
	}
	f.format, err = perfdata.Compile(f.template.text, f.class)
	return err
}

var macroInPath = regexp.MustCompile(`\$[A-Z0-9_]+\$`)

// movedTo returns the glob pattern of the files that a processing command such
// as "/bin/mv FILE DIR/service-perfdata.$TIMET$" makes; empty if it makes none.
func movedTo(line string) string {
	words := strings.Fields(line)
	if len(words) != 3 || words[0] != "mv" && !strings.HasSuffix(words[0], "/mv") {
		return ""
	}
	pattern := macroInPath.ReplaceAllString(words[2], "*")
	if !strings.HasPrefix(pattern, "/") || pattern == words[2] {
		return ""
	}
	return pattern
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

func note(r timeline.Reader) string {
	if r.HasState {
		return "every check result"
	}
	return "every check result; its template has no state, which is taken from the log and the status file"
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
		Name: name, Path: f.path, Note: note(reader), end: end, moved: archives,
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
		Name: perfdataSpool, Path: c.Path, Note: note(reader),
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
