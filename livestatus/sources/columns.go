package sources

import "github.com/nagios2canopsis/nagios2canopsis/livestatus"

// column is a column that is read, under whatever name a table has it.
type column uint8

const (
	host column = iota
	service
	hasBeenChecked
	lastCheck
	checkType
	executionTime
	latency
	state
	stateType
	currentAttempt
	acknowledged
	acknowledgementType
	downtimeDepth
	isFlapping
	flapDetection
	lastUpdate
	cacheUpdate // of an LMD
	maxAttempts
	pluginOutput
	longOutput
	perfData
	checkCommand
	processPerfdata

	id
	author
	comment
	entryTime
	entryType
	persistent
	expireTime
	startTime
	endTime
	fixed
	duration
	triggeredBy

	columnCount
)

var columnNames = [columnCount]string{
	host: "host_name", service: "service_description", hasBeenChecked: "has_been_checked", lastCheck: "last_check",
	checkType: "check_type", executionTime: "execution_time", latency: "latency", state: "state",
	stateType: "state_type", currentAttempt: "current_attempt", acknowledged: "acknowledged",
	acknowledgementType: "acknowledgement_type", downtimeDepth: "scheduled_downtime_depth",
	isFlapping: "is_flapping", flapDetection: "flap_detection_enabled", lastUpdate: "last_update",
	cacheUpdate: "lmd_last_cache_update", maxAttempts: "max_check_attempts", pluginOutput: "plugin_output",
	longOutput: "long_plugin_output", perfData: "perf_data", checkCommand: "check_command",
	processPerfdata: "process_performance_data",

	id: "id", author: "author", comment: "comment", entryTime: "entry_time", entryType: "entry_type",
	persistent: "persistent", expireTime: "expire_time", startTime: "start_time", endTime: "end_time",
	fixed: "fixed", duration: "duration", triggeredBy: "triggered_by",
}

// nameIn returns the name of a column in a table.
func (c column) nameIn(table string) string {
	switch {
	case table == hosts && c == host:
		return "name"
	case table == services && c == service:
		return "description"
	}
	return columnNames[c]
}

// The tables.
const (
	hosts     = "hosts"
	services  = "services"
	comments  = "comments"
	downtimes = "downtimes"
)

// layout is which columns of a table are asked for, and where they stand in a row.
type layout struct {
	table string
	names []string
	at    [columnCount]int8 // -1: not there
}

// newLayout makes the layout of those of the columns that the server has.
func newLayout(s *livestatus.Server, table string, columns ...[]column) *layout {
	l := &layout{table: table}
	for i := range l.at {
		l.at[i] = -1
	}
	for _, set := range columns {
		for _, c := range set {
			if name := c.nameIn(table); s.Has(table, name) {
				l.at[c] = int8(len(l.names))
				l.names = append(l.names, name)
			}
		}
	}
	return l
}

func (l *layout) has(c column) bool { return l.at[c] >= 0 }

// filter compares a column of the table.
func (l *layout) filter(c column, operator, value string) livestatus.Filter {
	return livestatus.Compare(c.nameIn(l.table), operator, value)
}

// The columns of each kind of query.
var (
	hostName   = []column{host}
	objectName = []column{host, service}
	// keyColumns show that an object may have changed, and its conditions.
	keyColumns = []column{
		hasBeenChecked, lastCheck, checkType, executionTime, latency, state, stateType, currentAttempt, acknowledged,
		acknowledgementType, downtimeDepth, isFlapping, flapDetection, lastUpdate, cacheUpdate,
	}
	// textColumns are the rest of a result.
	textColumns = []column{maxAttempts, pluginOutput, longOutput, perfData, checkCommand, processPerfdata}

	commentColumns  = []column{id, author, comment, entryTime, entryType, persistent, expireTime}
	downtimeColumns = []column{id, author, comment, entryTime, startTime, endTime, fixed, duration, triggeredBy}
)

// layouts are those of one server.
type layouts struct {
	keys, full          [2]*layout // of hosts and services
	comments, downtimes *layout
}

func newLayouts(s *livestatus.Server) layouts {
	return layouts{
		keys: [2]*layout{newLayout(s, hosts, hostName, keyColumns), newLayout(s, services, objectName, keyColumns)},
		full: [2]*layout{
			newLayout(s, hosts, hostName, keyColumns, textColumns),
			newLayout(s, services, objectName, keyColumns, textColumns),
		},
		comments:  newLayout(s, comments, objectName, commentColumns),
		downtimes: newLayout(s, downtimes, objectName, downtimeColumns),
	}
}
