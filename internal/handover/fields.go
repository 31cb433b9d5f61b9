package handover

import (
	"fmt"
	"strconv"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// fields reads the values of a line by key. It keeps those that make no sense, and
// the first error of one that the record can't do without.
type fields struct {
	pairs []pairs.Pair
	odd   []supervision.Strange
	err   error
}

func (f *fields) text(key string) string {
	value, _ := pairs.Find(f.pairs, key)
	return pairs.Unescape(value)
}

func (f *fields) strange(key, value, what string) {
	f.odd = append(f.odd, supervision.Strange{Field: key, Value: value, Reason: what + ": taken for unknown"})
}

// moment returns TIMET, the time of the record.
func (f *fields) moment() time.Time {
	value := f.text("TIMET")
	t, ok := supervision.ParseTime(value)
	if value != "" && (!ok || t.Unix() > supervision.LatestMoment) && f.err == nil {
		f.err = fmt.Errorf("field TIMET: %.40q is not a time", value)
	}
	return t
}

// needed returns a whole number that the record can't do without.
func (f *fields) needed(key string) int64 {
	n, value, ok := f.whole(key)
	if !ok && f.err == nil {
		f.err = fmt.Errorf("field %s: %.40q is not a whole number", key, value)
	}
	return n
}

func (f *fields) number(key string) int64 {
	n, value, ok := f.whole(key)
	if !ok {
		f.strange(key, value, "no whole number")
	}
	return n
}

// whole reads a whole number, 0 if there is none.
func (f *fields) whole(key string) (n int64, value string, ok bool) {
	if value = f.text(key); value == "" {
		return 0, "", true
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		n = 0
	}
	return n, value, err == nil
}

func (f *fields) decimal(key string) (n float64, ok bool) {
	value := f.text(key)
	if value == "" {
		return 0, false
	}
	if n, ok = pairs.ParseDecimal(value); !ok {
		f.strange(key, value, "no number")
	}
	return n, ok
}

func (f *fields) yes(key string) bool {
	switch value := f.text(key); value {
	case "1":
		return true
	case "", "0":
	default:
		f.strange(key, value, "neither 0 nor 1")
	}
	return false
}

// time reads a time; see supervision.ParseTime.
func (f *fields) time(key string) time.Time {
	value := f.text(key)
	if value == "" {
		return time.Time{}
	}
	t, ok := supervision.ParseTime(value)
	if !ok {
		f.strange(key, value, "no time")
	}
	return t
}

func (f *fields) note() *supervision.Note {
	return &supervision.Note{
		ID: f.needed("ID"), Author: f.text("AUTHOR"), Text: f.text("COMMENT"),
		Sticky: f.yes("STICKY"), Persistent: f.yes("PERSISTENT"), Expires: f.time("EXPIRES"), Loaded: f.yes("LOADED"),
	}
}

func (f *fields) downtime() *supervision.Downtime {
	seconds := f.number("DURATION")
	return &supervision.Downtime{
		ID: f.needed("ID"), Author: f.text("AUTHOR"), Comment: f.text("COMMENT"),
		Entry: f.time("ENTRY"), Start: f.time("START"), End: f.time("END"), Fixed: f.yes("FIXED"),
		Duration:    time.Duration(min(max(seconds, 0), supervision.LongestSeconds)) * time.Second,
		TriggeredBy: f.number("TRIGGEREDBY"), Loaded: f.yes("LOADED"),
	}
}

// flapping reads a change of the flapping state. Its text is that of Nagios' log
// (base/flapping.c).
func (f *fields) flapping(kind supervision.Kind) *supervision.Flapping {
	change, known := f.decimal("PERCENTCHANGE")
	low, hasLow := f.decimal("LOWTHRESHOLD")
	high, hasHigh := f.decimal("HIGHTHRESHOLD")
	out := &supervision.Flapping{Disabled: f.yes("DISABLED")}
	switch {
	case out.Disabled || !known:
	case kind == supervision.FlappingStarted && hasHigh:
		out.Text = fmt.Sprintf("%.1f%% change >= %.1f%% threshold", change, high)
	case kind == supervision.FlappingStopped && hasLow:
		out.Text = fmt.Sprintf("%.1f%% change < %.1f%% threshold", change, low)
	}
	return out
}
