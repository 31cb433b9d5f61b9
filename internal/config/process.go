package config

import "time"

// Journal is the configuration of the journal.
type Journal struct {
	Path    string        `yaml:"path" must:"set,absolute"`
	MaxSize Size          `yaml:"max_size"`
	MaxAge  time.Duration `yaml:"max_age"`
	Reserve Size          `yaml:"reserve"`
}

func (Journal) docs() docs {
	return docs{
		"path":     "The journal's file. The directory must exist and belong to the user that runs the connector.",
		"max_size": "How large it may grow. At this bound superseded check results go first; then the readers wait.",
		"max_age":  "Check results older than this are dropped if a newer one of the same object is there; 0s: never.",
		"reserve":  "Disk space that is kept aside so that the journal can be emptied when the disk is full.",
	}
}

// leastJournal is the smallest journal that has room for its own tables.
const leastJournal Size = 1 << 20

func (j Journal) check(report report) {
	if j.MaxSize < leastJournal {
		report("max_size", "%s is less than %s", j.MaxSize, leastJournal)
	}
	if j.MaxAge < 0 {
		report("max_age", "%s is below zero", j.MaxAge)
	}
}

// Quarantine is the configuration of the quarantine file.
type Quarantine struct {
	Path    string `yaml:"path" must:"set,absolute"`
	MaxSize Size   `yaml:"max_size"`
}

func (Quarantine) docs() docs {
	return docs{
		"path":     "The file.",
		"max_size": "How large it may grow; there is one older file of the same size beside it.",
	}
}

// Log is the configuration of the log.
type Log struct {
	Level  string `yaml:"level" must:"debug|info|warn|error"`
	Format string `yaml:"format" must:"text|json"`
}

func (Log) docs() docs {
	return docs{
		"level":  "debug, info, warn or error.",
		"format": "text or json.",
	}
}
