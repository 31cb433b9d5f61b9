package config

// Config is the whole configuration. The method docs of each section is the
// configuration reference: docs/CONFIGURATION.md is made from it. The must tags
// are the checks of single values; see Loaded.check.
//
// One supervisor and the usual targets need the short form only: the keys at
// the top level describe one site, those of Publish one target of each type.
// Sites and Targets are the long form. Where it is used, the short form is
// empty.
type Config struct {
	Supervisor    string `yaml:"supervisor,omitempty" must:"supervisor"`
	Connector     string `yaml:"connector,omitempty"`
	ConnectorName string `yaml:"connector_name,omitempty"`

	Readers Readers  `yaml:"readers,omitempty"`
	Mapping Mapping  `yaml:"mapping"`
	Sites   []Site   `yaml:"sites,omitempty"`
	Publish Publish  `yaml:"publish,omitempty"`
	Targets []Target `yaml:"targets,omitempty"`

	Journal    Journal    `yaml:"journal"`
	Quarantine Quarantine `yaml:"quarantine"`
	Log        Log        `yaml:"log"`
}

func (Config) docs() docs {
	return docs{
		"supervisor": "The supervisor to read: 'auto' looks in the places where distributions put it and takes " +
			"every one that runs, else the path of its main configuration file (nagios.cfg, naemon.cfg, icinga.cfg, " +
			"shinken.cfg, centengine.cfg), or 'none' if every path below is set.",
		"connector": "Canopsis' name for the kind of supervisor; empty: nagios, naemon, icinga, shinken or " +
			"centreon, after the one that was found. Keep it stable: acknowledgements are matched by it. It must " +
			"not contain '/'.",
		"connector_name": "Canopsis' name for this supervisor; empty: the short name of this machine. Set it to the " +
			"same on both members of a cluster.",
		"readers": "What is read. Each reader is 'auto' (on when the supervisor writes what it reads, in a form that " +
			"can be read), 'on' (an error if it can't) or 'off'.",
		"mapping": "What the events look like, and which are sent.",
		"sites": "Several supervisors in one process, instead of supervisor, connector, connector_name and " +
			"readers at the top level. Two sites must not use the same names of hosts: Canopsis would see one alarm " +
			"(see mapping.component).",
		"publish": "Where the events are sent, if targets is empty. Every target gets all of them, each at its " +
			"own pace.",
		"targets":    "The targets, instead of publish: a list, for several of one type.",
		"journal":    "The durable journal between readers and targets.",
		"quarantine": "Where input is kept that can't be read.",
		"log":        "What is logged, to standard error.",
	}
}

// Site is one supervisor and what is read of it.
type Site struct {
	Name          string  `yaml:"name"`
	Supervisor    string  `yaml:"supervisor" must:"supervisor"`
	Connector     string  `yaml:"connector"`
	ConnectorName string  `yaml:"connector_name"`
	Readers       Readers `yaml:"readers"`
	Mapping       Mapping `yaml:"mapping"`
}

func (Site) docs() docs {
	return docs{
		"name": "The site's name: letters, digits, '.', '_' and '-'. It is the key of everything that is " +
			"stored of the site: keep it.",
		"supervisor":     "As at the top level. 'auto' is for a machine with one running supervisor.",
		"connector":      "As at the top level.",
		"connector_name": "As at the top level; empty: the site's name.",
		"readers":        "As at the top level.",
		"mapping":        "What differs from the mapping at the top level.",
	}
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
