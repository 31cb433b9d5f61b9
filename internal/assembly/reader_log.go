package assembly

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/logfile"
)

// logName is the name of the reader of the log.
const logName = "log"

// chooseLog chooses the reader of the log.
func chooseLog(s *selection) []Choice {
	r := s.readers.Log
	if !s.wanted(r.Enabled) {
		s.leaveOut("readers.log.enabled is off")
		return nil
	}
	path := s.path("readers.log", r.Enabled, r.Path, s.supervisor.LogFile, "log_file")
	if path == "" {
		return nil
	}
	archive := r.Archive
	if archive == "" {
		archive = s.supervisor.LogArchivePath
		s.checkArchive()
	}
	program := ""
	if s.supervisor.Version != "" {
		program = string(s.supervisor.Flavour) + " " + s.supervisor.Version
	}
	return []Choice{{
		Name: logName, Path: path, archive: archive,
		Note: "state changes, acknowledgements, downtimes, comments, flapping",
		end:  func(from []byte) ([]byte, error) { return logfile.End(path, from) },
		build: func(log *slog.Logger) (pipeline.Feed, error) {
			return pipeline.Feed{
				Source: &helpedLog{s.supervisor, path, logfile.New(logfile.Options{
					Path: path, ArchiveDir: archive, Begin: begin(r.Begin), Program: program,
					LongOutput: s.supervisor.Logging.LongOutput, Logger: log,
				})},
				Reader: timeline.Reader{View: timeline.Changes, HasState: true, HasOutput: true},
			}, nil
		},
	}}
}

// checkArchive notes that the supervisor's archive of logs is not there. That it
// can't be listed is found by Needs.
func (s *selection) checkArchive() {
	if s.supervisor.LogArchivePath == "" || s.supervisor.Unusable("log_archive_path") != nil {
		return // a blind spot
	}
	for _, t := range s.supervisor.CheckReadable("log_archive_path") {
		if errors.Is(t, fs.ErrNotExist) {
			s.notice("%v; rotated logs are looked for beside the log", t)
		}
	}
}

// helpedLog is a reader of the log that, when it is denied access, says what
// helps.
type helpedLog struct {
	supervisor *nagios.Config
	path       string
	*logfile.Source
}

// Run reads until the context ends.
func (h *helpedLog) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	return h.explain(h.Source.Run(ctx, from, emit))
}

func (h *helpedLog) explain(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		if why := h.supervisor.CheckFile("log_file", h.path); why != nil {
			return why
		}
	}
	return err
}
