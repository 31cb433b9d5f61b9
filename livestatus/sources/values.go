package sources

import (
	"fmt"
	"math"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

// values reads the columns of a row, and keeps the first error.
type values struct {
	row    []livestatus.Value
	layout *layout
	err    error
}

func (v *values) fail(c column, problem string) {
	if v.err == nil {
		v.err = fmt.Errorf("%s: %s", c.nameIn(v.layout.table), problem)
	}
}

// get returns a value; that of a column that is not there is null.
func (v *values) get(c column) livestatus.Value {
	if at := v.layout.at[c]; at >= 0 {
		return v.row[at]
	}
	return livestatus.Value{}
}

func (v *values) bytes(c column) []byte { return v.get(c).Bytes() }

func (v *values) text(c column) string { return v.get(c).String() }

// isEmpty reports whether a value is null or "": Naemon, Checkmk and LMD have that in
// a column that they don't know, Icinga 2 in one that has no meaning yet.
func (v *values) isEmpty(c column) bool { return len(v.bytes(c)) == 0 }

// integer reads a whole number; an empty one is 0.
func (v *values) integer(c column) int64 {
	if v.isEmpty(c) {
		return 0
	}
	n, ok := v.get(c).Integer()
	if !ok {
		v.fail(c, fmt.Sprintf("%.40q is no number", v.bytes(c)))
	}
	return n
}

// within reads a whole number that must be there, from low to high.
func (v *values) within(c column, low, high int64) int64 {
	if v.isEmpty(c) {
		v.fail(c, "missing")
		return low
	}
	n := v.integer(c)
	if n < low || n > high {
		v.fail(c, fmt.Sprintf("%d is not within %d and %d", n, low, high))
		return low
	}
	return n
}

// optional reads a whole number up to high, absent if it is empty.
func (v *values) optional(c column, absent, high int64) int64 {
	if v.isEmpty(c) {
		return absent
	}
	return v.within(c, 0, high)
}

func (v *values) flag(c column) bool { return v.integer(c) != 0 }

// off reports whether a switch is there, and is off.
func (v *values) off(c column) bool { return !v.isEmpty(c) && !v.flag(c) }

// seconds reads a number of seconds with decimals. One that can't be read is 0, as an
// empty one: servers write nan, and nothing depends on it.
func (v *values) seconds(c column) float64 {
	f, ok := v.get(c).Float()
	if !ok {
		return 0
	}
	return f
}

// time reads seconds since 1970, with decimals in some columns. Zero and less, and
// empty, are the zero time: never.
func (v *values) time(c column) time.Time {
	seconds := v.seconds(c)
	if !v.isEmpty(c) && v.get(c).Kind != livestatus.Number || seconds >= 1e12 {
		v.fail(c, fmt.Sprintf("%.40q is no time", v.bytes(c)))
		return time.Time{}
	}
	if seconds <= 0 {
		return time.Time{}
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e6))*1000)
}

// name reads the host, and the service if the row is about one.
func (v *values) name() snapshot.Name {
	name := snapshot.Name{Host: v.bytes(host), Service: v.bytes(service)}
	switch {
	case len(name.Host) == 0:
		v.fail(host, "missing")
	case v.layout.table == services && len(name.Service) == 0:
		v.fail(service, "missing")
	}
	return name
}

// entity is name for people and sets.
func (v *values) entity() supervision.Entity {
	return supervision.Entity{Host: v.text(host), Service: v.text(service)}
}
