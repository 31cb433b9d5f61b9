package logfile

import (
	"bytes"
	"strconv"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// maxEpoch is the last second of the year 9999, the last that RFC 3339 can express.
const maxEpoch = 253402300799

// message is a line of the log, taken apart.
type message struct {
	time time.Time
	text []byte // all behind the "[epoch] "
	kind []byte // of "KIND: rest"; nil where there is no ": "
	rest []byte // behind "KIND: "
}

// malformed is a field of a line of a known kind that can't be read.
type malformed struct{ field, reason string }

func (m *malformed) Error() string { return m.field + ": " + m.reason }

// splitLine takes "[epoch] text" apart, and "[epoch] [pid] text", as Centreon Engine
// writes it. A line that does not begin so is the rest of an entry with a newline in
// it; ok is false then.
func splitLine(line []byte) (m message, ok bool, err error) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) < 2 || line[0] != '[' || line[1] < '0' || line[1] > '9' {
		return m, false, nil
	}
	stamp, text, found := bytes.Cut(line[1:], []byte("] "))
	if !found {
		// An empty text loses its blank where something strips the line's end.
		if stamp, found = bytes.CutSuffix(line[1:], []byte("]")); !found {
			return m, false, &malformed{"time", "no ']' behind it"}
		}
	}
	if len(bytes.Trim(stamp, "0123456789")) > 0 {
		return m, false, &malformed{"time", quote(stamp) + " is no epoch second"}
	}
	if m.time, err = epoch("time", stamp); err != nil {
		return m, false, err
	}
	m.setText(withoutPID(text))
	return m, true, nil
}

func withoutPID(text []byte) []byte {
	inner, found := bytes.CutPrefix(text, []byte("["))
	pid, rest, closed := bytes.Cut(inner, []byte("] "))
	if found && closed && len(pid) > 0 && len(bytes.Trim(pid, "0123456789")) == 0 {
		return rest
	}
	return text
}

// setText sets the text, and takes "KIND: rest" apart.
func (m *message) setText(text []byte) {
	m.text, m.kind, m.rest = text, nil, nil
	if kind, rest, found := bytes.Cut(text, []byte(": ")); found {
		m.kind, m.rest = kind, rest
	} else if kind, found := bytes.CutSuffix(text, []byte(":")); found {
		m.kind = kind
	}
}

// fields are separated by semicolons, and read one after the other.
type fields struct {
	left []byte
	end  bool
	odd  []supervision.Strange // what makes no sense, and is done without
}

func newFields(b []byte) *fields { return &fields{left: b} }

// next returns the next field; it is an error if there is none.
func (f *fields) next(name string) ([]byte, error) {
	if f.end {
		return nil, &malformed{name, "missing"}
	}
	field, rest, found := bytes.Cut(f.left, []byte(";"))
	f.left, f.end = rest, !found
	return field, nil
}

// optional returns the next field, or nothing if there is none.
func (f *fields) optional() []byte {
	field, err := f.next("")
	if err != nil {
		return nil
	}
	return field
}

// text returns the next field as a string; it must not be empty.
func (f *fields) text(name string) (string, error) {
	field, err := f.next(name)
	if err != nil {
		return "", err
	}
	if len(field) == 0 {
		return "", &malformed{name, "empty"}
	}
	return string(field), nil
}

// number returns the next field as a number that is not negative.
func (f *fields) number(name string) (int64, error) {
	field, err := f.next(name)
	if err != nil {
		return 0, err
	}
	return number(name, field)
}

// option is number, but a field that is empty or none is zero, as to atoi.
func (f *fields) option(name string) (int64, error) {
	field, err := f.next(name)
	if err != nil || len(field) == 0 {
		return 0, err
	}
	n, err := number(name, field)
	if err != nil {
		f.strange(name, field, "no number: taken for 0, as the supervisor does")
	}
	return n, nil
}

func (f *fields) strange(name string, value []byte, reason string) {
	f.odd = append(f.odd, supervision.Strange{Field: name, Value: string(value), Reason: reason})
}

// state returns the next field, a word or a number, as a state.
func (f *fields) state(host bool) (supervision.State, error) {
	field, err := f.next("state")
	if err != nil {
		return 0, err
	}
	state, odd, ok := supervision.ReadState(host, string(field))
	if !ok {
		return 0, &malformed{"state", quote(field) + " is no state of " + what(host)}
	}
	if odd {
		f.strange("state", field, supervision.OddState(host))
	}
	return state, nil
}

func what(host bool) string {
	if host {
		return "a host"
	}
	return "a service"
}

// moment returns the next field, epoch seconds, as a time.
func (f *fields) moment(name string) (time.Time, error) {
	field, err := f.next(name)
	if err != nil {
		return time.Time{}, err
	}
	return epoch(name, field)
}

// remainder returns all that is left, semicolons included.
func (f *fields) remainder() string {
	f.end = true
	return string(f.left)
}

// number reads the digits at the beginning, as atoi and strtoul do, but does not
// take a field without any for zero.
func number(name string, b []byte) (int64, error) {
	b = bytes.TrimLeft(b, " \t")
	digits := len(b) - len(bytes.TrimLeft(b, "0123456789"))
	n, err := strconv.ParseInt(string(b[:digits]), 10, 64)
	if err != nil {
		return 0, &malformed{name, quote(b) + " is no number, or one too large"}
	}
	return n, nil
}

func epoch(name string, b []byte) (time.Time, error) {
	n, err := number(name, b)
	if err != nil {
		return time.Time{}, err
	}
	if n > maxEpoch {
		return time.Time{}, &malformed{name, quote(b) + " is behind the year 9999"}
	}
	return time.Unix(n, 0).UTC(), nil
}

// quote shows bytes in a reason, shortened.
func quote(b []byte) string {
	const most = 60
	if len(b) > most {
		return strconv.Quote(string(b[:most])) + "..."
	}
	return strconv.Quote(string(b))
}
