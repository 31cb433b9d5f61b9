package config

import "time"

// Config is the whole configuration. The doc tags are the configuration
// reference: docs/CONFIGURATION.md is made from them.
type Config struct {
	Supervisor    string `yaml:"supervisor" doc:"The supervisor to read: 'auto' looks in the places where distributions put it, else the path of its main configuration file (nagios.cfg, naemon.cfg, icinga.cfg), or 'none' if every path below is given."`
	Connector     string `yaml:"connector" doc:"Canopsis' name for the kind of supervisor; empty: nagios, naemon, icinga or shinken, after the one that was found. Keep it stable: acknowledgements are matched by it. It must not contain '/'."`
	ConnectorName string `yaml:"connector_name" doc:"Canopsis' name for this supervisor; empty: the short name of this machine. Give both members of a cluster the same."`

	Readers    Readers    `yaml:"readers" doc:"What is read. Each reader is 'auto' (on when the supervisor writes what it reads), 'on' or 'off'."`
	Mapping    Mapping    `yaml:"mapping" doc:"What the events look like, and which are sent."`
	Journal    Journal    `yaml:"journal" doc:"The durable journal between readers and publishers."`
	Publish    Publish    `yaml:"publish" doc:"Where the events go. Every target gets all of them, each at its own pace."`
	Quarantine Quarantine `yaml:"quarantine" doc:"Where input goes that can't be read."`
	Log        Log        `yaml:"log" doc:"What is logged, to standard error."`
}

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
	Module   ModuleReader   `yaml:"module" doc:"The spool directory of a broker module in the supervisor: every check result, acknowledgement, downtime, comment and flapping state, at once. While a module writes, it is the source: the log and the perfdata files are not read unless they are 'on'."`
	Log      LogReader      `yaml:"log" doc:"The supervisor's log: state changes, acknowledgements, downtimes, comments, flapping, at once."`
	Perfdata PerfdataReader `yaml:"perfdata" doc:"The perfdata files: every check result, at once. Where they are read, they are the source of check results."`
	Status   StatusReader   `yaml:"status" doc:"The status file: the last result and the conditions of every object, every few seconds."`
	Objects  ObjectsReader  `yaml:"objects" doc:"The object cache: addresses, groups, custom variables, URLs."`
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
	Enabled Switch `yaml:"enabled" doc:"auto, on or off. auto: as long as a module writes there, it is the source, and else the files; on: the module is the source, whether it writes or not."`
	Path    string `yaml:"path" doc:"The spool directory; empty: the one that the broker_module line of the supervisor's configuration names, for Shinken /var/spool/nagios2canopsis/shinken."`
}

// LogReader reads nagios.log.
type LogReader struct {
	Enabled Switch `yaml:"enabled" doc:"auto, on or off."`
	Path    string `yaml:"path" doc:"The log file; empty: as the supervisor's configuration says."`
	Archive string `yaml:"archive" doc:"The directory of rotated logs, read to catch up after a stop; empty: as the supervisor's configuration says."`
	Begin   Begin  `yaml:"begin" doc:"Where the very first start begins: 'end' or 'beginning'."`
}

// PerfdataReader reads perfdata files, pipes and spool directories.
type PerfdataReader struct {
	Enabled Switch        `yaml:"enabled" doc:"auto, on or off."`
	Host    PerfdataFile  `yaml:"host" doc:"The host perfdata file."`
	Service PerfdataFile  `yaml:"service" doc:"The service perfdata file."`
	Spool   PerfdataSpool `yaml:"spool" doc:"A directory into which finished perfdata files are moved, as NPCD uses it. Set its path to read it instead of the files above."`
	Begin   Begin         `yaml:"begin" doc:"Where the very first start begins in a file: 'end' or 'beginning'."`
}

// PerfdataFile is one perfdata file; empty fields are as the supervisor's
// configuration says.
type PerfdataFile struct {
	Path     string `yaml:"path" doc:"The file or pipe; empty: as the supervisor's configuration says."`
	Template string `yaml:"template" doc:"The template of its lines, with $MACRO$s, \\t for a tab; empty: as the supervisor's configuration says."`
	Mode     string `yaml:"mode" doc:"a (append), w (write) or p (pipe); empty: as the supervisor's configuration says."`
}

// PerfdataSpool is a directory of finished perfdata files.
type PerfdataSpool struct {
	Path    string `yaml:"path" doc:"The directory; empty: none."`
	Pattern string `yaml:"pattern" doc:"Which files are read, as a glob of their names."`
	After   string `yaml:"after" doc:"What happens to a file that was read: keep (another consumer, npcd for one, removes it), delete, or move."`
	MoveTo  string `yaml:"move_to" doc:"The directory for 'after: move', on the same file system."`
}

// StatusReader reads status.dat.
type StatusReader struct {
	Enabled Switch        `yaml:"enabled" doc:"auto, on or off."`
	Path    string        `yaml:"path" doc:"The status file; empty: as the supervisor's configuration says."`
	Poll    time.Duration `yaml:"poll" doc:"How often to look where file notification does not work."`
	Resync  string        `yaml:"resync" doc:"What the first reading after a start sends: 'always' everything, 'changed' what differs from what was sent last, 'never' nothing."`
}

// ObjectsReader reads objects.cache.
type ObjectsReader struct {
	Enabled Switch `yaml:"enabled" doc:"auto, on or off."`
	Path    string `yaml:"path" doc:"The object cache; empty: as the supervisor's configuration says."`
}

// Mapping is the configuration of eventmap.
type Mapping struct {
	Canopsis      string         `yaml:"canopsis" doc:"The version of Canopsis that receives the events, such as '24.10', '4.2' or '2.6': it decides which event types and units exist."`
	HostStates    StateScale     `yaml:"host_states" doc:"The state numbers of hosts: 'severity' (UP 0, DOWN 3, UNREACHABLE 2), 'nagios' (0, 1, 2), or a table {up: 0, down: 3, unreachable: 1}."`
	ServiceStates StateScale     `yaml:"service_states" doc:"The state numbers of services: 'severity' (OK 0, WARNING 1, CRITICAL 3, UNKNOWN 2), 'nagios' (0, 1, 2, 3), or a table {ok: 0, warning: 1, critical: 3, unknown: 2}."`
	SoftStates    bool           `yaml:"soft_states" doc:"Whether problems that the supervisor is still retrying are sent. Canopsis opens an alarm for each state but 0, soft or not."`
	Events        Events         `yaml:"events" doc:"Which events are sent."`
	Include       []Rule         `yaml:"include" doc:"If given, only objects that match one of these rules are sent. A rule matches when all its fields match; a field is matched exactly, as a glob if it has * ? or [, as a regular expression between slashes."`
	Exclude       []Rule         `yaml:"exclude" doc:"Objects that match one of these rules are not sent, even if included."`
	Extra         map[string]any `yaml:"extra" doc:"Further fields of every event: texts, numbers, true or false, lists of texts."`
	Tags          Texts          `yaml:"tags" doc:"Canopsis' alarm tags, a map of texts; a value may be a template like component."`
	Component     string         `yaml:"component" doc:"The template of the component's name, such as '$HOSTALIAS$'; empty: the host's name. It may use the macros of the host: $HOSTNAME$, $HOSTALIAS$, $HOSTADDRESS$, $HOSTDISPLAYNAME$, $_HOSTNAME$ for a custom variable NAME."`
	Resource      string         `yaml:"resource" doc:"The template of the resource's name; empty: the service's name. It may use $SERVICEDESC$, $SERVICEDISPLAYNAME$ and $_SERVICENAME$ as well."`
	Charset       string         `yaml:"charset" doc:"The charset of texts that are not UTF-8."`
	MaxOutput     Size           `yaml:"max_output" doc:"The longest output; a longer one is cut at a character, and marked."`
	MaxLongOutput Size           `yaml:"max_long_output" doc:"The longest long output."`
	MaxPerfdata   Size           `yaml:"max_perfdata" doc:"The longest perfdata."`
}

// Texts is a map of texts.
type Texts map[string]string

// Events switches the types of events.
type Events struct {
	Check           bool `yaml:"check" doc:"Check results."`
	Ack             bool `yaml:"ack" doc:"Acknowledgements."`
	AckRemove       bool `yaml:"ackremove" doc:"The end of acknowledgements."`
	Comment         bool `yaml:"comment" doc:"Comments."`
	Downtime        bool `yaml:"downtime" doc:"Downtimes, for Canopsis 2 and 3: later ones take none over the bus."`
	DowntimeComment bool `yaml:"downtime_comment" doc:"Downtimes as a comment on the alarm, for Canopsis 4 and newer."`
	Flapping        bool `yaml:"flapping" doc:"The start and end of flapping, as a comment on the alarm."`
}

// Rule selects objects.
type Rule struct {
	Host         string `yaml:"host" doc:"The host's name."`
	Service      string `yaml:"service" doc:"The service's name; a rule with it matches no host."`
	HostGroup    string `yaml:"hostgroup" doc:"The name of a group that the host is in."`
	ServiceGroup string `yaml:"servicegroup" doc:"The name of a group that the service is in."`
	Vars         Texts  `yaml:"vars" doc:"Custom variables of the host or service, by name without underscore."`
	State        string `yaml:"state" doc:"The state by its name: OK, WARNING, CRITICAL, UNKNOWN, UP, DOWN, UNREACHABLE."`
}

// Journal is the configuration of the journal.
type Journal struct {
	Path    string        `yaml:"path" doc:"The journal's file. The directory must exist and belong to the user that runs the connector."`
	MaxSize Size          `yaml:"max_size" doc:"How large it may grow. At this bound superseded check results go first; then the readers wait."`
	MaxAge  time.Duration `yaml:"max_age" doc:"Check results older than this are dropped if a newer one of the same object is there; 0s: never."`
	Reserve Size          `yaml:"reserve" doc:"Disk space that is kept aside so that the journal can be emptied when the disk is full."`
}

// Publish says where events go.
type Publish struct {
	AMQP   AMQP   `yaml:"amqp" doc:"RabbitMQ."`
	Stdout Stdout `yaml:"stdout" doc:"Standard output, a line of JSON an event."`
}

// Stdout prints events.
type Stdout struct {
	Enabled bool `yaml:"enabled" doc:"Whether events are printed."`
}

// AMQP is the configuration of the AMQP publisher.
type AMQP struct {
	Enabled         bool          `yaml:"enabled" doc:"Whether events are sent to RabbitMQ."`
	URLs            []Address     `yaml:"urls" doc:"amqp:// or amqps:// addresses, tried in turn. The path is the virtual host ('/canopsis'; '/%2F' is the default one of RabbitMQ)."`
	User            string        `yaml:"user" doc:"The user, instead of the one in the URLs."`
	Password        Secret        `yaml:"password" doc:"The password, instead of the one in the URLs. Better give it by one of the following."`
	PasswordFile    string        `yaml:"password_file" doc:"A file with the password, read again at each connection."`
	PasswordEnv     string        `yaml:"password_env" doc:"The environment variable with the password."`
	Credential      string        `yaml:"password_credential" doc:"The name of a systemd credential with the password (LoadCredential=)."`
	Exchange        string        `yaml:"exchange" doc:"The topic exchange."`
	DeclareExchange bool          `yaml:"declare_exchange" doc:"Whether to create the exchange if it is missing; normally Canopsis does."`
	Mechanism       string        `yaml:"mechanism" doc:"How to log in: PLAIN, or EXTERNAL for the name in the client certificate."`
	Window          int           `yaml:"window" doc:"How many messages may be unconfirmed, at most 1000. After a crash as many may be sent twice."`
	Heartbeat       time.Duration `yaml:"heartbeat" doc:"The heartbeat; a silent broker is given up after one and a half."`
	WriteTimeout    time.Duration `yaml:"write_timeout" doc:"How long a write may take before the connection is given up."`
	ReconnectMax    time.Duration `yaml:"reconnect_max" doc:"The longest pause between two attempts to connect."`
	TLS             TLS           `yaml:"tls" doc:"For amqps."`
}

// TLS is the configuration of amqps.
type TLS struct {
	CAFile     string `yaml:"ca_file" doc:"The certificates that sign the broker's; empty: those of the system."`
	CertFile   string `yaml:"cert_file" doc:"The client's certificate."`
	KeyFile    string `yaml:"key_file" doc:"The client's key."`
	ServerName string `yaml:"server_name" doc:"The name in the broker's certificate, if it is not that of the URL."`
}

// Quarantine is the configuration of the quarantine file.
type Quarantine struct {
	Path    string `yaml:"path" doc:"The file."`
	MaxSize Size   `yaml:"max_size" doc:"How large it may grow; there is one older file of the same size beside it."`
}

// Log is the configuration of the log.
type Log struct {
	Level  string `yaml:"level" doc:"debug, info, warn or error."`
	Format string `yaml:"format" doc:"text or json."`
}

// Default is the configuration without a file.
func Default() *Config {
	return &Config{
		Supervisor: "auto",
		Readers: Readers{
			Module:   ModuleReader{Enabled: Auto},
			Log:      LogReader{Enabled: Auto, Begin: FromEnd},
			Perfdata: PerfdataReader{Enabled: Auto, Begin: FromEnd, Spool: PerfdataSpool{Pattern: "*", After: "keep"}},
			Status:   StatusReader{Enabled: Auto, Poll: time.Second, Resync: "changed"},
			Objects:  ObjectsReader{Enabled: Auto},
		},
		Mapping: Mapping{
			Canopsis: "24.10", HostStates: StateScale{Name: "severity"}, ServiceStates: StateScale{Name: "severity"},
			SoftStates: true,
			Events:     Events{Check: true, Ack: true, AckRemove: true, Comment: true, Downtime: true, Flapping: true},
			Charset:    "windows-1252", MaxOutput: 16 << 10, MaxLongOutput: 64 << 10, MaxPerfdata: 64 << 10,
		},
		Journal: Journal{Path: "/var/lib/nagios2canopsis/journal.db", MaxSize: 1 << 30, Reserve: 8 << 20},
		Publish: Publish{AMQP: AMQP{
			Enabled: true, URLs: []Address{"amqp://cpsrabbit:canopsis@localhost:5672/canopsis"},
			Exchange: "canopsis.events", Mechanism: "PLAIN", Window: 1000,
			Heartbeat: 10 * time.Second, WriteTimeout: 10 * time.Second, ReconnectMax: 30 * time.Second,
		}},
		Quarantine: Quarantine{Path: "/var/lib/nagios2canopsis/quarantine.ndjson", MaxSize: 16 << 20},
		Log:        Log{Level: "info", Format: "text"},
	}
}
