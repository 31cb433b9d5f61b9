package config

import (
	"maps"
	"slices"
)

// Mapping is the configuration of eventmap.
type Mapping struct {
	Canopsis      string         `yaml:"canopsis"`
	HostStates    StateScale     `yaml:"host_states"`
	ServiceStates StateScale     `yaml:"service_states"`
	SoftStates    bool           `yaml:"soft_states"`
	Events        Events         `yaml:"events"`
	AckRemoveAt   string         `yaml:"ackremove_at" must:"problem|recovery"`
	Include       []Rule         `yaml:"include"`
	Exclude       []Rule         `yaml:"exclude"`
	Extra         map[string]any `yaml:"extra"`
	Tags          Texts          `yaml:"tags"`
	Component     string         `yaml:"component"`
	Resource      string         `yaml:"resource"`
	Charset       string         `yaml:"charset"`
	MaxOutput     Size           `yaml:"max_output"`
	MaxLongOutput Size           `yaml:"max_long_output"`
	MaxPerfdata   Size           `yaml:"max_perfdata"`
}

func (Mapping) docs() docs {
	return docs{
		"canopsis": "The version of Canopsis that receives the events, such as '24.10', '4.2' or '2.6': it " +
			"decides which event types and units exist.",
		"host_states": "The state numbers of hosts: 'severity' (UP 0, DOWN 3, UNREACHABLE 2), 'nagios' (0, 1, " +
			"2), or a table {up: 0, down: 3, unreachable: 1}.",
		"service_states": "The state numbers of services: 'severity' (OK 0, WARNING 1, CRITICAL 3, UNKNOWN 2), " +
			"'nagios' (0, 1, 2, 3), or a table {ok: 0, warning: 1, critical: 3, unknown: 2}.",
		"soft_states": "Whether problems that the supervisor is still retrying are sent. Canopsis opens an alarm " +
			"for each state but 0, soft or not.",
		"events": "Which events are sent.",
		"ackremove_at": "When the end of an acknowledgement is sent that ended with its problem: 'problem' with " +
			"the object's next problem, so that the alarm closes as acknowledged, or 'recovery' at once, as Nagios " +
			"ends it.",
		"include": "If given, only objects that match one of these rules are sent. A rule matches when all " +
			"its fields match; a field is matched exactly, as a glob if it has * ? or [, as a regular expression " +
			"between slashes.",
		"exclude": "Objects that match one of these rules are not sent, even if included.",
		"extra":   "Further fields of every event: texts, numbers, true or false, lists of texts.",
		"tags":    "Canopsis' alarm tags, a map of texts; a value may be a template like component.",
		"component": "The template of the component's name, such as '$HOSTALIAS$'; empty: the host's name. It " +
			"may use the macros of the host: $HOSTNAME$, $HOSTALIAS$, $HOSTADDRESS$, $HOSTDISPLAYNAME$, $_HOSTNAME$ " +
			"for a custom variable NAME.",
		"resource": "The template of the resource's name; empty: the service's name. It may use " +
			"$SERVICEDESC$, $SERVICEDISPLAYNAME$ and $_SERVICENAME$ as well.",
		"charset": "The charset of texts that are not UTF-8, such as cp850 where Windows' console programs are run. " +
			"One of big5, cp037, cp1047, cp1140, cp437, cp850, cp852, cp855, cp858, cp860, cp862, cp863, cp865, " +
			"cp866, euc-jp, euc-kr, gb18030, gbk, iso-2022-jp, iso-8859-1, iso-8859-10, iso-8859-11, " +
			"iso-8859-13, iso-8859-14, iso-8859-15, iso-8859-16, iso-8859-2, iso-8859-3, iso-8859-4, " +
			"iso-8859-5, iso-8859-6, iso-8859-7, iso-8859-8, iso-8859-9, koi8-r, koi8-u, macintosh, " +
			"shift_jis, utf-8, windows-1250, windows-1251, windows-1252, windows-1253, windows-1254, " +
			"windows-1255, windows-1256, windows-1257, windows-1258, windows-874, x-mac-cyrillic. " +
			"The other usual names of these are known too, such as ibm850, latin1 or sjis; iso-8859-1 is windows-1252.",
		"max_output":      "The longest output; a longer one is cut at a character, and marked.",
		"max_long_output": "The longest long output.",
		"max_perfdata":    "The longest perfdata.",
	}
}

// Texts is a map of texts.
type Texts map[string]string

// Events switches the types of events.
type Events struct {
	Check           bool `yaml:"check"`
	Ack             bool `yaml:"ack"`
	AckRemove       bool `yaml:"ackremove"`
	Comment         bool `yaml:"comment"`
	Downtime        bool `yaml:"downtime"`
	DowntimeComment bool `yaml:"downtime_comment"`
	Flapping        bool `yaml:"flapping"`
}

func (Events) docs() docs {
	return docs{
		"check":     "Check results.",
		"ack":       "Acknowledgements.",
		"ackremove": "The end of acknowledgements.",
		"comment":   "Comments.",
		"downtime": "Downtimes: on the bus for Canopsis 2 and 3, for newer ones by a target that takes " +
			"pbehaviors.",
		"downtime_comment": "Downtimes also as a comment on the alarm, on the bus, for Canopsis 4 and newer.",
		"flapping":         "The start and end of flapping, as a comment on the alarm.",
	}
}

// Rule selects objects.
type Rule struct {
	Host         string `yaml:"host"`
	Service      string `yaml:"service"`
	HostGroup    string `yaml:"hostgroup"`
	ServiceGroup string `yaml:"servicegroup"`
	Vars         Texts  `yaml:"vars"`
	State        string `yaml:"state"`
}

func (Rule) docs() docs {
	return docs{
		"host":         "The host's name.",
		"service":      "The service's name; a rule with it matches no host.",
		"hostgroup":    "The name of a group that the host is in.",
		"servicegroup": "The name of a group that the service is in.",
		"vars":         "Custom variables of the host or service, by name without underscore.",
		"state":        "The state by its name: OK, WARNING, CRITICAL, UNKNOWN, UP, DOWN, UNREACHABLE.",
	}
}

// defaultMapping is the mapping of a configuration that says nothing of it.
func defaultMapping() Mapping {
	return Mapping{
		Canopsis: "24.10", HostStates: StateScale{Name: "severity"}, ServiceStates: StateScale{Name: "severity"},
		SoftStates:  true,
		Events:      Events{Check: true, Ack: true, AckRemove: true, Comment: true, Downtime: true, Flapping: true},
		AckRemoveAt: "problem", Charset: "windows-1252",
		MaxOutput: 16 << 10, MaxLongOutput: 64 << 10, MaxPerfdata: 64 << 10,
	}
}

// clone copies what a site's own mapping may change.
func (m Mapping) clone() Mapping {
	m.Include, m.Exclude = slices.Clone(m.Include), slices.Clone(m.Exclude)
	m.Extra, m.Tags = maps.Clone(m.Extra), maps.Clone(m.Tags)
	return m
}
