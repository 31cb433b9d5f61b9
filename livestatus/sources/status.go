package sources

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

// switches are the columns of the table status that hide problems when they are off,
// and what is hidden.
var switches = map[string]string{
	"enable_notifications":   "notifications are switched off",
	"execute_host_checks":    "active checks of hosts are switched off: their states stay as they are",
	"execute_service_checks": "active checks of services are switched off: their states stay as they are",
}

// programStatus is what the table status showed last.
type programStatus struct {
	started string // program_start as it came; of an LMD that of all its backends
	off     map[string]bool
}

// read reads the table, and reports whether the supervisor has started anew since the
// poll before.
func (s *programStatus) read(ctx context.Context, r *run) (restarted bool, err error) {
	columns := append([]string{"program_start"},
		r.server.Only("status", slices.Sorted(maps.Keys(switches)))...)
	var started []string
	off := map[string]bool{}
	q := livestatus.Query{Table: "status", Columns: columns}
	answer, err := r.query(ctx, q, func(row []livestatus.Value) error {
		started = append(started, row[0].String())
		for i, value := range row[1:] {
			if n, ok := value.Integer(); ok && n == 0 {
				off[columns[i+1]] = true
			}
		}
		return nil
	})
	if err != nil || len(answer.Failed) > 0 {
		return false, err
	}
	for column, text := range switches {
		switch {
		case off[column] && !s.off[column]:
			r.log.Warn("the supervisor's " + text)
		case s.off[column] && !off[column]:
			r.log.Info("the supervisor has switched it on again", "column", column)
		}
	}
	before := s.started
	s.started, s.off = strings.Join(started, " "), off
	return before != "" && before != s.started, nil
}

// startedAt shows when the supervisor started.
func (s *programStatus) startedAt() string {
	if at, ok := supervision.ParseTime(s.started); ok {
		return at.UTC().Format(time.RFC3339)
	}
	return s.started
}
