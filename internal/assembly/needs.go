package assembly

import (
	"os"
	"path/filepath"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/sources"
)

// Need is a directory or file that a site uses while it runs, beside the files
// whose troubles the site knows already.
type Need struct {
	What   string // for people, such as "the directory of the log"
	Path   string
	Rights access.Rights
	// Without is what goes wrong without the rights.
	Without string
	// Harmless: nothing is lost without them.
	Harmless bool
	// MayLack: that it does not exist is no trouble.
	MayLack bool
}

const list = access.Read | access.Enter

// Needs returns what the readers of a site use. What is missing is noticed late
// without this: rotated files are looked for after a restart, files that were
// read are deleted later.
func (s *Site) Needs() (needs []Need) {
	for _, c := range s.Readers {
		needs = append(needs, c.needs(s.config.Readers.Perfdata.Spool)...)
	}
	return append(needs, s.livestatusNeeds()...)
}

func (c Choice) needs(spool config.PerfdataSpool) []Need {
	dir := filepath.Dir(c.Path)
	const rotated = "rotated files can't be found: the reader fails as soon as it has to look for them, " +
		"at the latest at its next start"
	switch c.Name {
	case ModuleReader:
		return moduleNeeds(c.Path)
	case statusName:
		return []Need{{
			What: "the directory of the status file", Path: dir, Rights: list, Harmless: true, MayLack: true,
			Without: "it can't be watched: the file is looked at at fixed times only (readers.status.poll)",
		}}
	case perfdataSpool:
		return perfdataSpoolNeeds(c, spool)
	case sources.Name, sources.LogName:
		return nil // both are of one server: see livestatusNeeds
	}
	if c.consumes {
		return []Need{{
			What: "the perfdata pipe", Path: c.Path, Rights: access.Read | access.Write, MayLack: true,
			Without: "it can't be read without the right to write: else each start of the supervisor would end it",
		}}
	}
	needs := []Need{{
		What: "the directory of " + c.Path, Path: dir, Rights: list, Without: rotated, MayLack: true,
	}}
	for _, pattern := range c.moved {
		needs = append(needs, Need{
			What: "the directory to which the processing command moves " + filepath.Base(c.Path),
			Path: filepath.Dir(pattern), Rights: list,
			Without: "what was not read before the file is moved can't be found",
		})
	}
	if c.archive != "" && c.archive != dir {
		needs = append(needs, Need{
			What: "the directory of rotated logs", Path: c.archive, Rights: list, Without: rotated, MayLack: true,
		})
	}
	return needs
}

// moduleNeeds returns what the reader of a broker module needs: it deletes the
// segments that it has read.
func moduleNeeds(spool string) []Need {
	needs := []Need{{
		What: "the spool directory of the broker module", Path: spool, Rights: list | access.Write, MayLack: true,
		Without: "what the module writes is not read, or not deleted once it is read",
	}}
	segments, err := handover.List(spool)
	if err != nil {
		return needs // the need above shows why
	}
	for _, segment := range segments {
		needs = append(needs, Need{
			What: "a segment of the broker module", Path: filepath.Join(spool, segment.File), Rights: access.Read,
			Without: "its records are not read", MayLack: true,
		})
	}
	return needs
}

func perfdataSpoolNeeds(c Choice, spool config.PerfdataSpool) []Need {
	need := Need{
		What: "the perfdata spool directory", Path: c.Path, Rights: list, Without: "nothing in it is read",
	}
	if c.consumes {
		need.Rights |= access.Write
		need.Without = "nothing in it is read, or what was read is not taken away (readers.perfdata.spool.after)"
	}
	needs := []Need{need}
	entries, _ := os.ReadDir(c.Path) // the need above shows why there are none
	for _, e := range entries {
		if matches, err := filepath.Match(spool.Pattern, e.Name()); err == nil && matches && e.Type().IsRegular() {
			needs = append(needs, Need{
				What: "a file of the perfdata spool directory", Path: filepath.Join(c.Path, e.Name()),
				Rights: access.Read, Without: "its check results are not read", MayLack: true,
			})
		}
	}
	if spool.After == "move" {
		needs = append(needs, Need{
			What: "the directory for perfdata files that were read", Path: spool.MoveTo,
			Rights: access.Write | access.Enter, Without: "files that were read stay where they are",
		})
	}
	return needs
}
