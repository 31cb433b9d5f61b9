package assembly

import (
	"fmt"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/sources"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// noteBlindSpots notes what the chosen readers can't see because of how the
// supervisor is set.
func (s *selection) noteBlindSpots() {
	if s.Supervisor == nil {
		return
	}
	for _, b := range s.Supervisor.BlindSpots(s.inUse()) {
		s.notice("%s", b)
	}
}

// noteLog notes that the log can't be read, and what can't be seen until then.
func (s *selection) noteLog() {
	if s.logTrouble == nil {
		return
	}
	text, instead := s.supervisor.WithoutLog(s.inUse())
	if s.Supervisor != nil { // else nothing is known of the status file
		text += "; " + instead
	}
	s.Troubles = append(s.Troubles, fmt.Errorf("%w; until it can be read, %s", s.logTrouble, text))
}

// inUse describes the chosen readers to the supervisor's configuration.
func (s *selection) inUse() nagios.Readers {
	in := nagios.Readers{
		Module: s.module.owns, ModuleConfigured: s.module.spool != "", LogArchive: s.readers.Log.Archive != "",
		Log:     use(s.readers.Log.Enabled, s.has(logName) || s.has(sources.LogName)),
		Status:  use(s.readers.Status.Enabled, s.has(statusName) || s.has(sources.Name)),
		Objects: use(s.readers.Objects.Enabled, s.Objects != ""),
	}
	none := use(s.readers.Perfdata.Enabled, false)
	in.HostPerfdata.Use, in.ServicePerfdata.Use = none, none
	for _, c := range s.Readers {
		reader := nagios.PerfdataReader{Use: nagios.InUse, HasState: !c.stateless}
		if c.hostPerfdata {
			in.HostPerfdata = reader
		}
		if c.servicePerfdata {
			in.ServicePerfdata = reader
		}
	}
	return in
}

func use(enabled config.Switch, chosen bool) nagios.Use {
	switch {
	case chosen:
		return nagios.InUse
	case enabled == config.Off:
		return nagios.SwitchedOff
	}
	return nagios.Unavailable
}
