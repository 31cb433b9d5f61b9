package shinkentest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// truth is what the module should have written of a module instance's life:
// the results and present states of each object in order.
type truth struct {
	checks, states map[object][]record
	repeats        int
}

func workOut(life []brok) truth {
	result := truth{checks: map[object][]record{}, states: map[object][]record{}}
	status := map[object]brok{} // the last one of each
	for _, b := range life {
		if b.isResult() {
			want := state(b, status)
			want["DATATYPE"] = x(b) + "CHECK"
			want["TIMET"] = want["CHECKENDTIME"]
			before := result.checks[b.object()]
			if len(before) > 0 && maps.Equal(reported(before[len(before)-1]), reported(want)) {
				result.repeats++
				continue
			}
			result.checks[b.object()] = append(before, want)
		}
		if b.isStatus() {
			status[b.object()] = b
		}
		if b.isInitial() && b.Data["last_chk"] != 0.0 {
			want := state(b, status)
			want["DATATYPE"] = x(b) + "STATE"
			result.states[b.object()] = append(result.states[b.object()], want)
		}
	}
	return result
}

// reported is what a result brok itself holds of a record: a repeat holds the same.
func reported(r record) record {
	result := record{}
	for key, value := range r {
		switch {
		case strings.HasPrefix(key, "_"), strings.HasSuffix(key, "URL"), strings.HasSuffix(key, "NAMES"),
			strings.HasSuffix(key, "NOTES"), strings.HasSuffix(key, "DISPLAYNAME"), strings.HasPrefix(key, "MAX"),
			strings.HasSuffix(key, "CHECKCOMMAND"), key == "HOSTADDRESS", key == "HOSTALIAS":
		default:
			result[key] = value
		}
	}
	return result
}

func x(b brok) string {
	if strings.Contains(b.Type, "service") {
		return "SERVICE"
	}
	return "HOST"
}

// state is the record of a result, or of a status as the present state.
func state(b brok, status map[object]brok) record {
	x, data := x(b), b.Data
	number := func(field string) float64 { return data[field].(float64) }
	float := func(value float64) string { return fmt.Sprintf("%.6f", value) }
	whole := func(field string) string { return fmt.Sprintf("%d", int64(number(field))) }
	r := record{
		"HOSTNAME":            b.object().host,
		x + "STATEID":         whole("state_id"),
		x + "STATETYPE":       data["state_type"].(string),
		x + "ATTEMPT":         whole("attempt"),
		x + "CHECKTYPE":       []string{"ACTIVE", "PASSIVE"}[int(number("check_type"))],
		"LAST" + x + "CHECK":  whole("last_chk"),
		"CHECKENDTIME":        float(number("last_chk") + number("execution_time")),
		x + "EXECUTIONTIME":   float(number("execution_time")),
		x + "LATENCY":         float(number("latency")),
		x + "OUTPUT":          data["output"].(string),
		x + "PERFDATA":        data["perf_data"].(string),
		"LONG" + x + "OUTPUT": data["long_output"].(string),
	}
	if x == "SERVICE" {
		r["SERVICEDESC"] = b.object().service
	}
	if number("return_code") != 0 || number("state_id") == 0 {
		r["RETURNCODE"] = whole("return_code")
	}
	flag := func(value any) string { return map[bool]string{false: "0", true: "1"}[value.(bool)] }
	own, known := status[b.object()]
	depth := ""
	if known {
		r["ACKNOWLEDGED"] = flag(own.Data["problem_has_been_acknowledged"])
		r["FLAPPING"] = flag(own.Data["is_flapping"])
		depth = fmt.Sprint(max(0, int(own.Data["scheduled_downtime_depth"].(float64))))
	}
	if value, ok := data["problem_has_been_acknowledged"]; ok {
		r["ACKNOWLEDGED"] = flag(value)
	}
	if value, ok := data["in_scheduled_downtime"]; ok {
		switch {
		case value == false:
			depth = "0"
		case depth == "" || depth == "0":
			depth = "1"
		}
	}
	if depth != "" {
		r["DOWNTIMEDEPTH"] = depth
	}
	if known {
		configured(r, own, true)
	}
	if host, known := status[object{host: b.object().host}]; known {
		configured(r, host, false)
	}
	return r
}

// configured adds what a status brok holds of the object's configuration.
func configured(r record, status brok, own bool) {
	x, data := x(status), status.Data
	set := func(key string, field string) {
		if value, _ := data[field].(string); value != "" {
			r[key] = value
		}
	}
	if own {
		r["MAX"+x+"ATTEMPTS"] = fmt.Sprint(data["max_check_attempts"])
		if command, ok := data["check_command"].(map[string]any); ok {
			r[x+"CHECKCOMMAND"] = command["__dict__"].(map[string]any)["call"].(string)
		}
	}
	if x == "HOST" {
		set("HOSTADDRESS", "address")
		set("HOSTALIAS", "alias")
	}
	set(x+"DISPLAYNAME", "display_name")
	set(x+"NOTES", "notes")
	set(x+"NOTESURL", "notes_url")
	set(x+"ACTIONURL", "action_url")
	set(x+"GROUPNAMES", strings.ToLower(x)+"groups")
	customs, _ := data["customs"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(customs)) {
		r["_"+x+strings.TrimPrefix(name, "_")] = customs[name].(string)
	}
}
