// Package rehearsal tries what a run would do with the machine, as the user of
// this process: it looks at rights, reads what holds passwords, and looks for
// another process with the same journal. It writes nothing, locks nothing and
// connects to nothing.
package rehearsal

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
	"github.com/nagios2canopsis/nagios2canopsis/internal/assembly"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
)

// Findings are what a run would meet.
type Findings struct {
	// Troubles let a run fail, lose something, or show a secret.
	Troubles []error
	// Notices are worth knowing, and harm nothing.
	Notices []string
	// Running is the process that has the journal open, 0 if there is none or it is
	// unknown. Runs reports whether there is one.
	Running int
	Runs    bool
}

// Try tries what a run of the plan would do.
func Try(plan *assembly.Plan) *Findings {
	f := &Findings{}
	f.trouble(RefuseRoot(plan.Config))
	f.tryJournal(plan.Config)
	f.tryLater(plan)
	return f
}

// Unnoticed returns the troubles that a run of the plan meets only when it needs
// something, or never: it begins all the same.
func Unnoticed(plan *assembly.Plan) []error {
	f := &Findings{}
	f.tryLater(plan)
	return f.Troubles
}

// tryLater tries what a run uses when it has begun.
func (f *Findings) tryLater(plan *assembly.Plan) {
	f.tryQuarantine(plan.Config)
	for _, s := range plan.Sites {
		f.tryNeeds(s)
		f.Troubles = append(f.Troubles, s.Try()...)
	}
	for i := range plan.Targets {
		troubles, doubts := plan.Targets[i].Try()
		f.Troubles = append(f.Troubles, troubles...)
		for _, d := range doubts {
			f.notice("%v (here, and a service has an environment of its own)", d)
		}
	}
	f.trySecrets(plan.Config)
}

func (f *Findings) trouble(err error) {
	if err != nil {
		f.Troubles = append(f.Troubles, err)
	}
}

func (f *Findings) notice(format string, args ...any) {
	f.Notices = append(f.Notices, fmt.Sprintf(format, args...))
}

func (f *Findings) tryJournal(c *config.Loaded) {
	err := journal.Try(c.Journal.Path)
	if used := (*journal.InUseError)(nil); errors.As(err, &used) {
		f.Runs, f.Running = true, used.PID
		return
	}
	if err == nil {
		err = journal.TryRoom(c.Journal.Path, int64(c.Journal.Reserve))
	}
	if err != nil {
		f.trouble(c.Fault("journal.path", err.Error()))
	}
}

// tryQuarantine looks whether the quarantine can be written to. It creates its own
// directory, and renames the file when it is full.
func (f *Findings) tryQuarantine(c *config.Loaded) {
	const key, without = "quarantine.path", "input that can't be read would be lost"
	path := c.Quarantine.Path
	dir := nearest(filepath.Dir(path))
	if err := access.Check(dir, access.Write|access.Enter); err != nil {
		f.trouble(c.Fault(key, fmt.Sprintf("%s: %v; %s", dir, err, without)))
		return
	}
	switch info, err := os.Stat(path); {
	case err == nil && !info.Mode().IsRegular():
		f.trouble(c.Fault(key, path+" is not a regular file; "+without))
	case err == nil:
		if err := access.Check(path, access.Write); err != nil {
			f.trouble(c.Fault(key, fmt.Sprintf("%s: %v; %s", path, err, without)))
		}
	}
}

// tryNeeds looks whether a site's readers have their rights. What several files
// lack is one finding, about the first of them.
func (f *Findings) tryNeeds(s *assembly.Site) {
	var lacks []*lack
	for _, need := range s.Needs() {
		err := access.Check(need.Path, need.Rights)
		if need.Harmless && access.Check(need.Path, access.Enter) != nil {
			continue // what is in it can't be read either, and that is a trouble
		}
		if err == nil || need.MayLack && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		same := slices.IndexFunc(lacks, func(l *lack) bool { return l.What == need.What })
		if same < 0 {
			lacks = append(lacks, &lack{need, err, 0})
			continue
		}
		lacks[same].more++
	}
	for _, l := range lacks {
		err := l.error()
		if s.Name != "" {
			err = fmt.Errorf("site %s: %w", s.Name, err)
		}
		if l.Harmless {
			f.notice("%v", err)
			continue
		}
		f.trouble(err)
	}
}

// lack is a need that is not met.
type lack struct {
	assembly.Need
	err  error
	more int // further ones of the same kind
}

func (l *lack) error() error {
	more := ""
	if l.more > 0 {
		more = fmt.Sprintf(" (and %d more)", l.more)
	}
	return fmt.Errorf("%s, %s%s: %w; without it, %s", l.What, l.Path, more, l.err, l.Without)
}

// trySecrets looks for passwords and keys that every user of the machine can read.
func (f *Findings) trySecrets(c *config.Loaded) {
	passwords, files := c.Secrets()
	if len(passwords) > 0 && c.File != "" && readableByAll(c.File) {
		f.trouble(c.Fault(passwords[0], fmt.Sprintf("holds a password, and every user can read %s: chmod o-r %s, with "+
			"the group of the user that runs the connector; or name a file by password_file", c.File, c.File)))
	}
	for _, key := range slices.Sorted(maps.Keys(files)) {
		if path := files[key]; readableByAll(path) {
			f.trouble(c.Fault(key, fmt.Sprintf("every user can read %s: chmod o-r %s, with the group of the user that "+
				"runs the connector", path, path)))
		}
	}
}

// readableByAll reports whether every user can read a file: it, and every
// directory on the way, is open to others.
func readableByAll(path string) bool {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	if path, err = filepath.Abs(path); err != nil {
		return false
	}
	for needed := fs.FileMode(0o004); ; needed = 0o001 {
		info, err := os.Stat(path)
		if err != nil || info.Mode()&needed == 0 {
			return false
		}
		if path == filepath.Dir(path) {
			return true
		}
		path = filepath.Dir(path)
	}
}

// Verdict is one line.
func (f *Findings) Verdict() string {
	process := "another process"
	if f.Running != 0 {
		process = fmt.Sprintf("process %d", f.Running)
	}
	switch n := len(f.Troubles); {
	case n == 1:
		return "1 trouble: it is listed first"
	case n > 1:
		return fmt.Sprintf("%d troubles: they are listed first", n)
	case f.Runs:
		return strings.ToUpper(process[:1]) + process[1:] + " runs with this journal already: reload it (SIGHUP) to " +
			"take over a change; a second run would be refused. Nothing else is wrong."
	}
	return "All is well."
}
