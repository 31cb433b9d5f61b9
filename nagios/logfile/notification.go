package logfile

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// parseHostNotification: "contact;host;WHY;command;output[;author;comment]".
func parseHostNotification(rest []byte) (supervision.Record, string, error) {
	return parseNotification(rest, host)
}

// parseServiceNotification: "contact;host;service;WHY;command;output[;author;comment]".
func parseServiceNotification(rest []byte) (supervision.Record, string, error) {
	return parseNotification(rest, service)
}

func parseNotification(
	rest []byte, entity func(*fields) (supervision.Entity, error),
) (rec supervision.Record, skip string, err error) {
	f := newFields(rest)
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
	if n.Type, n.State, err = reason(rec.Entity.IsHost(), why); err != nil {
		return rec, "", err
	}
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
func reason(isHost bool, why string) (kind string, state supervision.State, err error) {
	name, inBrackets, bracketed := strings.Cut(why, " (")
	if bracketed {
		word := strings.TrimSuffix(inBrackets, ")")
		var ok bool
		if state, ok = stateNamed(isHost, word); !ok {
			return "", state, &malformed{"type", quote([]byte(why)) + " holds no state"}
		}
	} else {
		state = supervision.StateNotReported
	}
	if named, ok := stateNamed(isHost, name); ok {
		if named == supervision.OK {
			return "RECOVERY", named, nil
		}
		return "PROBLEM", named, nil
	}
	if name == "RECOVERY" {
		state = supervision.OK
	}
	return name, state, nil
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
