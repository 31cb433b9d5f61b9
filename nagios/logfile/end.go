package logfile

import (
	"fmt"

	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
)

// End returns the position behind the last line of the log, for a source that is to
// begin there later. from is the stored position.
func End(path string, from []byte) ([]byte, error) {
	end, err := follow.End(follow.Options{Path: path})
	if err != nil {
		return nil, fmt.Errorf("noting where the supervisor's log ends: %w", err)
	}
	next := position{Log: end}
	if before, err := decodePosition(from); len(from) > 0 && err == nil {
		next.Program = before.Program
	}
	return next.encode()
}
