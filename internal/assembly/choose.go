package assembly

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/brokermodule"
)

// Choice is a reader that was chosen.
type Choice struct {
	Name string // the key of its position: module, log, status, perfdata-host, …
	Path string
	Note string // one phrase: what it brings

	hostPerfdata, servicePerfdata bool // it reads perfdata of these
	stateless                     bool // its check results come without a state

	archive  string   // directory to which its file is rotated; empty: none
	moved    []string // globs of the paths to which a command of the supervisor moves its file
	consumes bool     // what it has read is gone for others
	build    buildFeed
	// end returns the position at the end of its file, without reading it; nil: it
	// has none. from is the stored position.
	end     func(from []byte) ([]byte, error)
	preview buildFeed // instead of build where nothing may be taken away; nil: as build
}

// buildFeed makes the feed of a reader.
type buildFeed func(log *slog.Logger) (pipeline.Feed, error)

// readerKind decides whether readers of its kind run.
type readerKind func(*selection) []Choice

// readerKinds are the kinds of readers in the order in which they are chosen: a
// kind sees the choices before it.
func readerKinds() []readerKind {
	return []readerKind{chooseModule, chooseLog, choosePerfdata, chooseLivestatus, chooseStatus}
}

// selection is a site whose readers are being chosen.
type selection struct {
	*Site
	supervisor *nagios.Config // never nil
	readers    *config.Readers
	lost       bool // what the supervisor's configuration says is unknown
	logTrouble error
	awaited    []string // files that the supervisor has not written yet
	unread     []string // why something is not read, a phrase each
	faults     []error
}

// choose decides which readers run. lost: the supervisor's configuration is to
// be read, and can't be; then only what needs nothing of it is checked.
func (s *Site) choose(lost bool) []error {
	sel := &selection{Site: s, supervisor: s.Supervisor, readers: &s.config.Readers, lost: lost}
	if sel.supervisor == nil {
		sel.supervisor = &nagios.Config{}
	}
	s.module = findModule(&sel.readers.Module, s.Supervisor, time.Now())
	for _, kind := range readerKinds() {
		s.Readers = append(s.Readers, kind(sel)...)
	}
	sel.checkStates()
	if len(s.Readers) == 0 && len(sel.faults) == 0 {
		s.nothing = sel.nothingLeft()
		sel.missing("readers", s.nothing)
	}
	sel.chooseNotes()
	sel.chooseObjects()
	sel.noteAwaited()
	sel.noteBlindSpots()
	sel.noteLog()
	sel.checkBuilds()
	return sel.faults
}

func (s *selection) fault(key, text string) {
	s.faults = append(s.faults, s.config.Fault(key, text))
}

// missing notes a fault of something that the supervisor's configuration does
// not set.
func (s *selection) missing(key, text string) {
	if !s.lost {
		s.fault(key, text)
	}
}

// leaveOut notes why something is not read, for the case that nothing is left to
// read.
func (s *selection) leaveOut(why string) { s.unread = append(s.unread, why) }

// nothingLeft says why nothing is read of a supervisor, and what to do.
func (s *selection) nothingLeft() string {
	of := ""
	if s.Supervisor != nil {
		of = " of " + s.Supervisor.Path
	}
	text := "nothing is left to read" + of + ": " + strings.Join(s.unread, "; ")
	if hint := nagios.HowToReadIcinga2(s.supervisor.Path); hint != "" {
		text += ". " + hint
	}
	if s.supervisor.Flavour == nagios.Shinken {
		text += ". Shinken's daemons write no such files: install the module in its broker (shinken/README.md), " +
			"and set readers.module.path if it does not write to " + brokermodule.ShinkenSpool
	}
	return text
}

func (s *selection) notice(format string, args ...any) {
	s.Notices = append(s.Notices, fmt.Sprintf(format, args...))
}

// chooseNotes chooses the files that would be read if the broker module were
// silent: where they end is noted meanwhile.
func (s *selection) chooseNotes() {
	if !s.module.owns {
		return
	}
	silent := *s.Site
	silent.module.owns = false
	silent.Readers, silent.Troubles, silent.Notices = nil, nil, nil
	other := &selection{Site: &silent, supervisor: s.supervisor, readers: s.readers, lost: s.lost}
	for _, kind := range []readerKind{chooseLog, choosePerfdata} {
		for _, c := range kind(other) {
			if c.end != nil && !s.has(c.Name) {
				s.noted = append(s.noted, c)
			}
		}
	}
}

// wanted reports whether a reader of files runs: if it is 'on', or if it is
// 'auto' and no broker module is the source.
func (s *selection) wanted(enabled config.Switch) bool {
	return enabled == config.On || enabled == config.Auto && !s.module.owns
}

// path returns the path that a reader reads, empty if it is off or can't be read
// as it is, such as /dev/null. own is that of our own configuration, supervisors
// that of an option of the supervisor's.
func (s *selection) path(key string, enabled config.Switch, own, supervisors, option string) string {
	device := s.supervisor.Unusable(option)
	switch {
	case enabled == config.Off:
		s.leaveOut(key + ".enabled is off")
	case own != "":
		s.look(key+".path", option, own)
		return own
	case device != nil && enabled == config.On:
		s.fault(key+".enabled", "is on, but "+device.Error())
	case device != nil: // a blind spot
		s.leaveOut(device.Error())
	case supervisors != "":
		s.checkReadable(option)
		return supervisors
	case enabled == config.On:
		s.missing(key+".path", "must be set: the supervisor's configuration has no "+option)
	case s.Supervisor == nil:
		s.leaveOut(key + ".path is not set")
	default:
		s.leaveOut(option + " is not set")
	}
	return ""
}

// checkReadable notes why a file that the supervisor's configuration names
// can't be read.
func (s *selection) checkReadable(option string) {
	for _, t := range s.Supervisor.CheckReadable(option) {
		if t.Absent {
			s.awaited = append(s.awaited, option+"="+t.Path)
			continue
		}
		s.trouble(option, t)
	}
}

// look notes why a file that our own configuration names can't be read. It takes
// the place of what an option of the supervisor names.
func (s *selection) look(key, option, path string) {
	switch t := s.supervisor.CheckFile(option, path); {
	case t == nil:
	case t.Absent:
		s.awaited = append(s.awaited, key+"="+path)
	default:
		s.trouble(option, s.config.Fault(key, t.Error()))
	}
}

// noteAwaited notes the files that are absent, which is usual while a supervisor
// does not run.
func (s *selection) noteAwaited() {
	if len(s.awaited) > 0 {
		s.notice("not there yet, and read as soon as the supervisor writes it: %s", strings.Join(s.awaited, ", "))
	}
}

func (s *selection) trouble(option string, err error) {
	if option == "log_file" {
		s.logTrouble = err // noteLog adds what follows from it
		return
	}
	s.Troubles = append(s.Troubles, err)
}

// has reports whether a reader was chosen.
func (s *selection) has(name string) bool {
	for _, c := range s.Readers {
		if c.Name == name {
			return true
		}
	}
	return false
}

// checkStates leaves out the perfdata readers whose check results never get a
// state: their template has none, and no log is read. They are a fault if our own
// configuration wants them.
func (s *selection) checkStates() {
	if s.has(logName) {
		return
	}
	s.Readers = slices.DeleteFunc(s.Readers, func(c Choice) bool {
		if !c.stateless {
			return false
		}
		text := "the template of " + c.Path + " has no state, and no log is read: add the state to the template in " +
			"the supervisor's configuration (for services $SERVICESTATEID$ and $SERVICESTATETYPE$, for hosts " +
			"$HOSTSTATEID$ and $HOSTSTATETYPE$), or let the log be read (readers.log)"
		if s.readers.Perfdata.Enabled == config.On {
			s.fault("readers.perfdata", text)
			return false
		}
		s.leaveOut(text)
		s.notice("%s; %s is not read", text, c.Path)
		return true
	})
}

// checkBuilds finds the options that a source itself refuses.
func (s *selection) checkBuilds() {
	for _, c := range s.Readers {
		_, err := c.build(slog.New(slog.DiscardHandler))
		for _, e := range option.Split(err) {
			if fault, ok := option.Of(e); ok {
				s.fault(fault.Name, fault.Err.Error())
				continue
			}
			s.fault("readers", fmt.Sprintf("reader %s: %v", c.Name, e))
		}
	}
}

func begin(b config.Begin) follow.Begin {
	if b == config.FromBeginning {
		return follow.FromBeginning
	}
	return follow.FromEnd
}
