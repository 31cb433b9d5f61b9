package nagios

import (
	"time"
)

// Flavour is the family member that a supervisor is, by the name that Canopsis
// knows as connector.
type Flavour string

// The flavours.
const (
	Nagios  Flavour = "nagios"
	Naemon  Flavour = "naemon"
	Icinga  Flavour = "icinga" // 1.x
	Shinken Flavour = "shinken"
)

// Rotation is how often a supervisor itself archives its log.
type Rotation byte

// The rotations, by the letter of option log_rotation_method.
const (
	RotateNever   Rotation = 'n'
	RotateHourly  Rotation = 'h'
	RotateDaily   Rotation = 'd'
	RotateWeekly  Rotation = 'w'
	RotateMonthly Rotation = 'm'
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

// Config is what a supervisor's main configuration says. Paths are absolute and
// clean, and empty if they are not configured.
type Config struct {
	Path    string // of the main configuration file
	Flavour Flavour
	// Version is what the status file says, such as "4.4.6"; empty if that
	// can't be read, or is written by Shinken, which states the same one in all
	// releases.
	Version string

	LogFile        string
	LogArchivePath string // a directory
	// LogRotation is RotateNever for Naemon, which leaves it to logrotate
	// whatever the configuration says.
	LogRotation Rotation
	UseSyslog   bool
	Logging     Logging

	StatusFile           string
	StatusUpdateInterval time.Duration
	ObjectCacheFile      string
	StateRetentionFile   string
	CommandFile          string
	LockFile             string

	// ProcessPerformanceData is the main switch: without it no perfdata file is
	// written, nor a perfdata command run.
	ProcessPerformanceData bool
	HostPerfdata           Perfdata
	ServicePerfdata        Perfdata

	BrokerModules      []BrokerModule
	EventBrokerOptions int // bits; -1 is everything, 0 nothing

	DateFormat              string // us, euro, iso8601 or strict-iso8601
	Timezone                string // value of TZ in which the supervisor runs; empty: the system's
	IllegalObjectNameChars  string
	IllegalMacroOutputChars string
	IntervalLength          time.Duration // the unit of check_interval and its kin
	User, Group             string        // whom the supervisor runs as

	// Warnings are what was left out: values that can't be understood, and
	// further files that can't be read.
	Warnings []error

	origins map[string]string // of the options that are set, "file:line"
}

// Logging says what the log has.
type Logging struct {
	Notifications    bool
	ServiceRetries   bool // soft states of services
	HostRetries      bool // soft states of hosts
	EventHandlers    bool
	ExternalCommands bool
	PassiveChecks    bool
	InitialStates    bool // all states at a start
	CurrentStates    bool // all states after a rotation
}

// Perfdata is how the check results of hosts, or of services, leave the
// supervisor as perfdata.
type Perfdata struct {
	File     string
	Template string // of a line, with its escapes resolved; the newline is not part of it
	Mode     PerfdataMode

	ProcessingInterval time.Duration
	ProcessingCommand  Command // takes the file away from time to time
	Command            Command // is run for each result
	ProcessEmpty       bool    // results without perfdata count as well
}

// Command is a command that an option names.
type Command struct {
	Name string // as configured, with its arguments: "name!arg1!arg2"
	// Line is its command line with $USERn$ and $ARGn$ replaced; empty if its
	// definition was not found.
	Line string
}

// BrokerModule is an event broker module that the supervisor loads.
type BrokerModule struct {
	Path, Args string
}

// Origin gives the place "file:line" at which an option is set, empty if it is
// not.
func (c *Config) Origin(option string) string { return c.origins[option] }

// defaults gives what Nagios 4.4.6 does when an option is absent.
func defaults(path string) *Config {
	return &Config{
		Path:        path,
		LogRotation: RotateNever,
		UseSyslog:   true,
		Logging: Logging{
			Notifications: true, EventHandlers: true, ExternalCommands: true, PassiveChecks: true, CurrentStates: true,
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
		DateFormat:     "us",
		IntervalLength: 60 * time.Second,
		origins:        make(map[string]string),
	}
}
