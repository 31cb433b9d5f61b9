package assembly

import "github.com/nagios2canopsis/nagios2canopsis/internal/timeline"

// timeline returns how the reports of the site's readers are judged. Of a
// supervisor whose configuration is not read, the log is taken to show soft
// states.
func (s *Site) timeline(resyncAll bool) timeline.Options {
	options := timeline.Options{
		Resync: s.resync(resyncAll), SoftChanges: [2]bool{true, true}, Confirm: s.config.Readers.Status.Confirm,
		EndAcksAtOnce: s.config.Mapping.AckRemoveAt == "recovery",
	}
	if s.Supervisor != nil {
		options.RetainsState = s.Supervisor.RetainState
		options.SoftChanges = [2]bool{s.Supervisor.Logging.HostRetries, s.Supervisor.Logging.ServiceRetries}
	}
	return options
}
