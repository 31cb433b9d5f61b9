package statusdat

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// values reads the fields of a block, and keeps the first error.
type values struct {
	block *Block
	err   error
}

func (v *values) fail(key Key, problem string) {
	if v.err == nil {
		v.err = fmt.Errorf("%s: %s", key, problem)
	}
}

// integer reads a whole number. A field that is absent or empty is 0: Shinken
// leaves empty what it doesn't know.
func (v *values) integer(key Key) int64 {
	text := v.block.Field(key)
	if len(text) == 0 {
		return 0
	}
	n, ok := parseInteger(text)
	if !ok {
		v.fail(key, fmt.Sprintf("%.40q is no whole number", text))
	}
	return n
}

// needed reads a whole number that must be there, from low to high.
func (v *values) needed(key Key, low, high int64) int64 {
	if len(v.block.Field(key)) == 0 {
		v.fail(key, "missing")
		return low
	}
	n := v.integer(key)
	if n < low || n > high {
		v.fail(key, fmt.Sprintf("%d is not within %d and %d", n, low, high))
		return low
	}
	return n
}

// optional reads a whole number up to high, absent if there is none.
func (v *values) optional(key Key, absent, high int64) int64 {
	if len(v.block.Field(key)) == 0 {
		return absent
	}
	return v.needed(key, 0, high)
}

// depth reads the number of downtimes that an object is in; Shinken 3.0 was seen
// to count below zero.
func (v *values) depth() int {
	return int(min(max(v.integer(ScheduledDowntimeDepth), 0), maxDepth))
}

// flag reads a 0 or 1; Shinken writes some as True and False.
func (v *values) flag(key Key) bool {
	switch string(v.block.Field(key)) {
	case "True":
		return true
	case "False":
		return false
	}
	return v.integer(key) != 0
}

// off reports whether a switch is in the block, and is off.
func (v *values) off(key Key) bool {
	return len(v.block.Field(key)) > 0 && !v.flag(key)
}

// seconds reads a number of seconds with decimals; absent or empty is 0.
func (v *values) seconds(key Key) float64 {
	text := v.block.Field(key)
	if len(text) == 0 {
		return 0
	}
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		v.fail(key, fmt.Sprintf("%.40q is no number", text))
		return 0
	}
	return n
}

// time reads seconds since 1970, with decimals in Icinga 2 and Shinken. Zero
// and less, absent and empty are the zero time: never.
func (v *values) time(key Key) time.Time {
	text := v.block.Field(key)
	if len(text) == 0 {
		return time.Time{}
	}
	t, ok := supervision.ParseTime(text)
	if !ok {
		v.fail(key, fmt.Sprintf("%.40q is no time", text))
	}
	return t
}

// name reads the host and service that the block is about, and reports whether
// they are there.
func (v *values) name() (snapshot.Name, bool) {
	name := snapshot.Name{Host: v.block.Field(HostName)}
	if len(name.Host) == 0 {
		v.fail(HostName, "missing")
		return name, false
	}
	switch v.block.Kind {
	case ServiceStatus, ServiceComment, ServiceDowntime:
		name.Service = v.block.Field(ServiceDescription)
		if len(name.Service) == 0 {
			v.fail(ServiceDescription, "missing")
			return name, false
		}
	}
	return name, true
}

// parseInteger reads an optional minus and up to 18 digits.
func parseInteger(text []byte) (int64, bool) {
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// escaping is how a supervisor writes newlines and backslashes of a long output.
type escaping uint8

const (
	// escapesBoth: \n and \\ (Nagios: xdata/xsddefault.c, escape_newlines).
	escapesBoth escaping = iota
	// escapesNewlines: \n only, so that a \n that the plugin printed looks
	// like a newline (seen with Icinga 2.13.6).
	escapesNewlines
	// escapesNothing: newlines as they are (seen with Shinken 3.0).
	escapesNothing
)

// unescape returns the text that a plugin printed.
func unescape(text []byte, by escaping) string {
	if by == escapesNothing || bytes.IndexByte(text, '\\') < 0 {
		return string(text)
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && i+1 < len(text) {
			switch {
			case text[i+1] == 'n':
				c, i = '\n', i+1
			case text[i+1] == '\\' && by == escapesBoth:
				i++
			}
		}
		out = append(out, c)
	}
	return string(out)
}
