package livestatustest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// answer makes the bytes of an answer.
func (s *Server) answer(q query) []byte {
	d := &s.Dialect
	columns := s.columnsOf(q.table)
	unknown := slices.IndexFunc(q.columns, func(c string) bool { return !slices.Contains(columns, c) })
	switch {
	case q.verb != "GET":
		return s.refuse(q, 452, "Invalid request method")
	case columns == nil:
		return s.refuse(q, 404, fmt.Sprintf("Invalid GET request, no such table '%s'", q.table))
	case d.RefusesHeader && q.unknown != "":
		return s.refuse(q, 400, fmt.Sprintf("Undefined request header '%s'", q.unknown))
	case d.RefusesColumn && unknown >= 0:
		text := "Error: Column '%s' does not exist in table '%s'.\n\nStacktrace:\n 0# __cxa_throw"
		return s.refuse(q, 452, fmt.Sprintf(text, q.columns[unknown], q.table))
	case q.format != "json" && (q.format != "wrapped_json" || !d.Wrapped):
		return s.head(q, 200, "") // as Icinga 2
	}
	body := &strings.Builder{}
	rows := s.rows(q, columns)
	if q.format == "json" {
		writeRows(body, rows)
	} else {
		body.WriteString(`{"data":`)
		writeRows(body, rows)
		if d.WithFailed {
			failed, _ := json.Marshal(s.failed)
			fmt.Fprintf(body, `,"failed":%s`, strings.Replace(string(failed), "null", "{}", 1))
		}
		fmt.Fprintf(body, "\n,\"total_count\":%d}", len(rows))
	}
	if d.LineFeed {
		body.WriteByte('\n')
	}
	return s.head(q, 200, body.String())
}

func (s *Server) head(q query, code int, body string) []byte {
	if !q.fixed16 {
		return []byte(body)
	}
	return fmt.Appendf(nil, "%03d %11d\n%s", code, len(body), body)
}

func (s *Server) refuse(q query, code int, text string) []byte {
	if s.Dialect.BareErrors {
		return []byte("bad request: " + text + "\n")
	}
	return s.head(q, code, text+"\n")
}

// rows returns the values that a query asks for.
func (s *Server) rows(q query, columns []string) (rows [][]any) {
	all := s.tables[q.table]
	if q.table == "columns" {
		all = s.columnRows()
	}
	if q.table == "log" && s.Dialect.NewestFirst {
		all = slices.Clone(all)
		slices.Reverse(all)
	}
	if q.table == "log" && s.Dialect.LogByFile && len(all) > 0 && compare(all[0]["time"], "<", fmt.Sprint(q.logFrom)) {
		return nil
	}
	for _, row := range all {
		if s.failed[fmt.Sprint(row["peer_key"])] != "" ||
			slices.ContainsFunc(q.filters, func(f filter) bool { return !f(row) }) {
			continue
		}
		var values []any
		for _, column := range q.columns {
			value, known := row[column]
			switch {
			case !slices.Contains(columns, column):
				value = s.Dialect.UnknownColumn
			case !known:
				value = empty(column)
			case s.Dialect.Booleans && isBoolean(column):
				value = value != 0 && value != false
			}
			values = append(values, value)
		}
		rows = append(rows, values)
	}
	return rows
}

// isBoolean reports whether Icinga 2 writes a column as true or false.
func isBoolean(column string) bool {
	return slices.Contains([]string{"acknowledged", "is_flapping", "is_reachable", "expires", "fixed"}, column)
}

// empty is the value of a column of which a row has none.
func empty(column string) any {
	switch {
	case slices.Contains(texts, column):
		return ""
	case slices.Contains(lists, column):
		return []any{}
	}
	return 0
}

func writeRows(body *strings.Builder, rows [][]any) {
	body.WriteByte('[')
	for i, row := range rows {
		if i > 0 {
			body.WriteString(",\n")
		}
		text, err := json.Marshal(row)
		if err != nil {
			panic(err) // a test made a row that is no JSON
		}
		body.Write(text)
	}
	body.WriteString("]")
}

var (
	texts = strings.Fields("name alias address host_name description display_name plugin_output " +
		"long_plugin_output perf_data check_command author comment service_description message " +
		"livestatus_version program_version table peer_key notes_expanded notes_url_expanded " +
		"action_url_expanded")
	lists   = strings.Fields("groups contact_groups custom_variable_names custom_variable_values")
	numbers = strings.Fields("state state_type current_attempt max_check_attempts last_check has_been_checked " +
		"check_type latency execution_time acknowledged acknowledgement_type is_flapping " +
		"flap_detection_enabled scheduled_downtime_depth process_performance_data next_check " +
		"is_executing")
)

// moreColumns are those that hosts and services have besides numbers and names.
var moreColumns = strings.Fields("display_name plugin_output long_plugin_output perf_data " +
	"check_command notes_expanded " +
	"notes_url_expanded action_url_expanded groups contact_groups custom_variable_names " +
	"custom_variable_values")

// columnsOf returns the columns of a table, nil if there is no such table.
func (s *Server) columnsOf(table string) (columns []string) {
	switch table {
	case "hosts":
		columns = append(numbers[:len(numbers):len(numbers)], "name", "alias", "address")
	case "services":
		columns = append(numbers[:len(numbers):len(numbers)], "host_name", "description")
	case "comments":
		return strings.Fields("host_name service_description id author comment entry_time entry_type persistent " +
			"expires expire_time is_service type source")
	case "downtimes":
		return strings.Fields("host_name service_description id author comment entry_time start_time end_time fixed " +
			"duration triggered_by is_service type")
	case "log":
		return strings.Fields("time class type message host_name service_description lineno state")
	case "status":
		return slices.Sorted(maps.Keys(s.tables["status"][0]))
	case "columns":
		if s.Dialect.NoColumnsTable {
			return nil
		}
		return []string{"table", "name"}
	default:
		return nil
	}
	columns = append(columns, moreColumns...)
	if s.Dialect.LastUpdate {
		columns = append(columns, "last_update")
	}
	if s.Dialect.WithFailed {
		columns = append(columns, "lmd_last_cache_update", "peer_key")
	}
	return columns
}

func (s *Server) columnRows() (rows []Row) {
	for _, table := range []string{"columns", "status", "hosts", "services", "comments", "downtimes", "log"} {
		for _, column := range s.columnsOf(table) {
			rows = append(rows, Row{"table": table, "name": column})
		}
	}
	return rows
}
