package eventmap

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Options is the mapping configuration.
type Options struct {
	// Connector and ConnectorName say who sends. Canopsis keeps them with the
	// entity and finds the alarm of an acknowledgement by them: never change
	// them on a running installation, and give both members of a cluster the
	// same.
	Connector, ConnectorName string
	Version                  Version

	HostScale, ServiceScale Scale
	// SoftStates sends problems that the supervisor still retries. Canopsis
	// doesn't know soft states and opens an alarm for them. OK and UP are
	// always sent.
	SoftStates bool
	Events     EventTypes

	// A record is sent when an Include rule matches it, or there is none, and
	// no Exclude rule does.
	Include, Exclude []Rule

	// Static are extra fields of every event: string, bool, int, float64 or a
	// list of strings.
	Static map[string]any
	// Tags are alarm tags of check events; the values are templates. A tag
	// whose template gives nothing is left out.
	Tags map[string]string

	// Component and Resource are templates for the names; empty means the name
	// of the host and of the service. Component may use macros of the host
	// only, so that a host and its services stay together.
	Component, Resource string

	// Charset is that of text which is not UTF-8, by its WHATWG name.
	Charset string

	// Sizes in bytes, beyond which text is cut at a character and marked.
	// MaxOutput holds for every output and author, MaxPerfdata for perf_data
	// and perf_data_raw each.
	MaxOutput, MaxLongOutput, MaxPerfdata int
}

// EventTypes switches kinds of events on.
type EventTypes struct {
	Check           bool
	Ack             bool
	AckRemove       bool
	Comment         bool
	Downtime        bool // Canopsis 2 and 3 only, later ones take none over the bus
	DowntimeComment bool // downtimes as comments of the alarm, for Canopsis 4 and newer
	Flapping        bool // as comments of the alarm
}

// Scale gives the Canopsis state (0 info, 1 minor, 2 major, 3 critical) of each
// state of the supervisor, by its number. Hosts use the first three.
type Scale [4]int

// SeverityHostScale shows DOWN as critical and UNREACHABLE as major.
func SeverityHostScale() Scale { return Scale{0, 3, 2, 0} }

// SeverityServiceScale shows CRITICAL as critical and UNKNOWN as major.
func SeverityServiceScale() Scale { return Scale{0, 1, 3, 2} }

// NagiosScale sends the supervisor's own numbers, as neb2amqp and mod-canopsis
// did: Canopsis 4 shows CRITICAL as major, UNKNOWN as critical, DOWN as minor.
func NagiosScale() Scale { return Scale{0, 1, 2, 3} }

// DefaultOptions sends everything that the newest Canopsis takes. ConnectorName
// is left to be set.
func DefaultOptions() Options {
	return Options{
		Connector:     "nagios",
		Version:       Canopsis2410,
		HostScale:     SeverityHostScale(),
		ServiceScale:  SeverityServiceScale(),
		SoftStates:    true,
		Events:        EventTypes{Check: true, Ack: true, AckRemove: true, Comment: true, Downtime: true, Flapping: true},
		Charset:       "windows-1252",
		MaxOutput:     16 << 10,
		MaxLongOutput: 64 << 10,
		MaxPerfdata:   64 << 10,
	}
}

// maxConnector bounds each part of a connector's identity in bytes, so that a
// routing key has room for the entity.
const maxConnector = 80

// minSize is the smallest size to which text may be cut.
const minSize = 64

// faults gives the faults of the options that need no compiling.
func (o *Options) faults(cs charset) []error {
	var faults []error
	fault := func(option, format string, args ...any) {
		faults = append(faults, fmt.Errorf(option+": "+format, args...))
	}
	for _, part := range []struct{ option, value string }{{"connector", o.Connector}, {"connector_name", o.ConnectorName}} {
		switch clean, _ := cs.cleanName(part.value); {
		case part.value == "":
			fault(part.option, "is empty")
		case clean != part.value:
			fault(part.option, "%q has control characters or is not UTF-8", part.value)
		case len(part.value) > maxConnector:
			fault(part.option, "is longer than %d bytes", maxConnector)
		}
	}
	if strings.Contains(o.Connector, "/") {
		fault("connector", "%q has a '/', at which Canopsis splits connector and name", o.Connector)
	}
	if o.Version < Canopsis2 || o.Version > Canopsis2410 {
		fault("version", "is not set to a known Canopsis")
	}
	for _, s := range []struct {
		option string
		states []int
	}{{"host_scale", o.HostScale[:3]}, {"service_scale", o.ServiceScale[:]}} {
		if slices.Min(s.states) < 0 || slices.Max(s.states) > 3 {
			fault(s.option, "%v: Canopsis has the states 0 to 3", s.states)
		}
	}
	for _, s := range []struct {
		option string
		size   int
	}{{"max_output", o.MaxOutput}, {"max_long_output", o.MaxLongOutput}, {"max_perfdata", o.MaxPerfdata}} {
		if s.size < minSize {
			fault(s.option, "%d is less than %d bytes", s.size, minSize)
		}
	}
	return faults
}

// encodeStatic encodes the extra fields as ",key:value…" in the order of their
// names. taken are the upper-case names of fields that have a meaning.
func (o *Options) encodeStatic(cs charset, taken map[string]bool) (encoded []byte, faults []error) {
	for _, key := range slices.Sorted(maps.Keys(o.Static)) {
		option := "static." + key
		switch name, _ := cs.cleanName(key); {
		case name != key, key == "", strings.Contains(key, "."):
			faults = append(faults, fmt.Errorf("%s: a field name is UTF-8 without control characters and without '.', which Canopsis can't address", option))
			continue
		case taken[fold(key)]:
			faults = append(faults, fmt.Errorf("%s: this field has a meaning of its own in an event; take another name", option))
			continue
		}
		encoded = append(encoded, ',')
		encoded, _ = appendString(encoded, key)
		encoded = append(encoded, ':')
		var err error
		if encoded, err = appendStatic(encoded, o.Static[key]); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", option, err))
		}
	}
	return encoded, faults
}

var (
	errTagName    = errors.New("a tag's name is one line of UTF-8 without control characters")
	errStaticText = errors.New("the text has control characters or is not UTF-8")
	errStaticType = errors.New("must be a string, a boolean, a finite number or a list of strings")
)

// appendStatic appends the value of a static field.
func appendStatic(buf []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		buf, ok := appendString(buf, v)
		if !ok {
			return buf, errStaticText
		}
		return buf, nil
	case bool:
		return strconv.AppendBool(buf, v), nil
	case int:
		return strconv.AppendInt(buf, int64(v), 10), nil
	case float64:
		if out := appendFloat(buf, v); string(out[len(buf):]) != "null" {
			return out, nil
		}
		return buf, errStaticType
	case []string:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return appendStatic(buf, list)
	case []any:
		buf = append(buf, '[')
		for i, item := range v {
			s, isText := item.(string)
			if !isText {
				return buf, errStaticType
			}
			if i > 0 {
				buf = append(buf, ',')
			}
			var ok bool
			if buf, ok = appendString(buf, s); !ok {
				return buf, errStaticText
			}
		}
		return append(buf, ']'), nil
	}
	return buf, errStaticType
}
