package loadertest

import (
	"maps"
	"strings"
)

// A thing is a host or, with a description, a service of the core.
type thing struct {
	core        core   // that has it
	host        *thing // of a service
	name        string
	description string
	fields      map[string]string // as the core names them; those that are absent are NULL or 0
	groups      []string
	variables   [][2]string
	command     string
}

// define creates the thing in the core or changes its fields.
func (l *loader) define(x *thing) {
	l.t.Helper()
	words := x.words()
	for k, v := range x.fields {
		words = append(words, k+"="+v)
	}
	for _, g := range x.groups {
		words = append(words, "group="+g)
	}
	for _, v := range x.variables {
		words = append(words, "var."+v[0]+"="+v[1])
	}
	if x.command != "" {
		words = append(words, "command="+x.command)
	}
	l.do(words...)
}

func (x *thing) words() []string {
	if x.host != nil {
		return []string{"service", x.host.name, x.description}
	}
	return []string{"host", x.name}
}

// set changes fields in the core and in the thing.
func (l *loader) set(x *thing, fields map[string]string) {
	l.t.Helper()
	words := x.words()
	for k, v := range fields {
		x.fields[k] = v
		words = append(words, k+"="+v)
	}
	l.do(words...)
}

type fields = map[string]string

// event sends an event about a thing, or about none, to the module.
func (l *loader) event(kind string, x *thing, f fields) {
	l.t.Helper()
	l.do(eventWords("event", kind, x, f)...)
}

func eventWords(verb, kind string, x *thing, f fields) []string {
	words := []string{verb, kind}
	if x != nil {
		if x.host != nil {
			words = append(words, "object", x.host.name, "/"+x.description)
		} else {
			words = append(words, "object", x.name)
		}
	}
	for k, v := range f {
		words = append(words, k+"="+v)
	}
	return words
}

// check sends a processed check of x.
func (l *loader) check(x *thing, f fields) {
	l.t.Helper()
	f = with(f, fields{"type": "801"})
	kind := "host_check"
	if x.host != nil {
		f["type"], kind = "701", "service_check"
	}
	l.event(kind, x, f)
}

func with(maps_ ...fields) fields {
	all := fields{}
	for _, m := range maps_ {
		maps.Copy(all, m)
	}
	return all
}

// ---- the records that the module must write ----

func (x *thing) prefix() string {
	if x.host != nil {
		return "SERVICE"
	}
	return "HOST"
}

// identity begins a record about x at the moment of an event.
func (x *thing) identity(datatype, at string) record {
	r := record{"DATATYPE": datatype, "TIMET": moment(at)}
	if x.host != nil {
		r["HOSTNAME"], r["SERVICEDESC"] = x.host.name, x.description
	} else {
		r["HOSTNAME"] = x.name
	}
	return r
}

// moment converts the loader's "seconds,microseconds" to the form of the format.
func moment(at string) string {
	seconds, micros, found := strings.Cut(at, ",")
	if !found {
		return seconds
	}
	for len(micros) < 6 {
		micros = "0" + micros
	}
	return strings.TrimRight(strings.TrimRight(seconds+"."+micros, "0"), ".")
}

func number(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

func (x *thing) copy(r record, key, field string) {
	if v, ok := x.fields[field]; ok {
		r[key] = v
	}
}

func (x *thing) inventory(r record) {
	p := x.prefix()
	if x.host != nil {
		x.host.inventory(r)
	} else {
		x.copy(r, "HOSTADDRESS", "address")
		x.copy(r, "HOSTALIAS", "alias")
	}
	x.copy(r, p+"DISPLAYNAME", "display_name")
	x.copy(r, p+"NOTES", "notes")
	x.copy(r, p+"NOTESURL", "notes_url")
	x.copy(r, p+"ACTIONURL", "action_url")
	if len(x.groups) > 0 {
		r[p+"GROUPNAMES"] = strings.Join(x.groups, ",")
	}
	for _, v := range x.variables {
		r["_"+p+v[0]] = v[1]
	}
}

func (x *thing) state(r record) {
	p := x.prefix()
	r[p+"STATEID"] = number(x.fields["current_state"])
	r[p+"STATETYPE"] = map[string]string{"": "SOFT", "0": "SOFT", "1": "HARD"}[x.fields["state_type"]]
	r[p+"ATTEMPT"] = number(x.fields["current_attempt"])
	r["MAX"+p+"ATTEMPTS"] = number(x.fields["max_attempts"])
	r[p+"CHECKTYPE"] = map[string]string{"": "ACTIVE", "0": "ACTIVE", "1": "PASSIVE"}[x.fields["check_type"]]
	r[p+"EXECUTIONTIME"] = number(x.fields["execution_time"])
	r[p+"LATENCY"] = number(x.fields["latency"])
	x.copy(r, p+"OUTPUT", "plugin_output")
	x.copy(r, p+"PERFDATA", "perf_data")
	if long, ok := x.fields["long_plugin_output"]; ok {
		r["LONG"+p+"OUTPUT"] = x.core.plainLong(long)
	}
}

func (x *thing) conditions(r record) {
	r["ACKNOWLEDGED"] = number(x.fields["problem_has_been_acknowledged"])
	r["FLAPPING"] = number(x.fields["is_flapping"])
	r["DOWNTIMEDEPTH"] = number(x.fields["scheduled_downtime_depth"])
}

// checkRecord is the record of a check; the fields of the event are those passed to check.
func (x *thing) checkRecord(f fields, objects bool) record {
	p := x.prefix()
	r := x.identity(p+"CHECK", f["time"])
	x.state(r)
	r["LAST"+p+"CHECK"] = moment(f["start_time"])
	r["CHECKENDTIME"] = moment(f["end_time"])
	r["RETURNCODE"] = number(f["return_code"])
	r["TIMEOUT"] = number(f["timeout"])
	if f["early_timeout"] != "" {
		r["EARLYTIMEOUT"] = "1"
	}
	if f["command_name"] != "" {
		r[p+"CHECKCOMMAND"] = f["command_name"]
	}
	if objects {
		if f["command_name"] == "" && x.command != "" {
			r[p+"CHECKCOMMAND"] = x.command
		}
		x.conditions(r)
		x.inventory(r)
	}
	return r
}

func (x *thing) stateRecord(at string) record {
	p := x.prefix()
	r := x.identity(p+"STATE", at)
	x.state(r)
	if v := x.fields["last_check"]; v != "" {
		r["LAST"+p+"CHECK"] = v
	}
	if x.command != "" {
		r[p+"CHECKCOMMAND"] = x.command
	}
	x.conditions(r)
	x.inventory(r)
	return r
}
