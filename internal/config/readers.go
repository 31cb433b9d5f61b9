package config

import "time"

// Switch is auto, on or off.
type Switch string

// The switches.
const (
	Auto Switch = "auto"
	On   Switch = "on"
	Off  Switch = "off"
)

// Readers are the sources.
type Readers struct {
	Module   ModuleReader   `yaml:"module"`
	Log      LogReader      `yaml:"log"`
	Perfdata PerfdataReader `yaml:"perfdata"`
	Status   StatusReader   `yaml:"status"`
	Objects  ObjectsReader  `yaml:"objects"`
}

func (Readers) docs() docs {
	return docs{
		"module": "The spool directory of a broker module in the supervisor: every check result, acknowledgement, " +
			"downtime, comment and flapping state, at once. While a module writes, it is the source: the log and the " +
			"perfdata files are not read unless they are 'on'.",
		"log": "The supervisor's log: state changes, acknowledgements, downtimes, comments, flapping, at once.",
		"perfdata": "The perfdata files: every check result, at once. Where they are read, they are the source of " +
			"check results.",
		"status":  "The status file: the last result and the conditions of every object, every few seconds.",
		"objects": "The object cache: addresses, groups, custom variables, URLs.",
	}
}

// Begin says where a reader starts that has never run.
type Begin string

// The beginnings.
const (
	FromEnd       Begin = "end"
	FromBeginning Begin = "beginning"
)

// ModuleReader reads what a broker module hands over.
type ModuleReader struct {
	Enabled Switch `yaml:"enabled" must:"auto|on|off"`
	Path    string `yaml:"path" must:"absolute"`
}

func (ModuleReader) docs() docs {
	return docs{
		"enabled": "auto, on or off. auto: as long as a module writes there, it is the source, and else the files; " +
			"on: the module is the source, whether it writes or not.",
		"path": "The spool directory; empty: the one that the broker_module line of the supervisor's configuration " +
			"names, for Shinken /var/spool/nagios2canopsis/shinken.",
	}
}

// LogReader reads nagios.log.
type LogReader struct {
	Enabled Switch `yaml:"enabled" must:"auto|on|off"`
	Path    string `yaml:"path" must:"absolute"`
	Archive string `yaml:"archive" must:"absolute"`
	Begin   Begin  `yaml:"begin" must:"end|beginning"`
}

func (LogReader) docs() docs {
	return docs{
		"enabled": "auto, on or off.",
		"path":    "The log file; empty: as the supervisor's configuration says.",
		"archive": "The directory of rotated logs, read to catch up after a stop; empty: as the supervisor's " +
			"configuration says.",
		"begin": "Where the very first start begins: 'end' or 'beginning'.",
	}
}

// PerfdataReader reads perfdata files, pipes and spool directories.
type PerfdataReader struct {
	Enabled Switch        `yaml:"enabled" must:"auto|on|off"`
	Host    PerfdataFile  `yaml:"host"`
	Service PerfdataFile  `yaml:"service"`
	Spool   PerfdataSpool `yaml:"spool"`
	Begin   Begin         `yaml:"begin" must:"end|beginning"`
}

func (PerfdataReader) docs() docs {
	return docs{
		"enabled": "auto, on or off.",
		"host":    "The host perfdata file.",
		"service": "The service perfdata file.",
		"spool": "A directory into which finished perfdata files are moved, as NPCD uses it. Set its path to read " +
			"it instead of the files above.",
		"begin": "Where the very first start begins in a file: 'end' or 'beginning'.",
	}
}

// PerfdataFile is one perfdata file; empty fields are as the supervisor's
// configuration says.
type PerfdataFile struct {
	Path     string `yaml:"path" must:"absolute"`
	Template string `yaml:"template"`
	Mode     string `yaml:"mode" must:"|a|w|p"`
}

func (PerfdataFile) docs() docs {
	return docs{
		"path": "The file or pipe; empty: as the supervisor's configuration says.",
		"template": "The template of its lines as in nagios.cfg, with $MACRO$s, \\t for a tab, \\n and \\r; a " +
			"line feed at its end is ignored. Empty: as the supervisor's configuration says.",
		"mode": "a (append), w (write) or p (pipe); empty: as the supervisor's configuration says.",
	}
}

// PerfdataSpool is a directory of finished perfdata files.
type PerfdataSpool struct {
	Path    string `yaml:"path" must:"absolute"`
	Pattern string `yaml:"pattern"`
	After   string `yaml:"after" must:"keep|delete|move"`
	MoveTo  string `yaml:"move_to" must:"absolute"`
}

func (PerfdataSpool) docs() docs {
	return docs{
		"path":    "The directory; empty: none.",
		"pattern": "Which files are read, as a glob of their names.",
		"after": "What happens to a file that was read: keep (another consumer, npcd for one, removes it), delete, " +
			"or move.",
		"move_to": "The directory for 'after: move', on the same file system.",
	}
}

// StatusReader reads status.dat.
type StatusReader struct {
	Enabled Switch        `yaml:"enabled" must:"auto|on|off"`
	Path    string        `yaml:"path" must:"absolute"`
	Poll    time.Duration `yaml:"poll" must:"positive"`
	Resync  string        `yaml:"resync" must:"always|changed|never"`
	Confirm time.Duration `yaml:"confirm" must:"positive"`
}

func (StatusReader) docs() docs {
	return docs{
		"enabled": "auto, on or off.",
		"path":    "The status file; empty: as the supervisor's configuration says.",
		"poll":    "How often to look where file notification does not work.",
		"resync": "What the first reading after a start sends: 'always' everything, 'changed' what differs from " +
			"what was sent last, 'never' nothing.",
		"confirm": "How long the supervisor must go on to report a state that is older than the result sent last, " +
			"as after a crash of the supervisor, until it is sent.",
	}
}

// ObjectsReader reads objects.cache.
type ObjectsReader struct {
	Enabled     Switch        `yaml:"enabled" must:"auto|on|off"`
	Path        string        `yaml:"path" must:"absolute"`
	ForgetAfter time.Duration `yaml:"forget_after" must:"positive"`
}

func (ObjectsReader) docs() docs {
	return docs{
		"enabled": "auto, on or off.",
		"path":    "The object cache; empty: as the supervisor's configuration says.",
		"forget_after": "An object that is missing from the object cache, and of which nothing was reported for this " +
			"long, is forgotten. One that is only silent is not.",
	}
}

// defaultReaders are the readers of a site whose configuration says nothing of
// them.
func defaultReaders() Readers {
	return Readers{
		Module:   ModuleReader{Enabled: Auto},
		Log:      LogReader{Enabled: Auto, Begin: FromEnd},
		Perfdata: PerfdataReader{Enabled: Auto, Begin: FromEnd, Spool: PerfdataSpool{Pattern: "*", After: "keep"}},
		Status:   StatusReader{Enabled: Auto, Poll: time.Second, Resync: "changed", Confirm: 10 * time.Minute},
		Objects:  ObjectsReader{Enabled: Auto, ForgetAfter: 7 * 24 * time.Hour},
	}
}
