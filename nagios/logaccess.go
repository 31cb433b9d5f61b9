package nagios

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
)

// logKind is what is special about the log: it lasts as long as the supervisor
// runs, and which mode a new one has depends on who creates it.
func (c *Config) logKind() fileKind {
	return fileKind{
		comesAndGoes: !c.seemsToRun(time.Now()),
		matches:      isRegular,
		remedy:       c.howToReadTheLog,
		gone:         "the supervisor runs, and may go on writing to a log that was removed: restart it",
	}
}

// seemsToRun reports whether the status file is so new that the supervisor must
// be running.
func (c *Config) seemsToRun(now time.Time) bool {
	info, err := os.Stat(c.StatusFile)
	return err == nil && c.StatusUpdateInterval > 0 && now.Sub(info.ModTime()) < 2*c.StatusUpdateInterval+time.Minute
}

// howToReadTheLog returns what lets the connector read a log that its owner
// alone may read, and lasts over a rotation.
//
// Naemon and Icinga 1 (base/logging.c, open_log_file), and Nagios before 4.3,
// create a log with mode 0600. That mode is the bound of what a default ACL of
// the directory allows, so neither such an ACL nor one of the file helps with the
// next log. Nagios and Icinga set mode, owner and group of the last log when they
// rotate it themselves (rotate_log_file); Naemon leaves the rotation to
// logrotate, which can create the log before Naemon does.
func (c *Config) howToReadTheLog(path string, of access.Owner) string {
	var ways []string // each is enough
	if group := of.Group; of.GID != 0 || c.Group != "" {
		commands := []string{"chmod g+r " + path}
		if of.GID == 0 {
			group = c.Group
			commands = append([]string{"chgrp " + group + " " + path}, commands...)
		}
		if join := of.Join(group); join != "" {
			commands = append(commands, join)
		}
		way := fmt.Sprintf("let group %s read it (%s) and restart the connector", group, strings.Join(commands, "; "))
		if !c.keepsModeOfLog() {
			way += fmt.Sprintf(", and let logrotate create it so (create 0640 %s %s)", of.User, group)
		}
		ways = append(ways, way)
	}
	if of.User != "root" {
		ways = append(ways, "run the connector as user "+of.User)
	}
	if len(ways) == 0 {
		return c.whyNoACL()
	}
	return strings.Join(ways, "; or ") + "; " + c.whyNoACL()
}

// keepsModeOfLog reports whether a rotated log is followed by one of the same
// mode.
func (c *Config) keepsModeOfLog() bool {
	return c.RotatesLog && (c.Flavour == Nagios || c.Flavour == Icinga)
}

func (c *Config) whyNoACL() string {
	switch {
	case c.keepsModeOfLog():
		return "an ACL of the log does not last: a rotation keeps the mode, owner and group only"
	case c.Flavour == Naemon || c.Flavour == Icinga:
		return "an ACL does not last: a log that the supervisor creates has mode 0600, whatever the directory's ACL is"
	}
	return "an ACL of the log does not last: it is lost with the next log"
}

// WithoutLog returns what can't be seen while the log can't be read, and what
// shows it all the same.
func (c *Config) WithoutLog(with Readers) (unseen, instead string) {
	s := survey{cfg: c, with: with}
	return s.withoutLog()
}
