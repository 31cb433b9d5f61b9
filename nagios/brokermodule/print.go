package brokermodule

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
)

// Print writes the status as a table. The position is how far the connector has
// read the spool directory, nil if that is unknown.
func (s Status) Print(w io.Writer, position *handover.Position) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"Supervisor", s.supervisor()},
		{"Module", s.module()},
		{"Loaded", s.loaded()},
		{"Spool", s.spool()},
		{"Last record", s.lastRecord()},
		{"Lost", s.lost()},
		{"Backlog", s.backlog(position)},
	} {
		fmt.Fprintf(t, "%s\t%s\n", row[0], printable(row[1]))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}

func (s Status) supervisor() string {
	about := strings.TrimSpace(string(s.Supervisor.Flavour)+" "+s.Supervisor.Version) + ", " + s.Supervisor.Path
	switch {
	case s.PID == 0:
		return about + ", not seen running"
	case s.PIDNote != "":
		return fmt.Sprintf("%s, process %d (%s)", about, s.PID, s.PIDNote)
	}
	return fmt.Sprintf("%s, process %d", about, s.PID)
}

func (s Status) module() string {
	if s.isShinken() {
		return "Shinken's own, in its broker (shinken/README.md)"
	}
	if !s.Configured {
		return "no broker_module line: nagios2canopsis neb enable"
	}
	return fmt.Sprintf("%s (%s)", s.Module.Path, s.Module.Origin)
}

func (s Status) loaded() string {
	l := s.Loaded
	about := ""
	switch h := s.Spool.Header; {
	case s.isShinken() && l.Yes:
		about = fmt.Sprintf(": %s for %s, process %d", orUnknown(h.Module), orUnknown(h.Program), h.PID)
	case l.Yes && h.PID == s.PID:
		about = fmt.Sprintf(": %s for %s, layout %s", orUnknown(h.Module), orUnknown(h.Program), orUnknown(h.Layout))
	}
	if l.Note != "" {
		about += " (" + l.Note + ")"
	}
	switch {
	case s.PID == 0 && !s.isShinken():
		return "no"
	case l.Unknown:
		return "unknown" + about
	case !l.Yes:
		return "no" + about
	case l.Older && s.Configured:
		return "yes, but an older file" + about
	}
	return "yes" + about
}

func (s Status) spool() string {
	switch n := len(s.Spool.Segments); {
	case errors.Is(s.SpoolError, fs.ErrNotExist):
		return s.Spool.Dir + ", does not exist"
	case s.SpoolError != nil && n == 0:
		return fmt.Sprintf("%s, %v", s.Spool.Dir, bareError(s.SpoolError))
	case n == 1:
		return fmt.Sprintf("%s, 1 segment, %s", s.Spool.Dir, size(s.Spool.Size()))
	default:
		return fmt.Sprintf("%s, %d segments, %s", s.Spool.Dir, n, size(s.Spool.Size()))
	}
}

func (s Status) lastRecord() string {
	at := s.Spool.LastRecord
	if at.IsZero() {
		return "none"
	}
	return fmt.Sprintf("%s, %s ago", at.Format("2006-01-02 15:04:05"), s.now.Sub(at).Round(time.Second))
}

func (s Status) lost() string {
	if len(s.Spool.Segments) == 0 {
		return "unknown"
	}
	return fmt.Sprint(s.Spool.Lost)
}

func (s Status) backlog(position *handover.Position) string {
	bytes := size(s.Spool.Backlog(position))
	if position == nil && s.Spool.Size() > 0 {
		return bytes + " (how much of it the connector has read is unknown)"
	}
	return bytes
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// size formats a number of bytes in a unit that is easy to read.
func size(bytes int64) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
}

// printable replaces control characters, which could change a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, s)
}
