package perfdata

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
)

// FileEnd returns the position behind the last line of a perfdata file, for a source
// that is to begin there later.
func FileEnd(path string) ([]byte, error) {
	end, err := follow.End(follow.Options{Path: path})
	if err != nil {
		return nil, fmt.Errorf("noting where the perfdata file ends: %w", err)
	}
	return json.Marshal(end)
}

// clockStep is more than the step in which any file system counts time.
const clockStep = 2 * time.Second

// SpoolEnd returns the position of a source that has read all files of a spool
// directory.
func SpoolEnd(dir string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("noting what is in the perfdata spool: %w", err)
	}
	var end spoolPosition
	old := time.Now().Add(-clockStep).UnixNano()
	for _, entry := range entries {
		info, err := entry.Info()
		switch {
		case err != nil || !info.Mode().IsRegular():
		case changeTime(info) < old:
			end.Forgotten = max(end.Forgotten, changeTime(info))
		default: // one that comes next may have the same time
			end.Done = append(end.Done, identify(info))
		}
	}
	return json.Marshal(end)
}
