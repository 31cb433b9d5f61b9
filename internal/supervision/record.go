package supervision

import (
	"cmp"
	"strings"
	"time"
)

// Entity is a host, or a service on a host. It is comparable, and the unit
// within which order is kept.
type Entity struct {
	Host    string
	Service string // empty for the host itself
}

// IsHost reports whether the entity is a host.
func (e Entity) IsHost() bool { return e.Service == "" }

// Compare orders entities by host and service, a host before its services.
func (e Entity) Compare(other Entity) int {
	return cmp.Or(strings.Compare(e.Host, other.Host), strings.Compare(e.Service, other.Service))
}

// String returns "host" or "host;service", as Nagios writes them in its log.
func (e Entity) String() string {
	if e.Service == "" {
		return e.Host
	}
	return e.Host + ";" + e.Service
}

// Kind says what happened.
type Kind uint8

// The kinds of record. PresentState is not an event: the supervisor repeats
// the state in which an object is (CURRENT and INITIAL STATE lines of the log,
// the first reading of the status file).
const (
	CheckResult Kind = iota + 1
	PresentState
	Acknowledged
	AcknowledgementRemoved
	DowntimeScheduled
	DowntimeStarted
	DowntimeEnded
	DowntimeCancelled
	CommentAdded
	CommentDeleted
	FlappingStarted
	FlappingStopped
	Notification
	SupervisorStarted
	SupervisorReloaded
	SupervisorStopped
	// ServicesAcknowledged is the order to acknowledge each service of Entity.Host
	// that has a problem. Who knows the services makes an Acknowledged of each.
	ServicesAcknowledged
)

// String names the kind in the words of the documentation.
func (k Kind) String() string {
	switch k {
	case CheckResult:
		return "check result"
	case PresentState:
		return "present state"
	case Acknowledged:
		return "acknowledgement"
	case ServicesAcknowledged:
		return "acknowledgement of a host's services"
	case AcknowledgementRemoved:
		return "acknowledgement removed"
	case DowntimeScheduled:
		return "downtime scheduled"
	case DowntimeStarted:
		return "downtime started"
	case DowntimeEnded:
		return "downtime ended"
	case DowntimeCancelled:
		return "downtime cancelled"
	case CommentAdded:
		return "comment added"
	case CommentDeleted:
		return "comment deleted"
	case FlappingStarted:
		return "flapping started"
	case FlappingStopped:
		return "flapping stopped"
	case Notification:
		return "notification"
	case SupervisorStarted:
		return "supervisor started"
	case SupervisorReloaded:
		return "supervisor reloaded"
	case SupervisorStopped:
		return "supervisor stopped"
	}
	return "unknown kind"
}

// State is Nagios' own number: for services OK 0, WARNING 1, CRITICAL 2,
// UNKNOWN 3; for hosts UP 0, DOWN 1, UNREACHABLE 2. StateNotReported means that
// this reader can't see it (Nagios' default perfdata template has no state).
type State int8

// The states. A host's and a service's numbers overlap; the Entity decides which
// is meant.
const (
	StateNotReported State = -1

	OK       State = 0
	Warning  State = 1
	Critical State = 2
	Unknown  State = 3

	Up          State = 0
	Down        State = 1
	Unreachable State = 2
)

// StateType is soft while Nagios still retries, hard when it is sure.
type StateType int8

// The state types, with Nagios' numbers.
const (
	StateTypeNotReported StateType = -1
	Soft                 StateType = 0
	Hard                 StateType = 1
)

// CheckType is who ran the check.
type CheckType int8

// The check types, with Nagios' numbers.
const (
	CheckTypeNotReported CheckType = -1
	Active               CheckType = 0
	Passive              CheckType = 1
)

// Record is one thing that a supervisor said. The part that belongs to its
// Kind is set, the others are nil.
type Record struct {
	Kind   Kind
	Entity Entity // zero for SupervisorStarted and its kin

	// Time is the moment that the supervisor reports, in whole seconds or
	// better: of a check result the end of its processing, as in the log and
	// in $TIMET$ (a reader that only knows the start of the check sets
	// Check.Start and puts its best estimate of the end here).
	Time time.Time

	// Ref names where this was read (source and position). It is unique within
	// a source and the same when the same bytes are read again.
	Ref string

	// Late: the source read this after what followed it, from a file that could not
	// be read in its turn. It is not stored.
	Late bool

	Check        *Check        // CheckResult, PresentState
	Note         *Note         // …Acknowledged, AcknowledgementRemoved, CommentAdded, CommentDeleted
	Downtime     *Downtime     // Downtime…
	Flapping     *Flapping     // Flapping…
	Notification *Notify       // Notification
	Process      *ProcessState // Supervisor…
}

// Check is a check result. Zero or …NotReported means: this reader can't see it.
type Check struct {
	State       State
	StateType   StateType
	Attempt     int // current attempt, from 1
	MaxAttempts int
	Output      string // first line
	LongOutput  string // further lines, separated by real newlines
	Perfdata    string
	Command     string // check_command with its arguments, "name!arg1!arg2"
	CheckType   CheckType
	Latency     float64   // seconds, or Unmeasured
	Execution   float64   // seconds, or Unmeasured
	Start       time.Time // of the check; zero when not reported

	// Truncated: the reader got a text of the result cut.
	Truncated bool

	// The conditions of the object at that moment, from status.dat and from broker
	// modules.
	Flags *Flags

	// Extra holds further macros that the reader was given (unknown keys of a
	// KEY::VALUE line, custom variables of a template), by macro name without $.
	Extra map[string]string
}

// Unmeasured is a latency or execution time that is known to be unknown, where 0 may be
// a measure: the supervisor wrote a value that makes no sense.
const Unmeasured float64 = -1 << 40

// Took returns how long the check took in seconds, 0 if that is unknown.
func (c *Check) Took() float64 { return max(c.Execution, 0) }

// Flags are the conditions of an object that are no check results.
type Flags struct {
	Acknowledged  bool
	Flapping      bool
	DowntimeDepth int
	// At is the moment at which they were so; zero: that of the record.
	At time.Time
	// PerfdataOff: process_performance_data is 0, for the object or for the
	// whole supervisor, so no perfdata file shows its results.
	PerfdataOff bool
}

// Note is what somebody wrote: an acknowledgement or a comment.
type Note struct {
	ID         int64 // comment id; 0 when not reported
	Author     string
	Text       string
	Sticky     bool
	Persistent bool
	Expires    time.Time // zero: never
	// Recovered, of AcknowledgementRemoved: it ended with its problem.
	Recovered bool
	// Loaded: not written now, but taken over by a supervisor that starts.
	Loaded bool
}

// DowntimeScope says what a scheduling command covers.
type DowntimeScope uint8

// The scopes of SCHEDULE_*_DOWNTIME and DEL_DOWNTIME_BY_* commands.
const (
	ScopeEntity         DowntimeScope = iota // Record.Entity itself
	ScopeHostServices                        // all services of Record.Entity.Host
	ScopeHostPropagated                      // the host and its children
	ScopeHostgroupHosts
	ScopeHostgroupServices
	ScopeServicegroupHosts
	ScopeServicegroupServices
)

// Downtime is a period in which problems are expected.
type Downtime struct {
	ID          int64 // 0 when not reported
	Author      string
	Comment     string
	Entry       time.Time // when it was entered
	Start, End  time.Time
	Fixed       bool
	Duration    time.Duration // of a flexible one
	TriggeredBy int64
	Scope       DowntimeScope
	Group       string // of the …group scopes
	Text        string // the supervisor's own sentence (DOWNTIME ALERT), if any
	// Loaded: not scheduled now, but taken over by a supervisor that starts.
	Loaded bool
	// Forgotten, of DowntimeCancelled: the supervisor deletes what it knew of it.
	// If it had begun, its end was reported before.
	Forgotten bool
}

// Flapping is a change of the flapping state.
type Flapping struct {
	Disabled bool   // stopped because flap detection was switched off
	Text     string // the supervisor's own sentence
}

// Notify is a notification that was sent to a contact.
type Notify struct {
	Contact string
	Type    string // PROBLEM, RECOVERY, ACKNOWLEDGEMENT, FLAPPINGSTART, … or empty
	State   State
	Command string
	Output  string
	Author  string
	Comment string
}

// ProcessState is what the supervisor said of itself.
type ProcessState struct {
	PID     int
	Version string // "Nagios 4.4.6", as in the log
	Text    string
}
