package eventmap

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Field documents one field of the events.
type Field struct {
	Name    string
	Type    string   // as JSON, in words
	Events  []string // the event types that have it
	Source  string   // where its value comes from
	Meaning string   // what Canopsis does with it
}

// Fields lists the fields in the order in which they are written, then the
// families of fields whose names come from the configuration.
func Fields() []Field {
	var all []Field
	for _, f := range fields {
		doc := f.Field
		for _, n := range eventTypeNames {
			if f.in&n.typ != 0 {
				doc.Events = append(doc.Events, n.name)
			}
		}
		all = append(all, doc)
	}
	return append(all, fieldFamilies()...)
}

// field is a documented field with the function that returns its text or writes
// its value.
type field struct {
	Field
	in    eventType
	text  func(*draft) string
	value func(*draft)
}

// The types of the fields.
const (
	aString  = "string"
	anInt    = "integer"
	intOrNot = "integer or null"
	numOrNot = "number or null"
	aBool    = "boolean"
	boolOrNo = "boolean or null"
	aList    = "list of strings"
)

// The meanings that several fields share.
const (
	extra     = "extra info"
	identity  = "identity"
	forTarget = "read by the target"
)

const anyDowntime = downtimeEvent | pbehaviorEvent | downtimeChange

// fields are the fields that an event has by its type. Their names are those of
// neb2amqp and mod-canopsis, so that event filters made for those keep working.
// They are present even when empty, because a template of an event filter fails
// on an absent key.
var fields = []field{
	textRow("connector", allEvents, "option `connector`", identity,
		func(d *draft) string { return d.m.options.Connector }),
	textRow("connector_name", allEvents, "option `connector_name`", identity,
		func(d *draft) string { return d.m.options.ConnectorName }),
	textRow("event_type", allEvents, "kind of the record", "what the event does",
		func(d *draft) string { return d.typ.String() }),
	textRow("source_type", allEvents, "`component` for a host, `resource` for a service", identity,
		func(d *draft) string { return d.sourceType() }),
	textRow("component", allEvents, "host name, or option `component`", identity,
		func(d *draft) string { return d.component }),
	row("resource", aString, allEvents, "service description, or option `resource`; absent for a host", identity,
		func(d *draft) {
			if d.entity.IsHost() {
				d.leaveOut()
				return
			}
			d.text(d.resource)
		}),
	row("timestamp", anInt, allEvents,
		"moment of the record, Unix seconds; kept within 24 hours of now for 4.3 and newer, which would "+
			"set a farther one to the time of processing; of a `downtime_change` as reported",
		"date of the step of the alarm",
		func(d *draft) { d.integer(d.timestamp) }),
	row("supervisor_timestamp", intOrNot, allEvents,
		"moment of the record as the supervisor reported it, Unix seconds", extra,
		func(d *draft) { d.seconds(d.rec.Time) }),

	row("state", anInt, checkEvent,
		"state of the check under `host_states` or `service_states`", "severity: 0 info, 1 minor, 2 major, 3 critical",
		func(d *draft) { d.integer(int64(d.m.scaled(d.entity, d.rec.Check.State))) }),
	textRow("supervisor_state", checkEvent, "the supervisor's name of the state: `OK`, `CRITICAL`, `DOWN`, …", extra,
		func(d *draft) string { return stateName(d.entity, d.rec.Check.State) }),
	row("state_type", intOrNot, checkEvent, "0 soft, 1 hard", extra,
		func(d *draft) { d.numbered(int8(d.rec.Check.StateType)) }),
	row("check_type", intOrNot, checkEvent, "0 active, 1 passive", extra,
		func(d *draft) { d.numbered(int8(d.rec.Check.CheckType)) }),
	row("current_attempt", intOrNot, checkEvent, "attempt, from 1", extra,
		func(d *draft) { d.counted(d.rec.Check.Attempt) }),
	row("max_attempts", intOrNot, checkEvent, "attempts until the state is hard", extra,
		func(d *draft) { d.counted(d.maxAttempts()) }),

	row("output", aString, allEvents&^(pbehaviorEvent|downtimeChange),
		"first line of the plugin's output; text of an acknowledgement, comment or downtime",
		"text of the alarm or of its step; Canopsis cuts it at 255 characters",
		func(d *draft) { d.limited(d.output, d.m.options.MaxOutput) }),
	row("long_output", aString, checkEvent,
		"further lines of the plugin's output", "long text of the alarm; Canopsis cuts it at 1024 characters",
		func(d *draft) { d.limited(d.rec.Check.LongOutput, d.m.options.MaxLongOutput) }),
	textRow("perf_data", checkEvent,
		"performance data in the form that Canopsis reads", "metrics, read by 23.10 and newer",
		func(d *draft) string { return d.perfdata }),
	row("perf_data_raw", aString, checkEvent, "performance data as the plugin wrote it", extra,
		func(d *draft) { d.limited(d.rec.Check.Perfdata, d.m.options.MaxPerfdata) }),
	row("output_truncated", aBool, allEvents&^(pbehaviorEvent|downtimeChange),
		"whether output, long output or perf_data_raw was cut: here, which `…` at its end shows, or by "+
			"the module that read it",
		extra,
		func(d *draft) { d.boolean(d.repairs&TextCut != 0 || d.rec.Check != nil && d.rec.Check.Truncated) }),

	row("execution_time", numOrNot, checkEvent, "seconds that the check took", extra,
		func(d *draft) { d.measured(d.rec.Check.Execution) }),
	row("latency", numOrNot, checkEvent, "seconds by which the check was late", extra,
		func(d *draft) { d.measured(d.rec.Check.Latency) }),
	textRow("command_name", checkEvent, "check command without its arguments, which may hold passwords", extra,
		func(d *draft) string { return d.commandName() }),
	textRow("address", checkEvent, "address of the host", extra,
		func(d *draft) string { return d.ofHost(address) }),
	textRow("alias", checkEvent, "alias of the host", extra,
		func(d *draft) string { return d.ofHost(alias) }),
	textRow("supervisor_display_name", checkEvent,
		"display name of the host or service (`display_name` is reserved by Canopsis)", extra,
		func(d *draft) string { return d.ofOwn(displayName) }),
	textRow("notes", checkEvent, "notes of the host or service", extra,
		func(d *draft) string { return d.ofOwn(notes) }),
	textRow("notes_url", checkEvent, "notes URL of the host or service", extra,
		func(d *draft) string { return d.ofOwn(notesURL) }),
	textRow("action_url", checkEvent, "action URL of the host or service", extra,
		func(d *draft) string { return d.ofOwn(actionURL) }),
	row("hostgroups", aList, checkEvent, "groups of the host, sorted", extra,
		func(d *draft) { d.list = d.hostgroups(d.list[:0]); d.sorted() }),
	row("servicegroups", aList, checkEvent, "groups of the service, sorted; empty for a host", extra,
		func(d *draft) { d.list = d.servicegroups(d.list[:0]); d.sorted() }),
	row("contactgroups", aList, checkEvent, "contact groups of the host or service, sorted", extra,
		(*draft).contactgroups),
	row("acknowledged", boolOrNo, checkEvent, "whether the problem is acknowledged", extra,
		func(d *draft) { d.flag(func(f *supervision.Flags) { d.boolean(f.Acknowledged) }) }),
	row("is_flapping", boolOrNo, checkEvent, "whether the supervisor considers it flapping", extra,
		func(d *draft) { d.flag(func(f *supervision.Flags) { d.boolean(f.Flapping) }) }),
	row("scheduled_downtime_depth", intOrNot, checkEvent, "number of running downtimes", extra,
		func(d *draft) { d.flag(func(f *supervision.Flags) { d.integer(int64(f.DowntimeDepth)) }) }),
	row("tags", "object of strings (a list of strings for 2.x and 3.x)", checkEvent,
		"option `tags`; absent without it", "tags of the alarm, added and never removed",
		(*draft).tags),

	row("author", aString, allEvents&^checkEvent,
		"who wrote it; the connector when that is not reported", "author of the alarm's step",
		func(d *draft) { d.limited(d.author, d.m.options.MaxOutput) }),
	textRow("ref_rk", ackEvent|ackRemoveEvent,
		"routing key of the check events of the same entity", "2.x finds the alarm by it; none since 22.10",
		func(d *draft) string { return string(d.appendRoutingKey(nil, checkEvent)) }),
	textRow("referer", ackEvent|ackRemoveEvent, "as `ref_rk`", "as `ref_rk`",
		func(d *draft) string { return string(d.appendRoutingKey(nil, checkEvent)) }),
	row("sticky", aBool, ackEvent, "whether the acknowledgement lasts until recovery", extra,
		func(d *draft) { d.boolean(d.note().Sticky) }),
	row("persistent", aBool, ackEvent|commentEvent,
		"whether the comment survives the acknowledgement or a restart", extra,
		func(d *draft) { d.boolean(d.note().Persistent) }),
	row("comment_id", intOrNot, ackEvent|commentEvent, "number of the comment", extra,
		func(d *draft) { d.counted(int(d.note().ID)) }),
	row("expires", intOrNot, ackEvent|commentEvent, "Unix seconds at which it ends; null for never", extra,
		func(d *draft) { d.seconds(d.note().Expires) }),

	textRow("action", pbehaviorEvent,
		"`create`, or `delete` for a cancelled downtime", "what is done with the behaviour",
		func(d *draft) string { return d.pbehaviorAction() }),
	textRow("pbehavior_name", pbehaviorEvent,
		"`downtime` with its entity and start",
		"name of the behaviour; with start and end it identifies what to delete",
		func(d *draft) string { return d.pbehaviorName() }),
	textRow("change", downtimeChange,
		"what happened to the downtime: `scheduled`, `started`, `ended` or `cancelled`", forTarget,
		func(d *draft) string { return downtimeChanges[d.rec.Kind] }),
	row("comment", aString, downtimeChange, "text of the downtime", forTarget,
		func(d *draft) { d.limited(d.rec.Downtime.Comment, d.m.options.MaxOutput) }),
	row("start", intOrNot, anyDowntime,
		"start of the downtime, Unix seconds; of a `downtime_change` null when not reported; of a flexible one "+
			"that has started, when it did", "start",
		func(d *draft) { start, _ := d.downtimePeriod(); d.seconds(start) }),
	row("end", intOrNot, anyDowntime,
		"end of the downtime, Unix seconds; of a `downtime_change` null when not reported; of a flexible one that has "+
			"started, its start and its duration", "end",
		func(d *draft) { _, end := d.downtimePeriod(); d.seconds(end) }),
	row("entry", intOrNot, downtimeEvent|downtimeChange,
		"when the downtime was entered, Unix seconds", "stamp of the downtime",
		(*draft).downtimeEntry),
	row("duration", numOrNot, downtimeEvent|downtimeChange,
		"duration of a `downtime` in **days**: 2.x reads it so; of a `downtime_change` in seconds", "duration",
		(*draft).downtimeDuration),
	row("fixed", boolOrNo, downtimeEvent|downtimeChange, "whether it is fixed", "none",
		(*draft).downtimeFixed),
	row("downtime_id", intOrNot, anyDowntime,
		"number of the downtime; absent from pbehavior events when not reported",
		"3.x: the same number changes the same behaviour",
		(*draft).downtimeID),
	row("triggered_by", intOrNot, downtimeChange, "number of the downtime that starts this one", forTarget,
		(*draft).triggeredBy),
}

// fieldFamilies documents the fields whose names are not fixed.
func fieldFamilies() []Field {
	check := []string{checkEvent.String()}
	return []Field{
		{
			"*NAME*", aString, check,
			"custom variable `_NAME` of the host, or of the service for a service, in upper case, `.` as `_`", extra,
		},
		{
			"cv_*NAME*", aString, check,
			"the same when `NAME` is, in any case, the name of another field or one that Canopsis reserves: " +
				"Canopsis could drop the event for a field of that name", extra,
		},
		{"macro_*NAME*", aString, check, "further macro `$NAME$` from a perfdata template or a module", extra},
		{
			"*extra*", "string, boolean, number or list of strings", []string{"all but downtime_change"},
			"option `extra`", extra,
		},
	}
}

// textRow makes a field that holds text.
func textRow(name string, in eventType, source, meaning string, text func(*draft) string) field {
	return field{Field{Name: name, Type: aString, Source: source, Meaning: meaning}, in, text, nil}
}

// row makes a field of another type, or one that may be absent.
func row(name, typ string, in eventType, source, meaning string, value func(*draft)) field {
	return field{Field{Name: name, Type: typ, Source: source, Meaning: meaning}, in, nil, value}
}

// reservedNames are the fields of Canopsis' own event, of all generations. A value
// of another type makes Canopsis drop the event; one of the right type has an
// effect ("healthcheck": true deletes the entity).
const reservedNames = `_id connector connector_name event_type component resource perf_data perf_data_array
source_type long_output output aid author user_id routing_key stat_name role metaalarm_rule_id
metaalarm_value_path display_name initiator delayed_scenario_id delayed_scenario_data idle_rule_apply
execution instruction ticket ticket_rule_id ticket_rule_name ticket_url ticket_url_title ticket_system_name
ticket_meta_alarm_id ticket_comment state state_type status timestamp rt duration debug
manual_meta_alarm_auto_resolve ma_updated instr_matched healthcheck state_setting_updated ma_parents
ma_children added_to_services removed_from_services tags ticket_data extra extra_infos current_alarm
current_entity alarm_change pbehavior_info ref_rk referer`

// takenNames returns the upper-case names under which nothing else may be sent to
// Canopsis: those that it reserves and those of the documented fields. Canopsis
// 4.2 to 4.4 compare names without regard to case.
func takenNames() map[string]bool {
	taken := make(map[string]bool)
	for name := range strings.FieldsSeq(reservedNames) {
		taken[fold(name)] = true
	}
	for _, f := range fields {
		if f.in != downtimeChange {
			taken[fold(f.Name)] = true
		}
	}
	return taken
}

// fold returns the form in which names are compared.
func fold(name string) string { return strings.ToUpper(name) }
