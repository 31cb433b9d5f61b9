package statusdat

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// values reads the fields of a block. It keeps the first error, of a field that the
// block can't do without, and those that make no sense and are unknown.
type values struct {
	block *Block
	err   error
	odd   []supervision.Strange
}

func (v *values) fail(key Key, problem string) {
	if v.err == nil {
		v.err = fmt.Errorf("%s: %s", key, problem)
	}
}

// strange notes a field that makes no sense, once.
func (v *values) strange(key Key, reason string) {
	field := key.String()
	if !slices.ContainsFunc(v.odd, func(s supervision.Strange) bool { return s.Field == field }) {
		v.odd = append(v.odd, supervision.Strange{Field: field, Value: string(v.block.Field(key)), Reason: reason})
	}
}

// state reads the state of a host or service, which must be there.
func (v *values) state() supervision.State {
	host := v.block.Kind == HostStatus
	text := v.block.Field(CurrentState)
	state, odd, ok := supervision.ReadState(host, string(text))
	switch {
	case len(text) == 0:
		v.fail(CurrentState, "missing")
	case !ok:
		v.fail(CurrentState, fmt.Sprintf("%.40q is no state", text))
	case odd:
		v.strange(CurrentState, supervision.OddState(host))
	}
	return state
}

// identity reads a whole number by which a thing is known. A field that is absent or
// empty is 0: Shinken leaves empty what it doesn't know.
func (v *values) identity(key Key) int64 {
	n, ok := v.whole(key)
	if !ok {
		v.fail(key, fmt.Sprintf("%.40q is no whole number", v.block.Field(key)))
	}
	return n
}

// integer reads a whole number that may be unknown.
func (v *values) integer(key Key) int64 {
	n, ok := v.whole(key)
	if !ok {
		v.strange(key, "no whole number: taken for unknown")
	}
	return n
}

// whole reads a whole number. A field that is absent or empty is 0.
func (v *values) whole(key Key) (n int64, ok bool) {
	text := v.block.Field(key)
	if len(text) == 0 {
		return 0, true
	}
	return parseInteger(text)
}

// optional reads a whole number from 0 up to high, absent if there is none.
func (v *values) optional(key Key, absent, high int64) int64 {
	text := v.block.Field(key)
	if len(text) == 0 {
		return absent
	}
	n, ok := parseInteger(text)
	if !ok || n < 0 || n > high {
		v.strange(key, "no whole number that makes sense: taken for unknown")
		return absent
	}
	return n
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
	text := string(v.block.Field(key))
	return text == "0" || text == "False"
}

// seconds reads a number of seconds with decimals; absent or empty is 0, what makes no
// sense supervision.Unmeasured.
func (v *values) seconds(key Key, lowest, highest float64) float64 {
	text := v.block.Field(key)
	if len(text) == 0 {
		return 0
	}
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(n >= lowest && n <= highest) { // NaN is neither
		v.strange(key, "no sensible number of seconds: taken for unknown")
		return supervision.Unmeasured
	}
	return n
}

// time reads seconds since 1970, with decimals in Icinga 2 and Shinken. Zero
// and less, absent and empty are the zero time: never.
func (v *values) time(key Key) time.Time {
	text := v.block.Field(key)
	t, ok := supervision.ParseTime(text)
	if len(text) > 0 && !ok {
		v.strange(key, "no time: taken for unknown")
	}
	return t
}

// moment is time, of a field that the block can't do without.
func (v *values) moment(key Key) time.Time {
	text := v.block.Field(key)
	t, ok := supervision.ParseTime(text)
	if len(text) > 0 && !ok {
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
