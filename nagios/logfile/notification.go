package logfile

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// parseHostNotification: "contact;host;WHY;command;output[;author;comment]".
func parseHostNotification(f *fields) (supervision.Record, string, error) {
	return parseNotification(f, host)
}

// parseServiceNotification: "contact;host;service;WHY;command;output[;author;comment]".
func parseServiceNotification(f *fields) (supervision.Record, string, error) {
	return parseNotification(f, service)
}

func parseNotification(
	f *fields, entity func(*fields) (supervision.Entity, error),
) (rec supervision.Record, skip string, err error) {
	n := &supervision.Notify{}
	rec = supervision.Record{Kind: supervision.Notification, Notification: n}
	if n.Contact, err = f.text("contact"); err != nil {
		return rec, "", err
	}
	if rec.Entity, err = entity(f); err != nil {
		return rec, "", err
	}
	why, err := f.text("type")
	if err != nil {
		return rec, "", err
	}
	n.Type, n.State = reason(rec.Entity.IsHost(), why, f)
	command, err := f.next("command")
	if err != nil {
		return rec, "", err
	}
	n.Command = string(command)
	notificationTail(n, f.remainder())
	return rec, "", nil
}

// reason reads why somebody was notified. Nagios, Naemon and Shinken write the
// state alone for problems and recoveries and "TYPE (STATE)" for the rest;
// Icinga 2 writes "TYPE (STATE)" for hosts, with the state as the type of a
// problem, and for services the type or the state alone.
func reason(isHost bool, why string, f *fields) (kind string, state supervision.State) {
	name, inBrackets, bracketed := strings.Cut(why, " (")
	if bracketed {
		var ok bool
		if state, _, ok = supervision.ReadState(isHost, strings.TrimSuffix(inBrackets, ")")); !ok {
			state = supervision.StateNotReported
			f.strange("type", []byte(why), "holds no state: taken for unknown")
		}
	} else {
		state = supervision.StateNotReported
	}
	if named, _, ok := supervision.ReadState(isHost, name); ok {
		if named == supervision.OK {
			return "RECOVERY", named
		}
		return "PROBLEM", named
	}
	if name == "RECOVERY" {
		state = supervision.OK
	}
	return name, state
}

// notificationTail reads what follows the command: the output, and, where
// somebody caused the notification, the author and the comment. Nagios has no
// semicolon in the output; Icinga 2 may have, and ends a notification that
// nobody caused with one.
func notificationTail(n *supervision.Notify, tail string) {
	if n.Type == "PROBLEM" || n.Type == "RECOVERY" {
		n.Output = strings.TrimSuffix(tail, ";")
		return
	}
	output, authored, found := strings.Cut(tail, ";")
	n.Output = output
	if !found {
		return
	}
	author, comment, found := strings.Cut(authored, ";")
	if !found {
		n.Comment = author
		return
	}
	n.Author, n.Comment = author, comment
}
