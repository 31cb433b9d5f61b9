package nagios

import (
	"bufio"
	"io"
	"path/filepath"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

// statusHeader is the size of the part of a status file that has its writer and
// version.
const statusHeader = 4 << 10

// identify returns the flavour and version of the supervisor. The status files
// of Icinga 1, Shinken and Centreon Engine name their writer. That of Naemon names Nagios, so the
// names of the main file, of options, of directories and of the log count next.
func (l *loader) identify() (Flavour, string) {
	writer, version := l.statusFileWriter()
	switch writer {
	case "ICINGA":
		return Icinga, version
	case "SHINKEN":
		return Shinken, ""
	case "CENTREON ENGINE":
		return Centreon, version
	}
	c := l.cfg
	if f, found := flavourNamedIn(filepath.Base(c.Path)); found && f != Nagios {
		return f, version
	}
	for _, option := range []string{"naemon_user", "icinga_user", "shinken_user"} {
		if c.Origin(option) != "" {
			f, _ := flavourNamedIn(option)
			return f, version
		}
	}
	if c.Origin("include_dir") != "" || c.Origin("include_file") != "" {
		return Naemon, version
	}
	for _, name := range []string{filepath.Dir(c.Path), filepath.Base(c.LogFile), c.User} {
		if f, found := flavourNamedIn(name); found {
			return f, version
		}
	}
	return Nagios, version
}

func flavourNamedIn(name string) (Flavour, bool) {
	if strings.Contains(name, "centengine") || strings.Contains(name, "centreon-engine") {
		return Centreon, true
	}
	for _, f := range []Flavour{Naemon, Icinga, Shinken, Nagios} {
		if strings.Contains(name, string(f)) {
			return f, true
		}
	}
	return "", false
}

// statusFileWriter returns the word before STATUS FILE in the comment at the head
// of the status file, and the version of its info block. Both are empty if the
// file can't be read.
func (l *loader) statusFileWriter() (writer, version string) {
	if l.cfg.StatusFile == "" {
		return "", ""
	}
	f, err := regular.Open(l.onDisk(l.cfg.StatusFile))
	if err != nil {
		return "", ""
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, statusHeader))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if word, found := strings.CutSuffix(line, " STATUS FILE"); found {
			writer = strings.Trim(word, "# ")
		}
		if value, found := strings.CutPrefix(line, "version="); found {
			return writer, value
		}
		if line == "}" {
			break
		}
	}
	return writer, ""
}
