package pairs

// Class is the class of objects that a line is about.
type Class uint8

// The classes that have check results.
const (
	Host Class = iota + 1
	Service
)

func (c Class) String() string {
	if c == Service {
		return "service"
	}
	return "host"
}

// Meaning is what the value of a macro is in a check result.
type Meaning uint8

// The meanings. Other is kept in Check.Extra under the macro's name.
const (
	Other Meaning = iota
	DataType
	EndOfCheck
	StartOfCheck
	HostName
	ServiceName
	State
	StateType
	CheckType
	Attempt
	MaxAttempts
	Output
	LongOutput
	Perfdata
	Command
	ExecutionTime
	Latency
)

// IsText reports whether the value may hold any byte but a line feed.
func (m Meaning) IsText() bool {
	return m == Output || m == LongOutput || m == Perfdata || m == Command
}

// hostMacros and serviceMacros are the meanings of Nagios' macros in a host's
// and in a service's line. The host's macros in a service's line are about its
// host, not about the check, so they are not in serviceMacros.
var hostMacros = map[string]Meaning{
	"DATATYPE":          DataType,
	"TIMET":             EndOfCheck,
	"LASTHOSTCHECK":     StartOfCheck,
	"HOSTNAME":          HostName,
	"HOSTSTATE":         State,
	"HOSTSTATEID":       State,
	"HOSTSTATETYPE":     StateType,
	"HOSTCHECKTYPE":     CheckType,
	"HOSTATTEMPT":       Attempt,
	"MAXHOSTATTEMPTS":   MaxAttempts,
	"HOSTOUTPUT":        Output,
	"LONGHOSTOUTPUT":    LongOutput,
	"HOSTPERFDATA":      Perfdata,
	"HOSTCHECKCOMMAND":  Command,
	"HOSTEXECUTIONTIME": ExecutionTime,
	"HOSTLATENCY":       Latency,
}

var serviceMacros = map[string]Meaning{
	"DATATYPE":             DataType,
	"TIMET":                EndOfCheck,
	"LASTSERVICECHECK":     StartOfCheck,
	"HOSTNAME":             HostName,
	"SERVICEDESC":          ServiceName,
	"SERVICESTATE":         State,
	"SERVICESTATEID":       State,
	"SERVICESTATETYPE":     StateType,
	"SERVICECHECKTYPE":     CheckType,
	"SERVICEATTEMPT":       Attempt,
	"MAXSERVICEATTEMPTS":   MaxAttempts,
	"SERVICEOUTPUT":        Output,
	"LONGSERVICEOUTPUT":    LongOutput,
	"SERVICEPERFDATA":      Perfdata,
	"SERVICECHECKCOMMAND":  Command,
	"SERVICEEXECUTIONTIME": ExecutionTime,
	"SERVICELATENCY":       Latency,
}

// MeaningOf returns the meaning of a macro in a line about such an object.
func (c Class) MeaningOf(macro string) Meaning {
	if c == Service {
		return serviceMacros[macro]
	}
	return hostMacros[macro]
}

// unresolved reports whether the supervisor did not know a macro: Nagios 4.4.6
// leaves the macro itself in its place, custom variables that an object lacks
// included.
func unresolved(macro, value string) bool {
	return len(value) == len(macro)+2 && value[0] == '$' && value[len(value)-1] == '$' && value[1:len(value)-1] == macro
}
