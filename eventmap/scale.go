package eventmap

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
)

// Scale maps each state of the supervisor, by its number, to a Canopsis state:
// 0 info, 1 minor, 2 major, 3 critical. Hosts use the first three.
type Scale [4]int

// SeverityHostScale shows DOWN as critical and UNREACHABLE as major.
func SeverityHostScale() Scale { return Scale{0, 3, 2, 0} }

// SeverityServiceScale shows CRITICAL as critical and UNKNOWN as major.
func SeverityServiceScale() Scale { return Scale{0, 1, 3, 2} }

// NagiosScale sends the supervisor's own numbers, as neb2amqp and mod-canopsis
// did: Canopsis 4 shows CRITICAL as major, UNKNOWN as critical, DOWN as minor.
func NagiosScale() Scale { return Scale{0, 1, 2, 3} }

// ParseHostStates returns the scale of the option host_states: "severity" or
// "nagios", or, if table is not nil, a table of all states of a host by their
// names in lower case. The error is a fault of that option.
func ParseHostStates(name string, table map[string]int) (Scale, error) {
	return parseScale("host_states", name, table, SeverityHostScale(), hostStates[:])
}

// ParseServiceStates returns the scale of the option service_states, as
// ParseHostStates does.
func ParseServiceStates(name string, table map[string]int) (Scale, error) {
	return parseScale("service_states", name, table, SeverityServiceScale(), serviceStates[:])
}

func parseScale(key, name string, table map[string]int, severity Scale, states []string) (Scale, error) {
	if table == nil {
		switch name {
		case "severity":
			return severity, nil
		case "nagios":
			return NagiosScale(), nil
		}
		return Scale{}, option.Faultf(key, "%q is not severity, nagios or a table of %s", name, inLowerCase(states))
	}
	var scale Scale
	for i, state := range states {
		v, ok := table[strings.ToLower(state)]
		if !ok {
			return Scale{}, option.Faultf(key, "the table has no value for %s", strings.ToLower(state))
		}
		scale[i] = v
	}
	if len(table) > len(states) {
		return Scale{}, option.Faultf(key, "the table has other states than %s", inLowerCase(states))
	}
	return scale, nil
}

func inLowerCase(states []string) string { return strings.ToLower(strings.Join(states, ", ")) }
