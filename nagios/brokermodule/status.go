package brokermodule

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// Status is all that is known about the module of a supervisor.
type Status struct {
	Supervisor *nagios.Config
	// PID is the supervisor's process number, 0 if none is seen to run.
	PID int
	// PIDNote is how PID is known, if not from the process itself.
	PIDNote string

	Module     Module // zero if there is no broker_module line
	Configured bool
	FileError  error // why the module's file can't be loaded
	Loaded     Loaded

	Spool      handover.Spool
	SpoolError error // why the spool directory can't be used, or read

	now time.Time
}

// Examine returns the status of a supervisor's module.
func Examine(cfg *nagios.Config, now time.Time) Status {
	return examine(procDir, cfg, now)
}

func examine(proc string, cfg *nagios.Config, now time.Time) Status {
	s := Status{Supervisor: cfg, now: now}
	s.Module, s.Configured = Find(cfg)
	dir := DefaultSpool
	if s.Configured {
		dir = s.Module.Spool
	}
	s.Spool, s.SpoolError = handover.Look(dir)
	if s.SpoolError == nil {
		s.SpoolError = CheckSpool(dir)
	}
	p, found := running(proc, cfg.Path)
	if s.Configured {
		s.FileError = CheckFile(s.Module.Path, p.binary)
	}
	if found {
		s.PID = p.pid
		s.Loaded = findLoaded(proc, p.pid, s.Module.Path, s.Spool.Header)
	} else if s.Configured && s.Spool.Alive(now) && s.Spool.Header.PID > 0 {
		// /proc may hide other users' processes, and those outside a container.
		s.PID, s.PIDNote = s.Spool.Header.PID, "from the newest segment; the process is not seen"
		s.Loaded = Loaded{Yes: true, Note: "from the newest segment, which is being written"}
	}
	return s
}

// Troubles returns what is wrong, each with what to do; nothing if all is well.
func (s Status) Troubles() []string {
	var troubles []string
	add := func(format string, args ...any) { troubles = append(troubles, fmt.Sprintf(format, args...)) }
	if !s.Configured {
		add("%s has no broker_module line for the module: nagios2canopsis neb enable", s.Supervisor.Path)
	} else {
		if s.FileError != nil {
			add("%v; most supervisors do not start with it", s.FileError)
		}
		if s.Supervisor.EventBrokerOptions != -1 {
			add("event_broker_options is %d and must be -1, or the core does not report everything to the module: "+
				"nagios2canopsis neb enable", s.Supervisor.EventBrokerOptions)
		}
		if s.SpoolError != nil && (s.PID != 0 || !errors.Is(s.SpoolError, fs.ErrNotExist)) {
			add("%v", s.SpoolError)
		}
	}
	s.addRunning(add)
	if s.Spool.Lost > 0 {
		add("%d records were lost since the module was loaded, "+
			"because the disk was full or the directory was missing: "+
			"see the supervisor's log", s.Spool.Lost)
	}
	return troubles
}

// addRunning adds what is wrong with the running supervisor.
func (s Status) addRunning(add func(format string, args ...any)) {
	switch {
	case s.PID == 0:
		add("no supervisor is seen to run with %s", s.Supervisor.Path)
	case s.Configured && s.Loaded.Unknown:
		add("whether the module is loaded is unknown: repeat this as root")
	case s.Configured && !s.Loaded.Yes:
		add("the module is not loaded: reload or restart the supervisor; if that does not help, see its log")
	case !s.Configured && s.Loaded.Yes:
		add("the module is still loaded: reload or restart the supervisor to unload it")
	case s.Configured && s.Loaded.Older:
		add("the loaded file is not the one that is installed: restart the supervisor to load the new one")
	}
	if s.PID != 0 && s.Loaded.Yes && s.Configured && !s.Spool.Alive(s.now) {
		add("the module has written nothing for 2 minutes, although it writes every half minute: " +
			"see the supervisor's log")
	}
}

// bareError removes the path from an error, where the path is in the text already.
func bareError(err error) error {
	if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		return cause.Err
	}
	return err
}
