package logfile

import (
	"bytes"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// A supervisor logs an order before it looks at it, and carries it out or refuses
// it before it logs the next one. So a refusal stands directly behind its order:
//
//	EXTERNAL COMMAND: ADD_SVC_COMMENT;h;s;1;bob;
//	Error: External command failed -> ADD_SVC_COMMENT;h;s;1;bob;
//	External command [1700000000] ADD_SVC_COMMENT;h;s;1;bob; returned error Command failed
//
// The last line is "External command error: Command failed" up to Nagios 4.3 and
// in Icinga 1, and is missing in Naemon since 1.0.4, which before that adds the
// reason in brackets to the line in front of it (base/commands.c or
// src/naemon/commands.c, process_external_command1). Nagios 3, Icinga 1 up to 1.9
// and Icinga 2 log no refusal. Naemon's "External command parse error" has no order
// in front of it, and its "External command blocked by broker module" is none: the
// module may have carried the order out, or had another node do it.
const refusalPrefix = "Error: External command failed -> "

// isRefusedBy reports whether an entry shows that the order was refused.
func (h *held) isRefusedBy(e entry) bool {
	if h.order == "" {
		return false
	}
	if e.missing != nil {
		return isOn(h.own.records, *e.missing)
	}
	refused, found := bytes.CutPrefix(e.text, []byte(refusalPrefix))
	return found && sameOrder(h.order, string(refused))
}

// sameOrder compares an order as it was logged with how its refusal shows it.
func sameOrder(logged, refused string) bool {
	logged, refused = strings.TrimRight(logged, " \t"), strings.TrimRight(refused, " \t")
	behind, found := strings.CutPrefix(refused, logged)
	if found && (behind == "" || strings.HasPrefix(behind, " (") && strings.HasSuffix(behind, ")")) {
		return true
	}
	return isAnonymized(logged, refused)
}

// isAnonymized compares an order that Icinga 1 logged without its author
// (log_anonymized_external_command_author), and so without an empty comment.
func isAnonymized(logged, refused string) bool {
	before, behind, found := strings.Cut(logged, ";<anon>")
	authored, same := strings.CutPrefix(refused, before+";")
	if !found || !same {
		return false
	}
	_, comment, _ := strings.Cut(authored, ";")
	return strings.TrimPrefix(behind, ";") == comment
}

// mayPrecedeRefusal reports whether an entry stands between an order and its
// refusal: Icinga 1 first logs which object it did not find.
func (h *held) mayPrecedeRefusal(e entry) bool {
	return h.order != "" && !h.full() && bytes.HasPrefix(e.text, []byte("Error: Could not find ")) &&
		bytes.HasSuffix(e.text, []byte(" provided in external command!"))
}

// isRefusalOf reports whether the warning that is held back refuses the order of
// an entry.
func (h *held) isRefusalOf(e entry) bool {
	return h.missing != nil && e.refusable != nil && isOn(e.records, *h.missing)
}

// isOn reports whether an order is on an object: on the host or one of its
// services, or on the service.
func isOn(order []supervision.Record, object supervision.Entity) bool {
	if len(order) == 0 || order[0].Entity.Host != object.Host {
		return false
	}
	return object.IsHost() || order[0].Entity.Service == object.Service
}

// missingObject reads which object a daemon of Shinken does not know
// (external_command.py, search_host_and_dispatch and get_command_and_args). The
// first message is about every kind of order, not of passive results only.
// Shinken 1.4 logs it behind the order, 2.4 and 3.0 in front of it.
func missingObject(text []byte) *supervision.Entity {
	s := string(text)
	if _, host, ok := strings.Cut(s, "Passive check result was received for host '"); ok {
		if host, ok := strings.CutSuffix(host, "', but the host could not be found!"); ok {
			return &supervision.Entity{Host: host}
		}
	}
	if _, names, ok := strings.Cut(s, "A command was received for service '"); ok {
		names, ok := strings.CutSuffix(names, "', but the service could not be found!")
		service, host, split := strings.Cut(names, "' on host '")
		if ok && split {
			return &supervision.Entity{Host: host, Service: service}
		}
	}
	return nil
}

// isRefusedBy reports whether an entry shows that the order of a passive result was
// refused. Nagios 3 and Icinga 1 only warn of an unknown object.
func (w *waitingOrder) isRefusedBy(e entry) bool {
	if refused, found := bytes.CutPrefix(e.text, []byte(refusalPrefix)); found {
		_, order, _ := bytes.Cut(w.line.Text, []byte("EXTERNAL COMMAND: "))
		return sameOrder(strings.TrimSuffix(string(order), "\r"), string(refused))
	}
	warning, found := bytes.CutPrefix(e.text, []byte("Warning:  Passive check result was received for "))
	if !found {
		return false
	}
	names := "host '" + w.entity.Host + "', but "
	if !w.entity.IsHost() {
		names = "service '" + w.entity.Service + "' on " + names
	}
	return bytes.HasPrefix(warning, []byte(names))
}

// isOver reports whether no supervisor schedules a downtime: it ends before it
// begins, or has ended (schedule_downtime of Nagios 3 and 4, Naemon and Icinga 1).
// They log nothing about it, but for some commands of Naemon.
func isOver(records []supervision.Record, at time.Time) bool {
	for _, rec := range records {
		if d := rec.Downtime; rec.Kind == supervision.DowntimeScheduled {
			return !d.End.After(d.Start) || !d.End.After(at)
		}
	}
	return false
}
