package pairs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Builder makes a check result of the values of macros.
type Builder struct {
	class  Class
	record supervision.Record
	check  *supervision.Check
	odd    []supervision.Strange
	// exact: texts are as they are. Else the output may have several lines, because
	// the record had.
	exact bool
}

// NewBuilder begins a check result of which nothing is known yet.
func NewBuilder(class Class) Builder {
	check := &supervision.Check{
		State:     supervision.StateNotReported,
		StateType: supervision.StateTypeNotReported,
		CheckType: supervision.CheckTypeNotReported,
	}
	return Builder{
		class:  class,
		record: supervision.Record{Kind: supervision.CheckResult, Check: check},
		check:  check,
	}
}

// Put sets the field of one macro. An empty or unresolved value leaves the field
// unset, and so does one that makes no sense, which Odd returns: Record decides
// whether the result can do without. An error is one of the host, the service, the
// time or the state.
func (b *Builder) Put(m Meaning, macro, value string) error {
	if unresolved(macro, value) {
		return nil
	}
	c := b.check
	switch m {
	case DataType:
	case Output:
		b.putOutput(value)
	case LongOutput:
		b.putLong(value)
	case Other:
		if c.Extra == nil {
			c.Extra = make(map[string]string)
		}
		c.Extra[macro] = value
	default:
		if !b.exact && strings.IndexByte(value, '\n') >= 0 {
			return errors.New("has a line feed")
		}
		return b.putShort(m, macro, value)
	}
	return nil
}

// putOutput sets the output, and what stands behind its first line as long output.
func (b *Builder) putOutput(value string) {
	first, more, several := strings.Cut(value, "\n")
	if b.exact || !several {
		b.check.Output = value
		return
	}
	b.check.Output = first
	b.putLong(more)
}

func (b *Builder) putLong(value string) {
	if b.check.LongOutput != "" && value != "" {
		value = b.check.LongOutput + "\n" + value
	}
	if value != "" {
		b.check.LongOutput = value
	}
}

// putShort sets the fields whose values have a form of their own.
func (b *Builder) putShort(m Meaning, macro, value string) (err error) {
	switch m {
	case Perfdata:
		b.check.Perfdata = value
	case Command:
		b.check.Command = value
	case HostName:
		b.record.Entity.Host = value
	case ServiceName:
		b.record.Entity.Service = value
	case EndOfCheck:
		if value != "" {
			b.record.Time, err = parseMoment(value)
		}
	case State:
		return b.putState(macro, value)
	default:
		if value != "" && !b.putSide(m, value) {
			b.odd = append(b.odd, supervision.Strange{Field: macro, Value: value, Reason: unknownValue[m]})
		}
	}
	return err
}

// putState takes SERVICESTATE and SERVICESTATEID alike: Shinken's NPCD module writes
// ids under the names of the words.
func (b *Builder) putState(macro, value string) error {
	if value == "" || value == "PENDING" {
		return nil
	}
	host := b.class == Host
	state, odd, ok := supervision.ReadState(host, value)
	if !ok {
		return fmt.Errorf("%s is no state of a %s", Quote(value), b.class)
	}
	if odd {
		b.odd = append(b.odd, supervision.Strange{Field: macro, Value: value, Reason: supervision.OddState(host)})
	}
	b.check.State = state
	return nil
}

// unknownValue is what is wrong with a value that putSide does not take.
var unknownValue = map[Meaning]string{
	StartOfCheck:  "no sensible time: taken for unknown",
	StateType:     "neither SOFT nor HARD: taken for unknown",
	CheckType:     "neither ACTIVE nor PASSIVE: taken for unknown",
	Attempt:       "no number of attempts: taken for unknown",
	MaxAttempts:   "no number of attempts: taken for unknown",
	ExecutionTime: "no sensible number of seconds: taken for unknown",
	Latency:       "no sensible number of seconds: taken for unknown",
}

// putSide sets a field that a result can do without, and reports whether its value
// makes sense.
func (b *Builder) putSide(m Meaning, value string) (ok bool) {
	c := b.check
	switch m {
	case StartOfCheck:
		start, err := parseMoment(value)
		if c.Start = start; err != nil {
			return value == "0" // never checked before
		}
		return true
	case StateType:
		c.StateType, ok = parseStateType(value)
	case CheckType:
		c.CheckType, ok = parseCheckType(value)
	case Attempt:
		c.Attempt, ok = parseCount(value)
	case MaxAttempts:
		c.MaxAttempts, ok = parseCount(value)
	case ExecutionTime:
		c.Execution, ok = parseSeconds(value, 0, supervision.LongestCheck)
	case Latency:
		c.Latency, ok = parseSeconds(value, -supervision.LongestSeconds, supervision.LongestSeconds)
	}
	return ok
}

// Record returns the result, and the values that made no sense; an error if it has
// no name or no time. Without TIMET the end of the check is its start and the time
// that it took.
func (b *Builder) Record() (supervision.Record, []supervision.Strange, error) {
	switch {
	case b.record.Entity.Host == "":
		return supervision.Record{}, nil, errors.New("HOSTNAME is missing or empty")
	case b.class == Service && b.record.Entity.Service == "":
		return supervision.Record{}, nil, errors.New("SERVICEDESC is missing or empty")
	case b.record.Time.IsZero() && b.check.Start.IsZero():
		return supervision.Record{}, nil, errors.New("TIMET is missing or empty")
	case b.record.Time.IsZero():
		b.record.Time = b.check.Start.Add(time.Duration(b.check.Took() * float64(time.Second)))
	}
	return b.record, b.odd, nil
}

// Odd reports whether a value made no sense.
func (b *Builder) Odd() bool { return len(b.odd) > 0 }
