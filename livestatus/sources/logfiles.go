package sources

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

// logFiles knows when the log file begins that Icinga 2 writes to. It leaves a file out
// whole whose first line is older than the last "time >=" of a query, so such a filter
// must name the first line or an older one (lib/livestatus of Icinga 2 2.13, measured).
type logFiles struct {
	needed  bool
	begins  int64     // the first line of the file; 0: not found
	rotated bool      // another file may have begun since
	looked  time.Time // by our clock
}

const (
	// The times between two rotations: hours and days, and a month.
	usualFile, longFile = 25 * 3600, 32 * 86400 // seconds
	// findEvery bounds how often the beginning is looked for.
	findEvery = 10 * time.Minute
)

var rotation = []byte("LOG ROTATION")

// note notes a line that may be the first of a file: Icinga 2 writes the same at each
// start, too.
func (f *logFiles) note(l line) { f.rotated = f.rotated || bytes.Contains(l.text, rotation) }

// filters returns what has to stand behind the other filters.
func (f *logFiles) filters(from int64) []livestatus.Filter {
	if !f.needed {
		return nil
	}
	if f.begins != 0 && f.begins <= from {
		return []livestatus.Filter{since(f.begins)}
	}
	return []livestatus.Filter{since(from - longFile)}
}

// find looks for the beginning of the file that holds a second.
func (f *logFiles) find(ctx context.Context, r *logRun, second int64) error {
	f.needed = r.server.Core == livestatus.Icinga2
	if !f.needed {
		return nil
	}
	f.looked, f.rotated, f.begins = time.Now(), false, 0
	for _, back := range []int64{usualFile, longFile} {
		starts, err := r.rotations(ctx, second-back)
		if err != nil {
			return err
		}
		for _, at := range slices.Backward(starts) {
			if at > second {
				continue
			}
			// Of a line within a file nothing is found with its own time.
			found, err := r.rotations(ctx, at)
			if err != nil {
				return err
			}
			if slices.Contains(found, at) {
				f.begins = at
				return nil
			}
		}
	}
	return nil
}

// rotations returns the times of the lines that can be the first of a file.
func (r *logRun) rotations(ctx context.Context, from int64) (times []int64, err error) {
	_, err = r.client.Query(ctx, livestatus.Query{
		Table: "log", Columns: []string{"time"},
		Filters: []livestatus.Filter{livestatus.Compare("type", "=", string(rotation)), since(from)},
	}, func(row []livestatus.Value) error {
		if at, ok := row[0].Integer(); ok {
			times = append(times, at)
		}
		return nil
	})
	slices.Sort(times)
	return times, explainLog(err)
}
