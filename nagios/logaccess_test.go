package nagios

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
)

// A log that is absent is no trouble until the supervisor runs.
func TestAnAbsentLog(t *testing.T) {
	for _, tt := range []struct {
		name   string
		age    time.Duration // of the status file; negative: there is none
		absent bool
	}{
		{"nothing was ever written", -1, true},
		{"the supervisor was stopped", time.Hour, true},
		{"the supervisor runs", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			c := defaults("/etc/n.cfg")
			c.LogFile, c.StatusFile = filepath.Join(dir, "gone"), filepath.Join(dir, "status")
			if tt.age >= 0 {
				if err := os.WriteFile(c.StatusFile, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				written := time.Now().Add(-tt.age)
				if err := os.Chtimes(c.StatusFile, written, written); err != nil {
					t.Fatal(err)
				}
			}
			failed := c.CheckReadable("log_file", "no_such_option")
			if len(failed) != 2 || failed[0].Absent != tt.absent || !errors.Is(failed[1], ErrNotSet) {
				t.Fatalf("%v", failed)
			}
			const help = "; the supervisor runs, and may go on writing to a log that was removed: restart it"
			if strings.HasSuffix(failed[0].Error(), help) == tt.absent {
				t.Errorf("%v", failed[0])
			}
		})
	}
}

// A path of our own that is wrong is not a log that was removed.
func TestAnAbsentLogOfOurOwnConfiguration(t *testing.T) {
	dir := t.TempDir()
	c := defaults("/etc/n.cfg")
	c.LogFile, c.StatusFile = filepath.Join(dir, "log"), filepath.Join(dir, "status")
	if err := os.WriteFile(c.StatusFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := c.CheckFile("log_file", filepath.Join(dir, "lgo"))
	if err == nil || err.Absent || !strings.HasSuffix(err.Error(), "; the supervisor's log_file is "+c.LogFile) ||
		strings.Contains(err.Error(), "restart") {
		t.Error(err)
	}
}

func TestHowToReadTheLog(t *testing.T) {
	const (
		own     = "; or run the connector as user naemon"
		created = "; an ACL does not last: a log that the supervisor creates has mode 0600, " +
			"whatever the directory's ACL is"
		rotated = "; an ACL of the log does not last: a rotation keeps the mode, owner and group only"
		lost    = "; an ACL of the log does not last: it is lost with the next log"
		allowed = "let group naemon read it (chmod g+r /l; usermod -a -G naemon me) and restart the connector"
		rotate  = ", and let logrotate create it so (create 0640 naemon naemon)"
	)
	naemon := access.Owner{User: "naemon", Group: "naemon", GID: 7}
	naemon.Reader = access.Identity{Name: "me", Groups: []string{"me"}}
	member := naemon
	member.Reader.Groups = []string{"me", "naemon"}
	ofRoot := access.Owner{User: "naemon", Group: "root", Reader: naemon.Reader}
	for _, tt := range []struct {
		name    string
		flavour Flavour
		rotates bool
		group   string // that the supervisor runs as
		of      access.Owner
		want    string
	}{
		{"Naemon", Naemon, false, "", naemon, allowed + rotate + own + created},
		{"Icinga rotates its log", Icinga, true, "", naemon, allowed + own + rotated},
		{"logrotate rotates Icinga's log", Icinga, false, "", naemon, allowed + rotate + own + created},
		{"Nagios rotates its log", Nagios, true, "", naemon, allowed + own + rotated},
		{"logrotate rotates Nagios' log", Nagios, false, "", naemon, allowed + rotate + own + lost},
		{"Shinken", Shinken, true, "", naemon, allowed + rotate + own + lost},
		{
			"the user belongs to the group", Nagios, true, "", member,
			"let group naemon read it (chmod g+r /l) and restart the connector" + own + rotated,
		},
		{"root's group", Nagios, true, "", ofRoot, "run the connector as user naemon" + rotated},
		{
			"root's group, and the supervisor's is known", Nagios, true, "naemon", ofRoot,
			strings.Replace(allowed, "(", "(chgrp naemon /l; ", 1) + own + rotated,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{Flavour: tt.flavour, RotatesLog: tt.rotates, Group: tt.group}
			if got := c.howToReadTheLog("/l", tt.of); got != tt.want {
				t.Errorf("\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

// The log's own remedy is for the log alone: a directory above it stays.
func TestTheLogsRemedyIsForTheLog(t *testing.T) {
	root := tree(t, map[string]string{"/var/log": ""})
	openPath(t, root)
	c := defaults("/etc/n.cfg")
	c.Group = "operators"
	c.LogFile = filepath.Join(root, "var/log")
	if err := os.Chmod(c.LogFile, 0o000); err != nil {
		t.Fatal(err)
	}
	why := func() (text string) {
		asNobody(t, func() { text = c.CheckFile("log_file", c.LogFile).Error() })
		return text
	}
	if got := why(); !strings.Contains(got, "let group ") || strings.Contains(got, "setfacl") {
		t.Errorf("a log of its owner: %s", got)
	}
	dir := filepath.Dir(c.LogFile)
	if err := os.Chmod(dir, 0o000); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	if got := why(); !strings.Contains(got, "setfacl -m u:") {
		t.Errorf("a directory of its owner: %s", got)
	}
}

func TestWithoutLog(t *testing.T) {
	c := defaults("/etc/n.cfg")
	unseen, instead := c.WithoutLog(logAndStatus())
	if unseen != "changes of state, acknowledgements, comments, downtimes and flapping are not seen at once" ||
		instead != "the status file shows those that last until it is written, up to 60 s later" {
		t.Errorf("%s; %s", unseen, instead)
	}
	stateless := with(allFiles(), func(r *Readers) { r.ServicePerfdata.HasState = false })
	const states = ", and check results of services take their state from the status file alone"
	if unseen, _ := c.WithoutLog(stateless); !strings.HasSuffix(unseen, states) {
		t.Error(unseen)
	}
	if _, instead := c.WithoutLog(Readers{Log: InUse}); instead != "nothing else shows this" {
		t.Error(instead)
	}
}
