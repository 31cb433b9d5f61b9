package eventmap

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// Options is the mapping configuration. The fields have the names of the
// configuration's keys, and so have the faults that New reports.
type Options struct {
	// Scope is that of the site whose records are mapped: order, superseding and
	// message ids are per site.
	Scope outbox.Scope

	// Connector and ConnectorName identify the sender. Canopsis stores them with
	// the entity and finds the alarm of an acknowledgement by them: never change
	// them on a running installation, and set the same on both members of a
	// cluster.
	Connector, ConnectorName string
	Canopsis                 Version

	HostStates, ServiceStates Scale
	// SoftStates sends problems that the supervisor still retries. Canopsis
	// doesn't know soft states and opens an alarm for them. OK and UP are
	// always sent.
	SoftStates bool
	Events     EventTypes

	// A record is sent when an Include rule matches it, or there is none, and
	// no Exclude rule does.
	Include, Exclude []Rule

	// Extra are further fields of every event: string, bool, int, float64 or a
	// list of strings.
	Extra map[string]any
	// Tags are alarm tags of check events; the values are templates. A tag
	// whose template expands to nothing is left out.
	Tags map[string]string

	// Component and Resource are templates for the names; empty means the name
	// of the host and of the service. Component may use macros of the host
	// only, so that a host and its services stay together.
	Component, Resource string

	// Charset is that of text which is not UTF-8: the number of a code page, or a
	// name of the WHATWG encoding standard or of IANA.
	Charset string

	// Sizes in bytes, beyond which text is cut at a character and marked.
	// MaxOutput limits every output and author, MaxPerfdata perf_data and
	// perf_data_raw each.
	MaxOutput, MaxLongOutput, MaxPerfdata int
}

// EventTypes switches on types of events.
type EventTypes struct {
	Check           bool
	Ack             bool
	AckRemove       bool
	Comment         bool
	Downtime        bool // on the bus for Canopsis 2 and 3, else with the route pbehavior
	DowntimeComment bool // downtimes as comments of the alarm, for Canopsis 4 and newer
	Flapping        bool // as comments of the alarm
}

// DefaultOptions sends everything that the newest Canopsis accepts.
// ConnectorName still has to be set.
func DefaultOptions() Options {
	return Options{
		Connector:     "nagios",
		Canopsis:      Canopsis2410,
		HostStates:    SeverityHostScale(),
		ServiceStates: SeverityServiceScale(),
		SoftStates:    true,
		Events: EventTypes{
			Check: true, Ack: true, AckRemove: true, Comment: true, Downtime: true, Flapping: true,
		},
		Charset:       "windows-1252",
		MaxOutput:     16 << 10,
		MaxLongOutput: 64 << 10,
		MaxPerfdata:   64 << 10,
	}
}

// maxConnector limits each part of a connector's identity in bytes, so that a
// routing key has room for the entity.
const maxConnector = 80

// minSize is the smallest size to which text may be cut.
const minSize = 64

// faults returns the faults of the options that need no compiling.
func (o *Options) faults(cs charset) []error {
	var faults []error
	fault := func(name, format string, args ...any) {
		faults = append(faults, option.Faultf(name, format, args...))
	}
	for _, part := range []struct{ name, value string }{
		{"connector", o.Connector}, {"connector_name", o.ConnectorName},
	} {
		switch clean, _ := cs.cleanName(part.value); {
		case part.value == "":
			fault(part.name, "is empty")
		case clean != part.value:
			fault(part.name, "%q has control characters or is not UTF-8", part.value)
		case len(part.value) > maxConnector:
			fault(part.name, "is longer than %d bytes", maxConnector)
		}
	}
	if strings.Contains(o.Connector, "/") {
		fault("connector", "%q has a '/', at which Canopsis splits connector and name", o.Connector)
	}
	if o.Canopsis < Canopsis2 || o.Canopsis > Canopsis2410 {
		fault("canopsis", "is not set to a known Canopsis")
	}
	for _, s := range []struct {
		name   string
		states []int
	}{{"host_states", o.HostStates[:3]}, {"service_states", o.ServiceStates[:]}} {
		if slices.Min(s.states) < 0 || slices.Max(s.states) > 3 {
			fault(s.name, "%v: Canopsis has the states 0 to 3", s.states)
		}
	}
	for _, s := range []struct {
		name string
		size int
	}{{"max_output", o.MaxOutput}, {"max_long_output", o.MaxLongOutput}, {"max_perfdata", o.MaxPerfdata}} {
		if s.size < minSize {
			fault(s.name, "%d is less than %d bytes", s.size, minSize)
		}
	}
	return faults
}

// encodeExtra encodes the extra fields as ",key:value…" in the order of their
// names. taken are the upper-case names of fields that have a meaning.
func (o *Options) encodeExtra(cs charset, taken map[string]bool) (encoded []byte, faults []error) {
	for _, key := range slices.Sorted(maps.Keys(o.Extra)) {
		fault := func(err error) { faults = append(faults, &option.Fault{Name: "extra." + key, Err: err}) }
		switch name, _ := cs.cleanName(key); {
		case name != key, key == "", strings.Contains(key, "."):
			fault(errFieldName)
			continue
		case taken[fold(key)]:
			fault(errFieldTaken)
			continue
		}
		encoded = append(encoded, ',')
		encoded, _ = appendString(encoded, key)
		encoded = append(encoded, ':')
		var err error
		if encoded, err = appendExtra(encoded, o.Extra[key]); err != nil {
			fault(err)
		}
	}
	return encoded, faults
}

var (
	errTagName   = errors.New("a tag's name is one line of UTF-8 without control characters")
	errFieldName = errors.New("a name is UTF-8 without control characters and without '.', " +
		"at which Canopsis splits it")
	errFieldTaken = errors.New("this name is that of another field of an event; choose another one")
	errExtraText  = errors.New("the text has control characters or is not UTF-8")
	errExtraType  = errors.New("must be a string, a boolean, a finite number or a list of strings")
)

// appendExtra appends the value of an extra field.
func appendExtra(buf []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		buf, ok := appendString(buf, v)
		if !ok {
			return buf, errExtraText
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
		return buf, errExtraType
	case []string:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return appendExtra(buf, list)
	case []any:
		buf = append(buf, '[')
		for i, item := range v {
			s, isText := item.(string)
			if !isText {
				return buf, errExtraType
			}
			if i > 0 {
				buf = append(buf, ',')
			}
			var ok bool
			if buf, ok = appendString(buf, s); !ok {
				return buf, errExtraText
			}
		}
		return append(buf, ']'), nil
	}
	return buf, errExtraType
}
