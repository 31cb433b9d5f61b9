package nagios

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// BlindSpot is something that can't be seen, or only late, because of how the
// supervisor is set.
type BlindSpot struct {
	Option string // the supervisor's
	Value  string // as it is in force; empty if the option is not set and has no default
	Origin string // "file:line" of the option, or "default"
	// Unseen is what can't be seen, Instead what shows it all the same, and how
	// late, and Remedy what to change. Each is a phrase.
	Unseen, Instead, Remedy string
}

func (b BlindSpot) String() string {
	about := b.Option + " is not set"
	if b.Value != "" {
		about = fmt.Sprintf("%s=%s (%s)", b.Option, b.Value, b.Origin)
	}
	return fmt.Sprintf("%s: %s; %s; %s", about, b.Unseen, b.Instead, b.Remedy)
}

// Use is how a reader of a supervisor's files is used.
type Use int

const (
	// Unavailable means that the reader has nothing to read.
	Unavailable Use = iota
	// SwitchedOff means that our own configuration doesn't want the reader: no
	// blind spot is reported that it would fill.
	SwitchedOff
	// InUse means that the reader runs.
	InUse
)

// Readers is how the readers of one supervisor are used.
type Readers struct {
	Module               bool // a broker module writes, and brings everything
	ModuleConfigured     bool // one is to write, and may not do so now
	Log, Status, Objects Use
	// LogArchive is true if our own configuration names the directory of rotated
	// logs.
	LogArchive                    bool
	HostPerfdata, ServicePerfdata PerfdataReader
}

// PerfdataReader is how the perfdata of hosts, or of services, is read: from the
// supervisor's file, or from a directory into which such files are moved.
type PerfdataReader struct {
	Use      Use
	HasState bool // the template has the state of the object
}

// usualStatusInterval is the longest status_update_interval that is not worth a
// notice: sample configurations have 10 s, and 15 s is Shinken's default.
const usualStatusInterval = 15 * time.Second

// BlindSpots returns what the readers can't see because of how the supervisor is
// set. Nothing is reported that another reader shows as well and as soon.
func (c *Config) BlindSpots(with Readers) []BlindSpot {
	s := survey{cfg: c, with: with}
	s.module()
	s.checks()
	s.flapping()
	if !with.Module {
		s.log()
		s.perfdata()
		s.status()
		s.objects()
	}
	return s.found
}

// survey collects the blind spots of a configuration.
type survey struct {
	cfg   *Config
	with  Readers
	found []BlindSpot
}

// add reports an option by the value that is in force.
func (s *survey) add(option, value, unseen, instead, remedy string) {
	origin := s.cfg.Origin(option)
	if origin == "" {
		origin = "default"
	}
	s.found = append(s.found, BlindSpot{option, value, origin, unseen, instead, remedy})
}

// addOff reports an option that is 0 and should be 1.
func (s *survey) addOff(option, unseen, instead string) {
	s.add(option, "0", unseen, instead, "set "+option+"=1")
}

// addMissing reports an option that names no file that can be read: it is not
// set, or what it names can't be such a file. What may pass is reported where the
// file is opened.
func (s *survey) addMissing(option, path, unseen, instead, remedy string) {
	if path == "" {
		s.add(option, "", unseen, instead, "set "+option+remedy)
		return
	}
	s.addUnusable(option, path, unseen, instead, "change "+option+remedy)
}

// addUnusable reports an option if what it names can't be what it must be.
func (s *survey) addUnusable(option, path, unseen, instead, remedy string) {
	if why := s.cfg.Unusable(option); why != nil {
		s.add(option, path, fmt.Sprintf("%v, so nothing can be read there: %s", why.Err, unseen), instead, remedy)
	}
}

// statusFileWorks reports whether the status file is read, and written
// regularly.
func (s *survey) statusFileWorks() bool {
	return s.with.Status == InUse && s.cfg.StatusUpdateInterval > 0
}

// byStatusFile returns the phrase for what the status file shows in the end.
func (s *survey) byStatusFile(what string) string {
	if !s.statusFileWorks() {
		return nothingElse
	}
	return fmt.Sprintf("the status file shows %s, up to %s later", what, inSeconds(s.cfg.StatusUpdateInterval))
}

const (
	nothingElse = "nothing else shows this"
	// lastResults is what a status file has of check results.
	lastResults = "the last result of each object"
)

func inSeconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}

// class is the hosts, or the services, of a supervisor.
type class struct {
	singular, plural string // as options and people name them
	perfdata         Perfdata
	reader           PerfdataReader
	checks           Checks
	logsRetries      bool
}

func (s *survey) classes() []class {
	c, with := s.cfg, s.with
	return []class{
		{"host", "hosts", c.HostPerfdata, with.HostPerfdata, c.HostChecks, c.Logging.HostRetries},
		{"service", "services", c.ServicePerfdata, with.ServicePerfdata, c.ServiceChecks, c.Logging.ServiceRetries},
	}
}

// hasEveryResult reports whether perfdata shows every result of a class.
func (s *survey) hasEveryResult(of class) bool {
	return s.cfg.ProcessPerformanceData && of.reader.Use == InUse && of.perfdata.ProcessEmpty
}

// withoutEveryResult names the classes whose results perfdata doesn't show, such
// as "hosts and services"; empty if there are none.
func (s *survey) withoutEveryResult() string {
	return names(s.classes(), func(of class) bool { return !s.hasEveryResult(of) })
}

// names lists the classes that match.
func names(classes []class, match func(class) bool) string {
	var plurals []string
	for _, of := range classes {
		if match(of) {
			plurals = append(plurals, of.plural)
		}
	}
	return strings.Join(plurals, " and ")
}

// orModule ends a remedy with the one that shows every check result. Centreon
// Engine loads no module of ours.
func (s *survey) orModule() string {
	switch s.cfg.Flavour {
	case Centreon:
		return ""
	case Shinken:
		return ", or let a module bring every check result (shinken/README.md)"
	}
	if s.with.ModuleConfigured {
		return ", or reload the supervisor, so that it loads the broker module that is configured " +
			"(nagios2canopsis neb status)"
	}
	return ", or let a broker module bring every check result (nagios2canopsis neb enable)"
}
