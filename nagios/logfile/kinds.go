package logfile

import (
	"bytes"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// parseRecord reads the fields of a line behind "KIND: ". It returns a record without
// Time and Ref, or the reason why the line is skipped.
type parseRecord func(f *fields) (rec supervision.Record, skip string, err error)

// kinds are the lines that become one record each. Passive checks and
// external commands are not here: see passive.go and command.go.
var kinds = map[string]parseRecord{
	"HOST ALERT":             hostKind(parseAlert),
	"SERVICE ALERT":          serviceKind(parseAlert),
	"CURRENT HOST STATE":     hostKind(parsePresentState),
	"CURRENT SERVICE STATE":  serviceKind(parsePresentState),
	"INITIAL HOST STATE":     hostKind(parsePresentState),
	"INITIAL SERVICE STATE":  serviceKind(parsePresentState),
	"HOST FLAPPING ALERT":    hostKind(parseFlapping),
	"SERVICE FLAPPING ALERT": serviceKind(parseFlapping),
	"HOST DOWNTIME ALERT":    hostKind(parseDowntimeAlert),
	"SERVICE DOWNTIME ALERT": serviceKind(parseDowntimeAlert),
	"HOST NOTIFICATION":      parseHostNotification,
	"SERVICE NOTIFICATION":   parseServiceNotification,
}

// The reasons under which lines are counted that become no record.
const (
	skipUnknown       = "unknown log line"
	skipContinuation  = "continuation line"
	skipInformational = "informational"
	skipEventHandler  = "event handler"
	skipRotation      = "log rotation"
	skipSnapshot      = "snapshot"
	skipTimeperiod    = "timeperiod transition"
	skipContact       = "contact downtime"
	skipCommand       = "external command without a record"
	skipPassiveOrder  = "passive result order"
	skipNotChecked    = "object not checked yet"
	skipNotReported   = "passive result not reported by this core"
	skipRefused       = "order refused by the supervisor"
)

// silentKinds are the kinds of known lines that are skipped, with the reason.
var silentKinds = map[string]string{
	"LOG ROTATION":                 skipRotation,
	"LOG VERSION":                  skipRotation,
	"HOST EVENT HANDLER":           skipEventHandler,
	"SERVICE EVENT HANDLER":        skipEventHandler,
	"GLOBAL HOST EVENT HANDLER":    skipEventHandler,
	"GLOBAL SERVICE EVENT HANDLER": skipEventHandler,
	"HOST SNAPSHOT":                skipSnapshot,
	"SERVICE SNAPSHOT":             skipSnapshot,
	"TIMEPERIOD TRANSITION":        skipTimeperiod,
	"CONTACT DOWNTIME ALERT":       skipContact,
	"CONTACT NOTIFICATION":         skipInformational,
	"SERVICE INFO":                 skipInformational,
	"Warning":                      skipInformational,
	"Error":                        skipInformational,
	"Info":                         skipInformational,
	"wproc":                        skipInformational,
	"qh":                           skipInformational,
	"nerd":                         skipInformational,
}

// silentPrefixes begin known lines without a kind that are skipped.
var silentPrefixes = []string{
	"Auto-save of retention data", "Local time is ", "Event broker module ",
	"External command ", "Successfully launched command file worker",
	"Successfully reaped command worker", "Retention data ", "Reading all config object data",
	"Loading neb modules", "Naemon successfully initialized",
	"Finished daemonizing", "Max concurrent service checks ",
}

func silent(m message) (reason string) {
	if reason, ok := silentKinds[string(m.kind)]; ok {
		return reason
	}
	text := string(m.text[:min(len(m.text), 64)])
	for _, prefix := range silentPrefixes {
		if strings.HasPrefix(text, prefix) {
			return skipInformational
		}
	}
	return skipUnknown
}

// parseEntityRecord reads the fields behind the entity's names.
type parseEntityRecord func(e supervision.Entity, f *fields) (rec supervision.Record, skip string, err error)

func hostKind(parse parseEntityRecord) parseRecord {
	return func(f *fields) (supervision.Record, string, error) {
		e, err := host(f)
		if err != nil {
			return supervision.Record{}, "", err
		}
		return parse(e, f)
	}
}

func serviceKind(parse parseEntityRecord) parseRecord {
	return func(f *fields) (supervision.Record, string, error) {
		e, err := service(f)
		if err != nil {
			return supervision.Record{}, "", err
		}
		return parse(e, f)
	}
}

func host(f *fields) (e supervision.Entity, err error) {
	e.Host, err = f.text("host")
	return e, err
}

func service(f *fields) (e supervision.Entity, err error) {
	if e, err = host(f); err != nil {
		return e, err
	}
	e.Service, err = f.text("service")
	return e, err
}

// parseAlert: "STATE;SOFT|HARD;attempt;output".
func parseAlert(e supervision.Entity, f *fields) (rec supervision.Record, skip string, err error) {
	rec = supervision.Record{Kind: supervision.CheckResult, Entity: e}
	rec.Check, err = stateFields(e, f)
	return rec, "", err
}

// parsePresentState reads the same fields, but an object that was never
// checked has no state. Shinken calls it PENDING. Nagios writes "(null)" or
// nothing as its output, Icinga 2 nothing (and calls it DOWN or UNKNOWN). Such a
// record is returned together with the reason to skip it: in Shinken an object
// without output is a business rule, and is not skipped.
func parsePresentState(e supervision.Entity, f *fields) (rec supervision.Record, skip string, err error) {
	rec = supervision.Record{Kind: supervision.PresentState, Entity: e}
	if word, _, _ := bytes.Cut(f.left, []byte(";")); string(word) == "PENDING" {
		return rec, skipNotChecked, nil
	}
	check, err := stateFields(e, f)
	if err != nil {
		return rec, "", err
	}
	rec.Check = check
	if check.Output == "" || check.Output == "(null)" {
		skip = skipNotChecked
	}
	return rec, skip, nil
}

// stateFields reads "STATE;SOFT|HARD;attempt;output". A result can do without all but
// the state.
func stateFields(e supervision.Entity, f *fields) (*supervision.Check, error) {
	state, err := f.state(e.IsHost())
	if err != nil {
		return nil, err
	}
	check := &supervision.Check{
		State: state, StateType: supervision.StateTypeNotReported, CheckType: supervision.CheckTypeNotReported,
	}
	switch word := f.optional(); string(word) {
	case "SOFT":
		check.StateType = supervision.Soft
	case "HARD":
		check.StateType = supervision.Hard
	default:
		f.strange("state type", word, "neither SOFT nor HARD: taken for unknown")
	}
	field := f.optional()
	if attempt, err := number("attempt", field); err == nil && attempt <= supervision.MostAttempts {
		check.Attempt = int(attempt)
	} else {
		f.strange("attempt", field, "no number of attempts: taken for unknown")
	}
	if f.end {
		f.strange("output", nil, "missing: taken for unknown")
		return check, nil
	}
	check.Output = f.remainder()
	return check, nil
}

// parseFlapping: "STARTED|STOPPED|DISABLED; text".
func parseFlapping(e supervision.Entity, f *fields) (rec supervision.Record, skip string, err error) {
	rec = supervision.Record{Entity: e, Flapping: &supervision.Flapping{}}
	word, err := f.next("change")
	if err != nil {
		return rec, "", err
	}
	switch string(word) {
	case "STARTED":
		rec.Kind = supervision.FlappingStarted
	case "STOPPED":
		rec.Kind = supervision.FlappingStopped
	case "DISABLED":
		rec.Kind, rec.Flapping.Disabled = supervision.FlappingStopped, true
	default:
		return rec, "", &malformed{"change", quote(word) + " is none of STARTED, STOPPED, DISABLED"}
	}
	rec.Flapping.Text = strings.TrimSpace(f.remainder())
	return rec, "", nil
}

// parseDowntimeAlert: "STARTED|STOPPED|CANCELLED; text".
func parseDowntimeAlert(e supervision.Entity, f *fields) (rec supervision.Record, skip string, err error) {
	rec = supervision.Record{Entity: e, Downtime: &supervision.Downtime{}}
	word, err := f.next("change")
	if err != nil {
		return rec, "", err
	}
	switch string(word) {
	case "STARTED":
		rec.Kind = supervision.DowntimeStarted
	case "STOPPED":
		rec.Kind = supervision.DowntimeEnded
	case "CANCELLED":
		rec.Kind = supervision.DowntimeCancelled
	default:
		return rec, "", &malformed{"change", quote(word) + " is none of STARTED, STOPPED, CANCELLED"}
	}
	rec.Downtime.Text = strings.TrimSpace(f.remainder())
	return rec, "", nil
}
