package config

// Config is the whole configuration. The doc tags are the configuration
// reference: docs/CONFIGURATION.md is made from them. The must tags are the
// checks of single values; see Loaded.check.
//
// One supervisor and the usual targets need the short form only: the keys at
// the top level describe one site, those of Publish one target of each type.
// Sites and Targets are the long form. Where it is used, the short form is
// empty.
type Config struct {
	Supervisor    string `yaml:"supervisor,omitempty" must:"supervisor" doc:"The supervisor to read: 'auto' looks in the places where distributions put it and takes every one that runs, else the path of its main configuration file (nagios.cfg, naemon.cfg, icinga.cfg), or 'none' if every path below is set."`
	Connector     string `yaml:"connector,omitempty" doc:"Canopsis' name for the kind of supervisor; empty: nagios, naemon, icinga or shinken, after the one that was found. Keep it stable: acknowledgements are matched by it. It must not contain '/'."`
	ConnectorName string `yaml:"connector_name,omitempty" doc:"Canopsis' name for this supervisor; empty: the short name of this machine. Set it to the same on both members of a cluster."`

	Readers Readers  `yaml:"readers,omitempty" doc:"What is read. Each reader is 'auto' (on when the supervisor writes what it reads), 'on' or 'off'."`
	Mapping Mapping  `yaml:"mapping" doc:"What the events look like, and which are sent."`
	Sites   []Site   `yaml:"sites,omitempty" doc:"Several supervisors in one process, instead of supervisor, connector, connector_name and readers at the top level. Two sites must not use the same names of hosts: Canopsis would see one alarm (see mapping.component)."`
	Publish Publish  `yaml:"publish,omitempty" doc:"Where the events are sent, if targets is empty. Every target gets all of them, each at its own pace."`
	Targets []Target `yaml:"targets,omitempty" doc:"The targets, instead of publish: a list, for several of one type."`

	Journal    Journal    `yaml:"journal" doc:"The durable journal between readers and targets."`
	Quarantine Quarantine `yaml:"quarantine" doc:"Where input is kept that can't be read."`
	Log        Log        `yaml:"log" doc:"What is logged, to standard error."`
}

// Site is one supervisor and what is read of it.
type Site struct {
	Name          string  `yaml:"name" doc:"The site's name: letters, digits, '.', '_' and '-'. It is the key of everything that is stored of the site: keep it."`
	Supervisor    string  `yaml:"supervisor" must:"supervisor" doc:"As at the top level. 'auto' is for a machine with one running supervisor."`
	Connector     string  `yaml:"connector" doc:"As at the top level."`
	ConnectorName string  `yaml:"connector_name" doc:"As at the top level; empty: the site's name."`
	Readers       Readers `yaml:"readers" doc:"As at the top level."`
	Mapping       Mapping `yaml:"mapping" doc:"What differs from the mapping at the top level."`
}

// Default is the configuration without a file.
func Default() *Config {
	return &Config{
		Supervisor: "auto",
		Readers:    defaultReaders(),
		Mapping:    defaultMapping(),
		Journal:    Journal{Path: "/var/lib/nagios2canopsis/journal.db", MaxSize: 1 << 30, Reserve: 8 << 20},
		Publish:    Publish{AMQP: defaultAMQP()},
		Quarantine: Quarantine{Path: "/var/lib/nagios2canopsis/quarantine.ndjson", MaxSize: 16 << 20},
		Log:        Log{Level: "info", Format: "text"},
	}
}
