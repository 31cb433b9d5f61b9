package perfdata

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// meaning is what a macro says about a check result.
type meaning uint8

const (
	other meaning = iota // kept in Check.Extra under the macro's name
	datatype
	endOfCheck
	startOfCheck
	hostName
	serviceName
	state
	stateType
	checkType
	attempt
	maxAttempts
	output
	longOutput
	perfValues
	command
	executionTime
	latency
)

// hostMacros and serviceMacros give the meaning of Nagios' macros in a host's
// and in a service's line. The host's macros in a service's line speak of its
// host, not of the check, so they are not in serviceMacros.
var hostMacros = map[string]meaning{
	"DATATYPE":          datatype,
	"TIMET":             endOfCheck,
	"LASTHOSTCHECK":     startOfCheck,
	"HOSTNAME":          hostName,
	"HOSTSTATE":         state,
	"HOSTSTATEID":       state,
	"HOSTSTATETYPE":     stateType,
	"HOSTCHECKTYPE":     checkType,
	"HOSTATTEMPT":       attempt,
	"MAXHOSTATTEMPTS":   maxAttempts,
	"HOSTOUTPUT":        output,
	"LONGHOSTOUTPUT":    longOutput,
	"HOSTPERFDATA":      perfValues,
	"HOSTCHECKCOMMAND":  command,
	"HOSTEXECUTIONTIME": executionTime,
	"HOSTLATENCY":       latency,
}

var serviceMacros = map[string]meaning{
	"DATATYPE":             datatype,
	"TIMET":                endOfCheck,
	"LASTSERVICECHECK":     startOfCheck,
	"HOSTNAME":             hostName,
	"SERVICEDESC":          serviceName,
	"SERVICESTATE":         state,
	"SERVICESTATEID":       state,
	"SERVICESTATETYPE":     stateType,
	"SERVICECHECKTYPE":     checkType,
	"SERVICEATTEMPT":       attempt,
	"MAXSERVICEATTEMPTS":   maxAttempts,
	"SERVICEOUTPUT":        output,
	"LONGSERVICEOUTPUT":    longOutput,
	"SERVICEPERFDATA":      perfValues,
	"SERVICECHECKCOMMAND":  command,
	"SERVICEEXECUTIONTIME": executionTime,
	"SERVICELATENCY":       latency,
}

// meaningOf tells what a macro means in a line about such an object.
func (o Object) meaningOf(macro string) meaning {
	if o == Service {
		return serviceMacros[macro]
	}
	return hostMacros[macro]
}

// unresolved tells a macro that the supervisor did not know: Nagios 4.4.6
// leaves the macro itself in its place, custom variables that an object lacks
// included.
func unresolved(macro, value string) bool {
	return len(value) == len(macro)+2 && value[0] == '$' && value[len(value)-1] == '$' && value[1:len(value)-1] == macro
}

// result is a check result that is being put together.
type result struct {
	object Object
	record supervision.Record
	check  *supervision.Check
}

func newResult(object Object) result {
	check := &supervision.Check{
		State:     supervision.StateNotReported,
		StateType: supervision.StateTypeNotReported,
		CheckType: supervision.CheckTypeNotReported,
	}
	return result{
		object: object,
		record: supervision.Record{Kind: supervision.CheckResult, Check: check},
		check:  check,
	}
}

// put takes the value of one macro over. An empty or unresolved value leaves
// the field untold; finish decides whether the record can do without.
func (r *result) put(m meaning, macro, value string) error {
	if unresolved(macro, value) {
		return nil
	}
	c := r.check
	switch m {
	case datatype:
	case output:
		c.Output = value
	case perfValues:
		c.Perfdata = value
	case longOutput:
		c.LongOutput = value
	case command:
		c.Command = value
	case hostName:
		r.record.Entity.Host = value
	case serviceName:
		r.record.Entity.Service = value
	case other:
		if c.Extra == nil {
			c.Extra = make(map[string]string)
		}
		c.Extra[macro] = value
	default:
		if value == "" {
			return nil
		}
		return r.putChecked(m, value)
	}
	return nil
}

// putChecked takes over the values that have a form of their own.
func (r *result) putChecked(m meaning, value string) (err error) {
	c := r.check
	switch m {
	case endOfCheck:
		r.record.Time, err = parseTime(value)
	case startOfCheck:
		if value != "0" { // never checked before
			c.Start, err = parseTime(value)
		}
	case state:
		c.State, err = parseState(r.object, value)
	case stateType:
		c.StateType, err = parseStateType(value)
	case checkType:
		c.CheckType, err = parseCheckType(value)
	case attempt:
		c.Attempt, err = parseCount(value)
	case maxAttempts:
		c.MaxAttempts, err = parseCount(value)
	case executionTime:
		c.Execution, err = parseSeconds(value)
	case latency:
		c.Latency, err = parseSeconds(value)
	}
	return err
}

// finish checks that the record says of what and of when it is. Without TIMET
// the end of the check is its start and the time that it took.
func (r *result) finish() (supervision.Record, error) {
	if r.record.Entity.Host == "" {
		return supervision.Record{}, errors.New("HOSTNAME is missing or empty")
	}
	if r.object == Service && r.record.Entity.Service == "" {
		return supervision.Record{}, errors.New("SERVICEDESC is missing or empty")
	}
	if r.record.Time.IsZero() {
		if r.check.Start.IsZero() {
			return supervision.Record{}, errors.New("TIMET is missing or empty")
		}
		r.record.Time = r.check.Start.Add(time.Duration(r.check.Execution * float64(time.Second)))
	}
	return r.record, nil
}

// latestTime bounds times to what fits the nanoseconds of an int64 (the year
// 2200); everything beyond is not a time but damage.
const latestTime = 7258118400

// parseTime reads seconds since 1970, with or without a fraction.
func parseTime(s string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseUint(whole, 10, 63)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is not a number of seconds", quote(s))
	}
	if sec == 0 || sec > latestTime {
		return time.Time{}, fmt.Errorf("%s is no sensible time", quote(s))
	}
	var nsec int64
	if fraction != "" {
		digits := (fraction + "000000000")[:9]
		n, err := strconv.ParseUint(digits, 10, 63)
		if err != nil {
			return time.Time{}, fmt.Errorf("%s is not a number of seconds", quote(s))
		}
		nsec = int64(n)
	}
	return time.Unix(int64(sec), nsec), nil
}

// longestDuration bounds latencies and execution times: some thirty years.
const longestDuration = 1e9

// parseSeconds reads a duration as Nagios prints it ("0.144"). Latencies may be
// negative when the clock was set back.
func parseSeconds(s string) (float64, error) {
	if strings.Trim(s, "+-.0123456789eE") != "" { // ParseFloat also takes inf, nan, hexadecimal
		return 0, fmt.Errorf("%s is not a number of seconds", quote(s))
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v < -longestDuration || v > longestDuration {
		return 0, fmt.Errorf("%s is not a number of seconds", quote(s))
	}
	return v, nil
}

func parseCount(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%s is not a number", quote(s))
	}
	return int(n), nil
}

// parseState reads SERVICESTATE and SERVICESTATEID alike: Shinken's NPCD module
// writes ids under the names of the words.
func parseState(object Object, s string) (supervision.State, error) {
	if s == "PENDING" {
		return supervision.StateNotReported, nil
	}
	if object == Service {
		switch s {
		case "OK", "0":
			return supervision.OK, nil
		case "WARNING", "1":
			return supervision.Warning, nil
		case "CRITICAL", "2":
			return supervision.Critical, nil
		case "UNKNOWN", "3":
			return supervision.Unknown, nil
		}
		return 0, fmt.Errorf("%s is no state of a service", quote(s))
	}
	switch s {
	case "UP", "0":
		return supervision.Up, nil
	case "DOWN", "1":
		return supervision.Down, nil
	case "UNREACHABLE", "2":
		return supervision.Unreachable, nil
	}
	return 0, fmt.Errorf("%s is no state of a host", quote(s))
}

func parseStateType(s string) (supervision.StateType, error) {
	switch s {
	case "SOFT", "0":
		return supervision.Soft, nil
	case "HARD", "1":
		return supervision.Hard, nil
	}
	return 0, fmt.Errorf("%s is neither SOFT nor HARD", quote(s))
}

func parseCheckType(s string) (supervision.CheckType, error) {
	switch s {
	case "ACTIVE", "0":
		return supervision.Active, nil
	case "PASSIVE", "1":
		return supervision.Passive, nil
	}
	return 0, fmt.Errorf("%s is neither ACTIVE nor PASSIVE", quote(s))
}

// quote shows the start of a value in a reason.
func quote(s string) string {
	const shown = 40
	if len(s) > shown {
		return strconv.Quote(s[:shown]) + "…"
	}
	return strconv.Quote(s)
}
