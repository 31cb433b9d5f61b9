package assembly

import (
	"log/slog"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/sources"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/statusdat"
)

// statusName is the name of the reader of the status file.
const statusName = "status"

// chooseStatus chooses the reader of the status file. What it shows is judged
// when the others have read what had been written by then.
func chooseStatus(s *selection) []Choice {
	r := s.readers.Status
	if r.Enabled == config.Auto && s.has(sources.Name) {
		return nil
	}
	path := s.path("readers.status", r.Enabled, r.Path, s.supervisor.StatusFile, "status_file")
	if path == "" {
		return nil
	}
	return []Choice{{
		Name: statusName, Path: path, Note: "the last result and the conditions of every object; resync: " + r.Resync,
		build: func(log *slog.Logger) (pipeline.Feed, error) {
			return pipeline.Feed{
				Source: statusdat.New(statusdat.Options{Path: path, Poll: r.Poll, Logger: log}),
				Reader: timeline.Reader{View: timeline.Snapshot, HasState: true, HasOutput: true},
			}, nil
		},
	}}
}

// resync is the timeline's policy for present states. all: the journal has lost
// what was sent before, so everything is sent again.
func (s *Site) resync(all bool) timeline.Resync {
	switch policy := s.config.Readers.Status.Resync; {
	case all || policy == "always":
		return timeline.Always
	case policy == "never":
		return timeline.Never
	}
	return timeline.Changed
}
