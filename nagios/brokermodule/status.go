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

// Examine returns the status of a supervisor's module. spool is the spool
// directory that our own configuration names; it may be empty.
func Examine(cfg *nagios.Config, spool string, now time.Time) Status {
	return examine(procDir, cfg, spool, now)
}

func examine(proc string, cfg *nagios.Config, spool string, now time.Time) Status {
	s := Status{Supervisor: cfg, now: now}
	s.Module, s.Configured = Find(cfg)
	p, found := running(proc, cfg.Path)
	s.examineSpool(proc, spool, p)
	if s.Configured {
		s.FileError = CheckFile(s.Module.Path, p.binary)
	}
	switch wrote := s.Spool.Header.PID; {
	case s.isShinken():
		s.PID = p.pid
		s.Loaded = Loaded{Yes: s.Spool.Alive(now) && wrote > 0, Note: "from the newest segment"}
	case found:
		s.PID = p.pid
		s.Loaded = findLoaded(proc, p.pid, s.Module.Path, s.Spool.Header)
	case s.Configured && s.Spool.Alive(now) && wrote > 0:
		// /proc may hide other users' processes, and those outside a container.
		s.PID, s.PIDNote = wrote, "from the newest segment; the process is not seen"
		s.Loaded = Loaded{Yes: true, Note: "from the newest segment, which is being written"}
	}
	return s
}

// examineSpool looks into the spool directory of the supervisor. The default one
// may be that of another supervisor.
func (s *Status) examineSpool(proc, spool string, p process) {
	dir, isDefault := spool, false
	switch {
	case s.Configured:
		dir = s.Module.Spool
	case dir != "":
	case s.isShinken():
		dir = ShinkenSpool
	default:
		dir = SpoolFor(s.Supervisor, "")
		isDefault = dir == DefaultSpool
	}
	s.lookAt(proc, dir, isDefault, p)
}

// lookAt looks into a spool directory. mayBeAnothers: nothing says that it is this
// supervisor's, whose process is p.
func (s *Status) lookAt(proc, dir string, mayBeAnothers bool, p process) {
	if writer, found := writerOf(proc, dir); mayBeAnothers && found && writer.PID != p.pid {
		s.Spool.Dir = dir
		s.SpoolError = fmt.Errorf("it belongs to process %d, with %s", writer.PID, writer.Config)
		return
	}
	s.Spool, s.SpoolError = handover.Look(dir)
	if s.SpoolError == nil {
		s.SpoolError = CheckSpool(dir)
	}
}

// isShinken reports whether the supervisor has a module of another kind: its
// configuration has no broker_module line, and the module runs in its broker.
func (s *Status) isShinken() bool { return s.Supervisor.Flavour == nagios.Shinken }

// bareError removes the path from an error, where the path is in the text already.
func bareError(err error) error {
	if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		return cause.Err
	}
	return err
}
