package assembly

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
)

// ResultsFrom says in one line where the check results of a site come from.
func (s *Site) ResultsFrom() string {
	m := s.module
	switch {
	case m.spool != "":
	case s.livestatus.Address != "" && s.Supervisor == nil:
		return "Livestatus (" + s.livestatus.Address + ")"
	case s.livestatus.Address != "":
		return "no broker module: Livestatus (" + s.livestatus.Address + ") and the supervisor's files are read"
	default:
		return "no broker module: the supervisor's files are read"
	}
	if m.insisted && !handover.Alive(m.spool, time.Now()) {
		return fmt.Sprintf("the broker module (%s, from %s) does not write now, and readers.module.enabled is on: "+
			"log and perfdata files are left alone all the same", m.spool, m.from)
	}
	if m.owns {
		return fmt.Sprintf("the broker module brings everything (%s, from %s); "+
			"log and perfdata files are left alone unless they are switched on", m.spool, m.from)
	}
	if _, err := handover.List(m.spool); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("the broker module (%s, from %s) may write, but its directory can't be listed: "+
			"the files are read until it can", m.spool, m.from)
	}
	return fmt.Sprintf("the broker module (%s, from %s) does not write now: the files are read until it does",
		m.spool, m.from)
}
