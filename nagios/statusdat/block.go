package statusdat

// Kind is the type of a block.
type Kind uint8

// The kinds of block. Malformed is what is no block at all: Block.Fault has the
// reason. Other is a block of a type that nobody here reads.
const (
	Malformed Kind = iota
	Other
	Info
	ProgramStatus
	HostStatus
	ServiceStatus
	HostComment
	ServiceComment
	HostDowntime
	ServiceDowntime
)

// kindOf reads the type of a block. Nagios 2 left out "status".
func kindOf(name []byte) Kind {
	switch string(name) {
	case "info":
		return Info
	case "programstatus", "program":
		return ProgramStatus
	case "hoststatus", "host":
		return HostStatus
	case "servicestatus", "service":
		return ServiceStatus
	case "hostcomment":
		return HostComment
	case "servicecomment":
		return ServiceComment
	case "hostdowntime":
		return HostDowntime
	case "servicedowntime":
		return ServiceDowntime
	}
	return Other
}

// Key names a field of a block, the way Nagios spells it in the file.
type Key uint8

// The fields that are kept; every other one is skipped.
const (
	noKey Key = iota
	HostName
	ServiceDescription
	HasBeenChecked
	CheckCommand
	CheckExecutionTime
	CheckLatency
	CheckType
	CurrentState
	CurrentAttempt
	MaxAttempts
	StateType
	PluginOutput
	LongPluginOutput
	PerformanceData
	LastCheck
	ProblemHasBeenAcknowledged
	AcknowledgementType
	IsFlapping
	FlapDetectionEnabled
	ScheduledDowntimeDepth
	ProcessPerformanceData

	Created
	Version
	EnableFlapDetection
	ProgramStart

	EntryType
	EntryTime
	CommentID
	Persistent
	ExpireTime
	Author
	CommentData

	DowntimeID
	StartTime
	EndTime
	FlexDowntimeStart
	TriggerTime
	TriggeredBy
	Fixed
	Duration
	IsInEffect
	CommentText

	keyCount
)

// keyNames has the spelling of each key with its "=".
var keyNames = [keyCount]string{
	HostName:                   "host_name=",
	ServiceDescription:         "service_description=",
	HasBeenChecked:             "has_been_checked=",
	CheckCommand:               "check_command=",
	CheckExecutionTime:         "check_execution_time=",
	CheckLatency:               "check_latency=",
	CheckType:                  "check_type=",
	CurrentState:               "current_state=",
	CurrentAttempt:             "current_attempt=",
	MaxAttempts:                "max_attempts=",
	StateType:                  "state_type=",
	PluginOutput:               "plugin_output=",
	LongPluginOutput:           "long_plugin_output=",
	PerformanceData:            "performance_data=",
	LastCheck:                  "last_check=",
	ProblemHasBeenAcknowledged: "problem_has_been_acknowledged=",
	AcknowledgementType:        "acknowledgement_type=",
	IsFlapping:                 "is_flapping=",
	FlapDetectionEnabled:       "flap_detection_enabled=",
	ScheduledDowntimeDepth:     "scheduled_downtime_depth=",
	ProcessPerformanceData:     "process_performance_data=",
	Created:                    "created=",
	Version:                    "version=",
	EnableFlapDetection:        "enable_flap_detection=",
	ProgramStart:               "program_start=",
	EntryType:                  "entry_type=",
	EntryTime:                  "entry_time=",
	CommentID:                  "comment_id=",
	Persistent:                 "persistent=",
	ExpireTime:                 "expire_time=",
	Author:                     "author=",
	CommentData:                "comment_data=",
	DowntimeID:                 "downtime_id=",
	StartTime:                  "start_time=",
	EndTime:                    "end_time=",
	FlexDowntimeStart:          "flex_downtime_start=",
	TriggerTime:                "trigger_time=",
	TriggeredBy:                "triggered_by=",
	Fixed:                      "fixed=",
	Duration:                   "duration=",
	IsInEffect:                 "is_in_effect=",
	CommentText:                "comment=",
}

// String returns the name as it stands in the file.
func (k Key) String() string {
	if k == noKey || k >= keyCount {
		return "unknown field"
	}
	return keyNames[k][:len(keyNames[k])-1]
}
