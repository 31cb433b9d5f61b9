package eventmap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// This file repeats, apart from the code under test, what each generation of
// Canopsis accepts, as read in its sources (lib/canopsis/types/event.go and
// event_perf_data.go of the Go engines, the Python engines of 2.x and 3.x) and
// observed with its own decoders.

func repeat(s string, n int) string { return strings.Repeat(s, n) }

// acceptable returns why Canopsis would refuse or mangle an event.
func acceptable(v Version, e outbox.Event, now time.Time) error {
	if !utf8.Valid(e.Body) {
		return errors.New("the body is not UTF-8")
	}
	body, err := strictObject(e.Body)
	if err != nil {
		return err
	}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for _, key := range []string{"connector", "connector_name", "event_type", "source_type", "component"} {
		if s, _ := body[key].(string); s == "" {
			fault("%s is missing, empty or no string", key)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if strings.Contains(body["connector"].(string), "/") {
		fault("connector with '/'")
	}
	entity := body["component"].(string)
	switch resource, has := body["resource"].(string); {
	case body["source_type"] == "component" && !has:
	case body["source_type"] == "resource" && resource != "":
		entity = resource + "/" + entity
	default:
		fault("source_type %v with resource %v", body["source_type"], body["resource"])
	}
	if e.Entity != entity {
		fault("entity %q, Canopsis makes it %q", e.Entity, entity)
	}
	faults = append(faults, typeFaults(v, e, body)...)
	faults = append(faults, keyFaults(body)...)
	if n := len(e.RoutingKey); n == 0 || n > 255 || !utf8.ValidString(e.RoutingKey) {
		fault("routing key of %d bytes", n)
	}
	if stamp := int64(body["timestamp"].(float64)); e.Route == outbox.Bus && v >= Canopsis43 &&
		(now.Unix()-stamp > 24*3600 || stamp-now.Unix() > 24*3600) {
		fault("timestamp over 24 h away")
	}
	if perf, _ := body["perf_data"].(string); perf != "" {
		if metrics, err := canopsisPerfdata(perf, v); err != nil {
			fault("perf_data %q: %w", perf, err)
		} else if len(metrics) == 0 && !strings.Contains(perf, "=U") {
			fault("perf_data %q without a metric", perf)
		}
	}
	return errors.Join(faults...)
}

// strictObject decodes one JSON object and refuses a key that comes twice.
func strictObject(data []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("no object: %v %w", t, err)
	}
	body := make(map[string]any)
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		if _, twice := body[key.(string)]; twice {
			return nil, fmt.Errorf("%q comes twice", key)
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		body[key.(string)] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return body, nil
}

// The event types that a connector may send, by generation and route.
var acceptedTypes = map[Version]map[outbox.Route][]string{
	Canopsis2:    {outbox.Bus: {"check", "ack", "ackremove", "comment", "downtime"}},
	Canopsis3:    {outbox.Bus: {"check", "ack", "ackremove", "comment", "pbehavior"}},
	Canopsis40:   {outbox.Bus: {"check", "ack", "ackremove", "comment"}, outbox.Pbehavior: {"downtime_change"}},
	Canopsis43:   {outbox.Bus: {"check", "ack", "ackremove", "comment"}, outbox.Pbehavior: {"downtime_change"}},
	Canopsis2310: {outbox.Bus: {"check", "ack", "ackremove", "comment"}, outbox.Pbehavior: {"downtime_change"}},
	Canopsis2410: {outbox.Bus: {"check", "ack", "ackremove", "comment"}, outbox.Pbehavior: {"downtime_change"}},
}

// The fields that Canopsis decodes into a type of its own.
var (
	stringFields = strings.Fields(`
		_id connector connector_name event_type component resource perf_data source_type long_output output aid author
		user_id routing_key stat_name role metaalarm_rule_id metaalarm_value_path display_name initiator
		delayed_scenario_id delayed_scenario_data idle_rule_apply execution instruction ticket ticket_rule_id
		ticket_rule_name ticket_url ticket_url_title ticket_system_name ticket_meta_alarm_id ticket_comment`)
	numberFields    = strings.Fields(`state status timestamp rt duration state_type`)
	forbiddenFields = strings.Fields(`
		debug manual_meta_alarm_auto_resolve ma_updated instr_matched healthcheck state_setting_updated ma_parents
		ma_children added_to_services removed_from_services ticket_data extra current_alarm current_entity alarm_change
		pbehavior_info perf_data_array _id aid user_id routing_key stat_name role initiator status rt display_name`)
)

// typeFaults checks the JSON types and the fields that the type needs.
func typeFaults(v Version, e outbox.Event, body map[string]any) (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	typ := body["event_type"].(string)
	if !slices.Contains(acceptedTypes[v][e.Route], typ) {
		fault("wrong event type on %s: %s", e.Route, typ)
	}
	for key, value := range body {
		name := key
		if v == Canopsis40 || v == Canopsis43 { // 4.2 to 4.4 regard no case
			name = strings.ToLower(key)
		}
		_, isString := value.(string)
		_, isNumber := value.(float64)
		switch {
		case slices.Contains(stringFields, name) && !isString,
			slices.Contains(numberFields, name) && !isNumber && value != nil,
			slices.Contains(forbiddenFields, name),
			name != key &&
				(slices.Contains(stringFields, name) || slices.Contains(numberFields, name) || name == "tags"):
			fault("%s: %v", key, value)
		}
	}
	if stamp, ok := body["timestamp"].(float64); !ok || stamp != float64(int64(stamp)) || stamp <= 0 {
		fault("timestamp %v", body["timestamp"])
	}
	if state, ok := body["state"].(float64); typ == "check" && (!ok || !slices.Contains([]float64{0, 1, 2, 3}, state)) {
		fault("state %v", body["state"])
	}
	switch tags := body["tags"].(type) {
	case nil:
	case []any:
		if v > Canopsis3 {
			fault("tags as a list")
		}
	case map[string]any:
		for name, value := range tags {
			if _, ok := value.(string); !ok || v <= Canopsis3 {
				fault("tag %s: %v", name, value)
			}
		}
	default:
		fault("tags %v", tags)
	}
	needed := map[string][]string{
		"ack":             {"author", "output", "ref_rk"},
		"ackremove":       {"author", "output", "ref_rk"},
		"comment":         {"author", "output"},
		"downtime":        {"author", "output", "start", "end", "duration", "entry", "fixed", "downtime_id"},
		"pbehavior":       {"action", "pbehavior_name", "start", "end", "author"},
		"downtime_change": {"change", "author"},
	}
	for _, key := range needed[typ] {
		if value := body[key]; value == nil || value == "" {
			fault("%s without %s", typ, key)
		}
	}
	return faults
}

// keyFaults checks every key and value: Canopsis can address the key, and text has
// no control characters.
func keyFaults(body map[string]any) (faults []error) {
	for key, value := range body {
		if strings.Contains(key, ".") || key == "" {
			faults = append(faults, fmt.Errorf("key %q can't be addressed", key))
		}
		texts := []string{key}
		switch v := value.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			list := make([]string, len(v))
			for i := range v {
				list[i], _ = v[i].(string)
			}
			if strings.HasSuffix(key, "groups") && !slices.IsSorted(list) {
				faults = append(faults, fmt.Errorf("%s is not sorted", key))
			}
			texts = append(texts, list...)
		}
		for _, text := range texts {
			if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
				faults = append(faults, fmt.Errorf("%s: control characters in %q", key, text))
			}
		}
	}
	return faults
}

// canopsisMetric is a metric as engine-che stores it.
type canopsisMetric struct {
	Name  string
	Value float64
	Unit  string
}

var (
	errPanics  = errors.New("engine-che would panic")
	errDropped = errors.New("the whole perf_data is dropped")
)

// canopsisPerfdata reads perf_data by the grammar of engine-che: any fault drops
// everything, and a label that is a lone quote panics. The Python parser of 2.x
// also accepts negative values, and reads other units.
func canopsisPerfdata(s string, v Version) ([]canopsisMetric, error) {
	var metrics []canopsisMetric
	for s != "" {
		label, rest, found := strings.Cut(s, "=")
		if !found || label == "" || rest == "" {
			return nil, errDropped
		}
		name, err := canopsisLabel(label)
		if err != nil {
			return nil, err
		}
		token, after, more := strings.Cut(rest, " ")
		if s = after; more && after == "" {
			s = "" // one trailing space is fine
		}
		value, _, _ := strings.Cut(token, ";")
		if value == "" {
			return nil, errDropped
		}
		if value[0] == 'U' {
			continue
		}
		if v <= Canopsis3 {
			value = strings.TrimPrefix(value, "-")
		}
		digits := strings.TrimLeft(value, "0123456789")
		if strings.HasPrefix(digits, ".") {
			if digits == "." {
				return nil, errDropped
			}
			digits = strings.TrimLeft(digits[1:], "0123456789")
		}
		number, err := strconv.ParseFloat(value[:len(value)-len(digits)], 64)
		if err != nil || !canopsisUnit(digits, v) {
			return nil, fmt.Errorf("value %q: %w", value, errDropped)
		}
		if digits != "" {
			name += "_" + digits
		}
		metrics = append(metrics, canopsisMetric{name, number, digits})
	}
	return metrics, nil
}

func canopsisLabel(label string) (string, error) {
	if label == "'" {
		return "", errPanics
	}
	if strings.HasPrefix(label, "'") && strings.HasSuffix(label, "'") {
		label = label[1 : len(label)-1]
	} else if strings.Contains(label, " ") {
		return "", errDropped
	}
	if strings.Contains(strings.ReplaceAll(label, "''", ""), "'") {
		return "", errDropped
	}
	return strings.ReplaceAll(label, "''", "'"), nil
}

func canopsisUnit(unit string, v Version) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	switch v {
	case Canopsis2, Canopsis3:
		return strings.Trim(unit, letters+"%/") == ""
	case Canopsis2310:
		return strings.Trim(unit, letters) == "" || unit == "%"
	}
	return slices.Contains([]string{"", "%", "°C", "s", "us", "ms", "B", "KB", "MB", "TB", "c"}, unit)
}
