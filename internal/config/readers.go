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
	Module     ModuleReader     `yaml:"module"`
	Log        LogReader        `yaml:"log"`
	Perfdata   PerfdataReader   `yaml:"perfdata"`
	Livestatus LivestatusReader `yaml:"livestatus"`
	Status     StatusReader     `yaml:"status"`
	Objects    ObjectsReader    `yaml:"objects"`
}

func (Readers) docs() docs {
	return docs{
		"module": "The spool directory of a broker module in the supervisor: every check result, acknowledgement, " +
			"downtime, comment and flapping state, at once. While a module writes, it is the source: the log and the " +
			"perfdata files are not read unless they are 'on'.",
		"log": "The supervisor's log: state changes, acknowledgements, downtimes, comments, flapping, at once.",
		"perfdata": "The perfdata files: every check result, at once. Where they are read, they are the source of " +
			"check results.",
		"livestatus": "A Livestatus socket (Naemon, mk-livestatus in Nagios, Checkmk, Shinken, Icinga 2 up to " +
			"2.17, LMD): the last result and the conditions of every object every few seconds, and the log. Set " +
			"its address to read it. A site can have it as its only source, with 'supervisor: none'.",
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

// LivestatusReader reads a Livestatus socket. Its address and tls are checked by
// livestatus.
type LivestatusReader struct {
	Enabled Switch        `yaml:"enabled" must:"auto|on|off"`
	Address string        `yaml:"address"`
	Poll    time.Duration `yaml:"poll" must:"positive"`
	Scan    time.Duration `yaml:"scan" must:"positive"`
	Log     Switch        `yaml:"log" must:"auto|on|off"`
	Backend string        `yaml:"backend"`
	TLS     TLS           `yaml:"tls"`
}

func (LivestatusReader) docs() docs {
	return docs{
		"enabled": "auto, on or off. auto: on if an address is set.",
		"address": "unix:/path/to/socket, tcp://host:port or tls://host:port.",
		"poll":    "The time between two looks for what has changed.",
		"scan": "The time between two looks at all objects, which find what a look at the newest checks does not " +
			"show: passive results with an old time, and objects that are gone.",
		"log": "Whether the table log is read: what happened between two looks, and while the connector was away. " +
			"auto, on or off; auto: unless the log file is read, or a broker module is the source.",
		"backend": "Of an LMD: the id of the one backend that this site is; empty: all of them are.",
		"tls":     "For tls:// addresses.",
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
		"enabled": "auto, on or off. auto: unless Livestatus is read, which shows the same.",
		"path":    "The status file; empty: as the supervisor's configuration says.",
		"poll":    "How often to look where file notification does not work.",
		"resync": "What the first reading after a start sends, of the status file and of Livestatus: 'always' " +
			"everything, 'changed' what differs from what was sent last, 'never' nothing.",
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
		Module:     ModuleReader{Enabled: Auto},
		Log:        LogReader{Enabled: Auto, Begin: FromEnd},
		Perfdata:   PerfdataReader{Enabled: Auto, Begin: FromEnd, Spool: PerfdataSpool{Pattern: "*", After: "keep"}},
		Status:     StatusReader{Enabled: Auto, Poll: time.Second, Resync: "changed", Confirm: 10 * time.Minute},
		Objects:    ObjectsReader{Enabled: Auto, ForgetAfter: 7 * 24 * time.Hour},
		Livestatus: LivestatusReader{Enabled: Auto, Poll: 5 * time.Second, Scan: time.Minute, Log: Auto},
	}
}
