package logfile

import (
	"bytes"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// parseCommand reads the arguments of an external command and returns the records
// of what it orders, mostly one.
type parseCommand func(f *fields) ([]supervision.Record, error)

// commands are the external commands that become records; the names are those
// of Nagios 4.4, Naemon 1.5 and Icinga 1.14 (base/commands.c of each).
var commands = map[string]parseCommand{
	"ACKNOWLEDGE_HOST_PROBLEM":        acknowledge(host, false),
	"ACKNOWLEDGE_SVC_PROBLEM":         acknowledge(service, false),
	"ACKNOWLEDGE_HOST_PROBLEM_EXPIRE": acknowledge(host, true),
	"ACKNOWLEDGE_SVC_PROBLEM_EXPIRE":  acknowledge(service, true),
	"ACKNOWLEDGE_HOST_SVC_PROBLEM":    acknowledgeAll,
	"REMOVE_HOST_ACKNOWLEDGEMENT":     noted(supervision.AcknowledgementRemoved, host),
	"REMOVE_SVC_ACKNOWLEDGEMENT":      noted(supervision.AcknowledgementRemoved, service),

	"ADD_HOST_COMMENT":      addComment(host),
	"ADD_SVC_COMMENT":       addComment(service),
	"DEL_HOST_COMMENT":      deleteComment,
	"DEL_SVC_COMMENT":       deleteComment,
	"DEL_ALL_HOST_COMMENTS": noted(supervision.CommentDeleted, host),
	"DEL_ALL_SVC_COMMENTS":  noted(supervision.CommentDeleted, service),

	"SCHEDULE_HOST_DOWNTIME":                         schedule(host, supervision.ScopeEntity),
	"SCHEDULE_SVC_DOWNTIME":                          schedule(service, supervision.ScopeEntity),
	"SCHEDULE_HOST_SVC_DOWNTIME":                     schedule(host, supervision.ScopeHostServices),
	"SCHEDULE_AND_PROPAGATE_HOST_DOWNTIME":           schedule(host, supervision.ScopeHostPropagated),
	"SCHEDULE_AND_PROPAGATE_TRIGGERED_HOST_DOWNTIME": schedule(host, supervision.ScopeHostPropagated),
	"SCHEDULE_HOSTGROUP_HOST_DOWNTIME":               schedule(nil, supervision.ScopeHostgroupHosts),
	"SCHEDULE_HOSTGROUP_SVC_DOWNTIME":                schedule(nil, supervision.ScopeHostgroupServices),
	"SCHEDULE_SERVICEGROUP_HOST_DOWNTIME":            schedule(nil, supervision.ScopeServicegroupHosts),
	"SCHEDULE_SERVICEGROUP_SVC_DOWNTIME":             schedule(nil, supervision.ScopeServicegroupServices),

	"DEL_HOST_DOWNTIME":                  deleteDowntime,
	"DEL_SVC_DOWNTIME":                   deleteDowntime,
	"DEL_DOWNTIME_BY_HOST_NAME":          deleteDowntimeByHost,
	"DEL_DOWNTIME_BY_HOSTGROUP_NAME":     deleteDowntimeByHostgroup,
	"DEL_DOWNTIME_BY_START_TIME_COMMENT": deleteDowntimeByStart,
}

// unsureRefusal are the commands that Nagios and Icinga 1 may carry out and call
// failed: only what the last host of the group had decides (base/commands.c,
// cmd_delete_downtime_by_hostgroup_name: "deleted = +").
var unsureRefusal = map[string]bool{"DEL_DOWNTIME_BY_HOSTGROUP_NAME": true}

// splitCommand takes "[[epoch] ]NAME;arguments" apart: Shinken keeps the time
// of the command. Nagios 4.4 takes a name in any case and logs it as it came.
func splitCommand(rest []byte) (name string, f *fields) {
	if len(rest) > 0 && rest[0] == '[' {
		if _, order, found := bytes.Cut(rest, []byte("] ")); found {
			rest = order
		}
	}
	f = newFields(rest)
	return strings.ToUpper(string(f.optional())), f
}

// acknowledge: "entity;sticky;notify;persistent;[expire;]author;comment".
// Sticky is 2, everything else is not.
func acknowledge(entity func(*fields) (supervision.Entity, error), expires bool) parseCommand {
	return func(f *fields) ([]supervision.Record, error) {
		e, err := entity(f)
		if err != nil {
			return nil, err
		}
		sticky, err := f.option("sticky")
		if err != nil {
			return nil, err
		}
		if _, err := f.option("notify"); err != nil {
			return nil, err
		}
		persistent, err := f.option("persistent")
		if err != nil {
			return nil, err
		}
		note := &supervision.Note{Sticky: sticky == 2, Persistent: persistent > 0}
		if expires {
			end, err := f.option("end time")
			if err != nil {
				return nil, err
			}
			if end > maxEpoch {
				f.strange("end time", nil, "behind the year 9999: taken for never")
			} else if end > 0 {
				note.Expires = time.Unix(end, 0).UTC()
			}
		}
		if err := authored(f, &note.Author, &note.Text); err != nil {
			return nil, err
		}
		return []supervision.Record{{Kind: supervision.Acknowledged, Entity: e, Note: note}}, nil
	}
}

// acknowledgeAll is Icinga 1's order for a host's services and the host, in this order
// (base/commands.c, cmd_acknowledge_problem).
func acknowledgeAll(f *fields) ([]supervision.Record, error) {
	records, err := acknowledge(host, true)(f)
	if err != nil {
		return nil, err
	}
	services := records[0]
	services.Kind = supervision.ServicesAcknowledged
	return append([]supervision.Record{services}, records...), nil
}

// noted is for commands that name an entity and nothing else.
func noted(kind supervision.Kind, entity func(*fields) (supervision.Entity, error)) parseCommand {
	return func(f *fields) ([]supervision.Record, error) {
		e, err := entity(f)
		return []supervision.Record{{Kind: kind, Entity: e, Note: &supervision.Note{}}}, err
	}
}

// addComment: "entity;persistent;author;comment".
func addComment(entity func(*fields) (supervision.Entity, error)) parseCommand {
	return func(f *fields) ([]supervision.Record, error) {
		e, err := entity(f)
		if err != nil {
			return nil, err
		}
		persistent, err := f.option("persistent")
		if err != nil {
			return nil, err
		}
		note := &supervision.Note{Persistent: persistent > 0}
		err = authored(f, &note.Author, &note.Text)
		return []supervision.Record{{Kind: supervision.CommentAdded, Entity: e, Note: note}}, err
	}
}

// deleteComment: "id". The record has no entity: Nagios numbers the comments
// of hosts and services together, and the command names nothing else.
func deleteComment(f *fields) ([]supervision.Record, error) {
	id, err := f.number("comment id")
	note := &supervision.Note{ID: id}
	return []supervision.Record{{Kind: supervision.CommentDeleted, Note: note}}, err
}

// authored reads "author;text", the text to the end of the line.
func authored(f *fields, author, text *string) error {
	name, err := f.next("author")
	if err != nil {
		return err
	}
	if f.end {
		return &malformed{"comment", "missing"}
	}
	*author, *text = string(name), f.remainder()
	return nil
}

// optionalTime reads zero as no time at all.
func optionalTime(name string, seconds int64) (time.Time, error) {
	if seconds == 0 {
		return time.Time{}, nil
	}
	if seconds > maxEpoch {
		return time.Time{}, &malformed{name, "behind the year 9999"}
	}
	return time.Unix(seconds, 0).UTC(), nil
}
