package assembly

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/arbiter"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/perfdata"
)

// perfdataFile is one of the two perfdata files, as both configurations
// together describe it.
type perfdataFile struct {
	key      string // in our configuration
	object   perfdata.Class
	path     string
	mode     nagios.PerfdataMode
	format   *perfdata.Format
	archives []string
}

// spoolGrace is how long a file may take, beyond the interval at which it is
// moved, until it is in the spool directory and read.
const spoolGrace = time.Minute

// perfdataReaders decides how perfdata is read: from a spool directory, or by
// following the files, or the pipes, into which the supervisor writes.
func (p *Plan) perfdataReaders(s *nagios.Config) ([]Reader, []error) {
	r := &p.Config.Readers.Perfdata
	own := r.Spool.Path != "" || r.Host.Path != "" || r.Service.Path != ""
	switch {
	case r.Enabled == config.Off:
		return nil, nil
	case p.Supervisor != nil && !s.ProcessPerformanceData && !own:
		if r.Enabled == config.On {
			return nil, []error{p.Config.Fault("readers.perfdata.enabled", "is on, but "+s.Path+" has process_performance_data=0")}
		}
		return nil, nil
	}
	var files []*perfdataFile
	var faults []error
	for _, f := range []struct {
		key         string
		object      perfdata.Class
		own         config.PerfdataFile
		supervisors nagios.Perfdata
		option      string
		template    string
	}{
		{"readers.perfdata.host", perfdata.Host, r.Host, s.HostPerfdata, "host_perfdata_file", perfdata.DefaultHostTemplate},
		{"readers.perfdata.service", perfdata.Service, r.Service, s.ServicePerfdata, "service_perfdata_file", perfdata.DefaultServiceTemplate},
	} {
		file, err := p.perfdataFile(f.key, f.object, f.own, f.supervisors, f.template)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if file.path == "" && r.Spool.Path == "" {
			continue
		}
		if f.own.Path == "" && r.Spool.Path == "" {
			for _, trouble := range p.Supervisor.CheckReadable(f.option) {
				p.trouble(trouble)
			}
		}
		for _, w := range file.format.Warnings() {
			p.Notices = append(p.Notices, f.key+".template: "+w)
		}
		files = append(files, file)
	}
	switch {
	case len(faults) > 0:
		return nil, faults
	case len(files) == 0 && r.Enabled == config.On:
		return nil, []error{p.Config.Fault("readers.perfdata.enabled", "is on, but neither this file nor the supervisor's configuration names a perfdata file")}
	case r.Spool.Path != "":
		interval := max(s.HostPerfdata.ProcessingInterval, s.ServicePerfdata.ProcessingInterval)
		return []Reader{p.spoolReader(files, interval)}, nil
	case len(files) == 2 && files[0].path == files[1].path:
		return []Reader{p.fileReader(perfdataBoth, files)}, nil
	}
	var readers []Reader
	for _, f := range files {
		name := perfdataHost
		if f.object == perfdata.Service {
			name = perfdataService
		}
		readers = append(readers, p.fileReader(name, []*perfdataFile{f}))
	}
	return readers, nil
}

func (p *Plan) perfdataFile(key string, object perfdata.Class, own config.PerfdataFile, s nagios.Perfdata, fallback string) (*perfdataFile, error) {
	f := &perfdataFile{key: key, object: object, path: own.Path, mode: s.Mode}
	if f.path == "" {
		f.path = s.File
	}
	if own.Mode != "" {
		f.mode = nagios.PerfdataMode(own.Mode[0])
	}
	template := strings.ReplaceAll(own.Template, `\t`, "\t")
	if template == "" {
		template = s.Template
	}
	if template == "" {
		template = fallback
	}
	format, err := perfdata.Compile(template, object)
	if err != nil {
		return nil, p.Config.Fault(key+".template", err.Error())
	}
	f.format = format
	if target := movedTo(s.ProcessingCommand.Line); target != "" {
		f.archives = []string{target}
	}
	return f, nil
}

var macroInPath = regexp.MustCompile(`\$[A-Z0-9_]+\$`)

// movedTo gives the glob pattern of the files that a processing command such
// as "/bin/mv FILE DIR/service-perfdata.$TIMET$" makes; empty if it is none.
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

// owner describes a perfdata reader to the arbiter, and what it waits for:
// lines without a state need the log read as far as they were written, and at
// the first start the status file.
func owner(files []*perfdataFile, delay time.Duration) (arbiter.Witness, []pipeline.Wait) {
	reader := arbiter.Witness{View: arbiter.Complete, HasState: true, Delay: delay}
	var waits []pipeline.Wait
	for _, f := range files {
		reader.Hosts = reader.Hosts || f.object == perfdata.Host
		reader.Services = reader.Services || f.object == perfdata.Service
		reader.HasState = reader.HasState && f.format.HasState()
	}
	if !reader.HasState {
		waits = []pipeline.Wait{{For: logName}, {For: statusName, Once: true}}
	}
	return reader, waits
}

func note(reader arbiter.Witness) string {
	if reader.HasState {
		return "every check result"
	}
	return "every check result; its template tells no state, which is taken from the log and the status file"
}

func formats(files []*perfdataFile) []*perfdata.Format {
	var out []*perfdata.Format
	for _, f := range files {
		out = append(out, f.format)
	}
	return append(out, perfdata.Pairs())
}

func (p *Plan) fileReader(name string, files []*perfdataFile) Reader {
	f := files[0]
	begin := begin(p.Config.Readers.Perfdata.Begin)
	owner, waits := owner(files, 0)
	var archives []string
	for _, f := range files {
		archives = append(archives, f.archives...)
	}
	return Reader{Name: name, Path: f.path, Note: note(owner), stateless: !owner.HasState, consumes: f.mode == nagios.PipeMode, build: func(log *slog.Logger) (pipeline.Feed, error) {
		var source supervision.Source
		var err error
		if f.mode == nagios.PipeMode {
			source, err = perfdata.NewPipe(perfdata.PipeOptions{Name: name, Path: f.path, Formats: formats(files), Logger: log})
		} else {
			source, err = perfdata.NewFile(perfdata.FileOptions{
				Name: name, Path: f.path, Formats: formats(files), Archives: archives, Begin: begin, Logger: log,
			})
		}
		if err != nil {
			return pipeline.Feed{}, fmt.Errorf("%s: %w", f.key, err)
		}
		return pipeline.Feed{Source: source, Reader: owner, Waits: waits}, nil
	}}
}

func (p *Plan) spoolReader(files []*perfdataFile, interval time.Duration) Reader {
	c := p.Config.Readers.Perfdata.Spool
	owner, waits := owner(files, 3*interval+spoolGrace)
	after := map[string]perfdata.After{"keep": perfdata.Keep, "delete": perfdata.Delete, "move": perfdata.Move}[c.After]
	return Reader{Name: perfdataSpool, Path: c.Path, Note: note(owner), stateless: !owner.HasState, consumes: c.After != "keep", build: func(log *slog.Logger) (pipeline.Feed, error) {
		source, err := perfdata.NewSpool(perfdata.SpoolOptions{
			Name: perfdataSpool, Dir: c.Path, Pattern: c.Pattern, Formats: formats(files), After: after, MoveTo: c.MoveTo, Logger: log,
		})
		if err != nil {
			return pipeline.Feed{}, fmt.Errorf("readers.perfdata.spool: %w", err)
		}
		return pipeline.Feed{Source: source, Reader: owner, Waits: waits}, nil
	}}
}
