package assembly

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/arbiter"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/logfile"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/statusdat"
)

// buildReader makes the feed of a reader.
type buildReader func(log *slog.Logger) (pipeline.Feed, error)

// ModuleReader is the name of the reader of a broker module's spool.
const ModuleReader = "module"

// The names of the readers, which are the keys of their positions.
const (
	logName         = "log"
	statusName      = "status"
	perfdataHost    = "perfdata-host"
	perfdataService = "perfdata-service"
	perfdataBoth    = "perfdata"
	perfdataSpool   = "perfdata-spool"
)

// chooseReaders decides which readers run.
func (p *Plan) chooseReaders() (faults []error) {
	r := &p.Config.Readers
	s := p.Supervisor
	if s == nil {
		s = &nagios.Config{}
	}
	p.module = findModule(&r.Module, p.Supervisor, time.Now())
	module, err := p.moduleReader()
	if err != nil {
		faults = append(faults, err)
	}
	p.Readers = append(p.Readers, module...)
	if p.filesAreNeeded(r.Log.Enabled) {
		path, err := p.choose("readers.log", r.Log.Enabled, r.Log.Path, s.LogFile, "log_file")
		if err != nil {
			faults = append(faults, err)
		}
		if path != "" {
			p.Readers = append(p.Readers, p.logReader(path, s))
		}
	}
	if p.filesAreNeeded(r.Perfdata.Enabled) {
		perfdata, err := p.perfdataReaders(s)
		p.Readers = append(p.Readers, perfdata...)
		faults = append(faults, err...)
	}
	if path, err := p.choose("readers.status", r.Status.Enabled, r.Status.Path, s.StatusFile, "status_file"); err != nil {
		faults = append(faults, err)
	} else if path != "" {
		p.Readers = append(p.Readers, p.statusReader(path))
	}
	if path, err := p.choose("readers.objects", r.Objects.Enabled, r.Objects.Path, s.ObjectCacheFile, "object_cache_file"); err != nil {
		faults = append(faults, err)
	} else {
		p.Objects = path
	}
	faults = append(faults, p.checkStates(s)...)
	if len(p.Readers) == 0 && len(faults) == 0 {
		faults = append(faults, p.Config.Fault("readers", "nothing is left to read: no reader is on, or the supervisor's configuration names no file for them"))
	}
	return faults
}

// checkStates makes sure that check results without a state can be given one.
func (p *Plan) checkStates(s *nagios.Config) []error {
	for _, r := range p.Readers {
		if !r.stateless {
			continue
		}
		if len(p.has(logName)) == 0 {
			return []error{p.Config.Fault("readers.perfdata", "the template of "+r.Path+
				" tells no state, and the log reader is off: add the state to the template in the supervisor's configuration (for services $SERVICESTATEID$ and $SERVICESTATETYPE$, for hosts $HOSTSTATEID$ and $HOSTSTATETYPE$), or switch readers.log on")}
		}
		if !s.Logging.ServiceRetries || !s.Logging.HostRetries {
			p.Notices = append(p.Notices, "the template of "+r.Path+" tells no state, and log_service_retries or log_host_retries is 0: "+
				"problems that are still retried will be sent with the state before; set both to 1, or add the state to the template")
		}
	}
	return nil
}

// choose gives the path that a reader reads, empty if it is off.
func (p *Plan) choose(key string, enabled config.Switch, own, supervisors, option string) (string, error) {
	if enabled == config.Off {
		return "", nil
	}
	if own != "" {
		p.look(key+".path", own)
		return own, nil
	}
	if supervisors != "" {
		for _, trouble := range p.Supervisor.CheckReadable(option) {
			p.trouble(trouble)
		}
		return supervisors, nil
	}
	if enabled == config.On {
		return "", p.Config.Fault(key+".path", fmt.Sprintf("must be given: the supervisor's configuration has no %s", option))
	}
	return "", nil
}

func (p *Plan) trouble(t *nagios.AccessError) {
	if t.Absent {
		p.Notices = append(p.Notices, t.Error()+" (it appears when the supervisor runs)")
		return
	}
	p.Troubles = append(p.Troubles, t)
}

// look notes whether a file that our own configuration names can't be read.
func (p *Plan) look(key, path string) {
	f, err := os.Open(path)
	switch {
	case err == nil:
		f.Close()
	case errors.Is(err, os.ErrNotExist):
		p.Notices = append(p.Notices, fmt.Sprintf("%s: %s is not there yet", key, path))
	default:
		p.Troubles = append(p.Troubles, p.Config.Fault(key, err.Error()))
	}
}

func (p *Plan) has(names ...string) (found []string) {
	for _, r := range p.Readers {
		for _, name := range names {
			if r.Name == name {
				found = append(found, name)
			}
		}
	}
	return found
}

func (p *Plan) logReader(path string, s *nagios.Config) Reader {
	r := p.Config.Readers.Log
	archive := r.Archive
	if archive == "" {
		archive = s.LogArchivePath
	}
	program := ""
	if s.Version != "" {
		program = string(s.Flavour) + " " + s.Version
	}
	return Reader{
		Name: logName, Path: path, Note: "state changes, acknowledgements, downtimes, comments, flapping",
		build: func(log *slog.Logger) (pipeline.Feed, error) {
			return pipeline.Feed{
				Source: logfile.New(logfile.Options{
					Path: path, ArchiveDir: archive, Begin: begin(r.Begin), Program: program, Logger: log,
				}),
				Reader: arbiter.Witness{View: arbiter.Changes},
			}, nil
		},
	}
}

func (p *Plan) statusReader(path string) Reader {
	r := p.Config.Readers.Status
	// What the status file shows is judged when the others have read what had
	// been written by then.
	var waits []pipeline.Wait
	for _, name := range p.has(ModuleReader, logName, perfdataHost, perfdataService, perfdataBoth, perfdataSpool) {
		waits = append(waits, pipeline.Wait{For: name})
	}
	return Reader{
		Name: statusName, Path: path, Note: "the last result and the conditions of every object; resync: " + r.Resync,
		build: func(log *slog.Logger) (pipeline.Feed, error) {
			return pipeline.Feed{
				Source: statusdat.New(statusdat.Options{Path: path, Poll: r.Poll, Logger: log}),
				Reader: arbiter.Witness{View: arbiter.Snapshot},
				Waits:  waits,
			}, nil
		},
	}
}

func begin(b config.Begin) follow.Begin {
	if b == config.FromBeginning {
		return follow.FromBeginning
	}
	return follow.FromEnd
}
