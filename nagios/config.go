package nagios

import (
	"time"
)

// Flavour is the family member that a supervisor is, by the name that Canopsis
// knows as connector.
type Flavour string

// The flavours.
const (
	Nagios   Flavour = "nagios"
	Naemon   Flavour = "naemon"
	Icinga   Flavour = "icinga" // 1.x
	Shinken  Flavour = "shinken"
	Centreon Flavour = "centreon" // Centreon Engine
)

// PerfdataMode is how a perfdata file is written.
type PerfdataMode byte

// The modes, by the letter of options host_perfdata_file_mode and
// service_perfdata_file_mode.
const (
	AppendMode PerfdataMode = 'a'
	WriteMode  PerfdataMode = 'w' // truncated at each start and after each processing command
	PipeMode   PerfdataMode = 'p' // a named pipe
)

// Config is a supervisor's main configuration. Paths are absolute and
// clean, and empty if they are not configured.
type Config struct {
	Path    string // of the main configuration file
	Flavour Flavour
	// Version is the one in the status file, such as "4.4.6". It is empty if that
	// can't be read, or is written by Shinken, which writes the same one in all
	// releases.
	Version string

	LogFile        string
	LogArchivePath string // a directory
	// RotatesLog is true if the supervisor itself archives its log. Naemon leaves
	// that to logrotate, whatever log_rotation_method is.
	RotatesLog bool
	Logging    Logging

	StatusFile           string
	StatusUpdateInterval time.Duration
	ObjectCacheFile      string

	// ProcessPerformanceData is the main switch: without it no perfdata file is
	// written.
	ProcessPerformanceData bool
	HostPerfdata           Perfdata
	ServicePerfdata        Perfdata

	BrokerModules      []BrokerModule
	EventBrokerOptions int // bits; -1 is everything, 0 nothing

	HostChecks    Checks
	ServiceChecks Checks
	FlapDetection bool
	RetainState   bool // states are kept over a restart

	User, Group string // that the supervisor runs as

	// Warnings are what was left out: values that can't be parsed, and further
	// files that can't be read.
	Warnings []error

	origins map[string]string // of the options that are set, "file:line"
}

// Logging is what is written to the log.
type Logging struct {
	DaemonLog        bool // anything at all; Icinga 1 only
	ServiceRetries   bool // soft states of services
	LongOutput       bool // Icinga 1: the long output is in ALERTs too
	HostRetries      bool // soft states of hosts
	ExternalCommands bool
	PassiveChecks    bool
	InitialStates    bool // all states at a start
	CurrentStates    bool // all states after a rotation
}

// Checks is which results of hosts, or of services, a supervisor takes.
type Checks struct {
	Execute, AcceptPassive bool
}

// Perfdata is how the check results of hosts, or of services, leave the
// supervisor as perfdata.
type Perfdata struct {
	File     string
	Template string // of a line, with its escapes resolved; the newline is not part of it
	Mode     PerfdataMode
	// ModeBehind is the text behind the letter of the mode, if a letter in that text
	// makes the mode another one; empty if none does.
	ModeBehind string

	ProcessingInterval time.Duration
	ProcessingCommand  Command // takes the file away from time to time
	// ProcessEmpty is true if results without perfdata are written as well, which is
	// the default. Shinken always writes them.
	ProcessEmpty bool
}

// Command is a command that an option names.
type Command struct {
	Name string // as configured, with its arguments: "name!arg1!arg2"
	// Line is its command line with $USERn$ and $ARGn$ replaced; empty if its
	// definition was not found.
	Line string
}

// BrokerModule is an event broker module that the supervisor loads: one of a
// broker_module line, or a module object of Icinga 1.
type BrokerModule struct {
	Path, Args string
	Origin     string // the place of the line, or of the object's definition: "file:line"
}

// Origin returns the place "file:line" at which an option is set, empty if it is
// not set.
func (c *Config) Origin(option string) string { return c.origins[option] }

// defaults returns what Nagios 4.4.6 does when an option is absent. Nagios 3,
// Naemon and Icinga 1 have the same defaults.
func defaults(path string) *Config {
	return &Config{
		Path: path,
		Logging: Logging{
			DaemonLog: true, ExternalCommands: true, PassiveChecks: true, CurrentStates: true,
		},
		StatusUpdateInterval: 60 * time.Second,
		HostPerfdata: Perfdata{
			Template:     "[HOSTPERFDATA]\t$TIMET$\t$HOSTNAME$\t$HOSTEXECUTIONTIME$\t$HOSTOUTPUT$\t$HOSTPERFDATA$",
			Mode:         AppendMode,
			ProcessEmpty: true,
		},
		ServicePerfdata: Perfdata{
			Template: "[SERVICEPERFDATA]\t$TIMET$\t$HOSTNAME$\t$SERVICEDESC$\t$SERVICEEXECUTIONTIME$\t" +
				"$SERVICELATENCY$\t$SERVICEOUTPUT$\t$SERVICEPERFDATA$",
			Mode:         AppendMode,
			ProcessEmpty: true,
		},
		HostChecks:    Checks{Execute: true, AcceptPassive: true},
		ServiceChecks: Checks{Execute: true, AcceptPassive: true},
		origins:       make(map[string]string),
	}
}

// takeDefaultsOf sets the options that are absent, or that have no meaning, as a
// flavour does.
func (c *Config) takeDefaultsOf(f Flavour) {
	switch f {
	case Naemon:
		c.RotatesLog = false
	case Shinken:
		c.takeShinkensDefaults()
	case Centreon:
		c.takeCentreonsDefaults()
	}
}

// takeCentreonsDefaults sets the options that are absent as Centreon Engine 18.10
// does (configuration/state.cc). It leaves the rotation of its log to logrotate.
func (c *Config) takeCentreonsDefaults() {
	c.RotatesLog = false
	if c.Origin("event_broker_options") == "" {
		c.EventBrokerOptions = -1
	}
	if c.Origin("retain_state_information") == "" {
		c.RetainState = true
	}
	for option, mode := range map[string]*PerfdataMode{
		"host_perfdata_file_mode": &c.HostPerfdata.Mode, "service_perfdata_file_mode": &c.ServicePerfdata.Mode,
	} {
		if c.Origin(option) == "" {
			*mode = PipeMode
		}
	}
}

// takeShinkensDefaults sets the options that are absent as Shinken 2.4 does
// (shinken/objects/config.py; the status file is written by a module, which
// objects/config.py makes with an interval of 15 s).
func (c *Config) takeShinkensDefaults() {
	c.HostPerfdata.ProcessEmpty, c.ServicePerfdata.ProcessEmpty = true, true // it has no such option
	for option, field := range map[string]*bool{
		"log_service_retries":      &c.Logging.ServiceRetries,
		"log_host_retries":         &c.Logging.HostRetries,
		"log_initial_states":       &c.Logging.InitialStates,
		"process_performance_data": &c.ProcessPerformanceData,
		"enable_flap_detection":    &c.FlapDetection,
	} {
		if c.Origin(option) == "" {
			*field = true
		}
	}
	if c.Origin("status_update_interval") == "" {
		c.StatusUpdateInterval = 15 * time.Second
	}
	if c.Origin("log_rotation_method") == "" {
		c.RotatesLog = true
	}
}
