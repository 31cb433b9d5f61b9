package pairs

import (
	"errors"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Builder makes a check result of the values of macros.
type Builder struct {
	class  Class
	record supervision.Record
	check  *supervision.Check
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

// Put sets the field of one macro. An empty or unresolved value leaves the
// field unset; Record decides whether the result can do without.
func (b *Builder) Put(m Meaning, macro, value string) error {
	if unresolved(macro, value) {
		return nil
	}
	c := b.check
	switch m {
	case DataType:
	case Output:
		c.Output = value
	case Perfdata:
		c.Perfdata = value
	case LongOutput:
		c.LongOutput = value
	case Command:
		c.Command = value
	case HostName:
		b.record.Entity.Host = value
	case ServiceName:
		b.record.Entity.Service = value
	case Other:
		if c.Extra == nil {
			c.Extra = make(map[string]string)
		}
		c.Extra[macro] = value
	default:
		if value == "" {
			return nil
		}
		return b.putChecked(m, value)
	}
	return nil
}

// putChecked sets the fields whose values have a form of their own.
func (b *Builder) putChecked(m Meaning, value string) (err error) {
	c := b.check
	switch m {
	case EndOfCheck:
		b.record.Time, err = parseMoment(value)
	case StartOfCheck:
		if value != "0" { // never checked before
			c.Start, err = parseMoment(value)
		}
	case State:
		c.State, err = parseState(b.class, value)
	case StateType:
		c.StateType, err = parseStateType(value)
	case CheckType:
		c.CheckType, err = parseCheckType(value)
	case Attempt:
		c.Attempt, err = parseCount(value)
	case MaxAttempts:
		c.MaxAttempts, err = parseCount(value)
	case ExecutionTime:
		c.Execution, err = parseSeconds(value)
	case Latency:
		c.Latency, err = parseSeconds(value)
	}
	return err
}

// Record returns the result; an error if it has no name or no time. Without
// TIMET the end of the check is its start and the time that it took.
func (b *Builder) Record() (supervision.Record, error) {
	if b.record.Entity.Host == "" {
		return supervision.Record{}, errors.New("HOSTNAME is missing or empty")
	}
	if b.class == Service && b.record.Entity.Service == "" {
		return supervision.Record{}, errors.New("SERVICEDESC is missing or empty")
	}
	if b.record.Time.IsZero() {
		if b.check.Start.IsZero() {
			return supervision.Record{}, errors.New("TIMET is missing or empty")
		}
		b.record.Time = b.check.Start.Add(time.Duration(b.check.Execution * float64(time.Second)))
	}
	return b.record, nil
}
