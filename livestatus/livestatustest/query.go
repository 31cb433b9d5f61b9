package livestatustest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query is a query that came.
type query struct {
	verb, table string
	columns     []string
	filters     []filter
	format      string
	keepAlive   bool
	fixed16     bool
	trigger     string
	timeout     time.Duration
	unknown     string   // header that no server knows
	filtered    []string // columns that are compared
	logFrom     int64    // of the last "time >="
}

// filter reports whether a row passes.
type filter func(Row) bool

func parseQuery(text string) query {
	q := query{timeout: 5 * time.Second}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	q.verb, q.table, _ = strings.Cut(lines[0], " ")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "Columns":
			q.columns = strings.Fields(value)
		case "Filter":
			q.addFilter(value)
		case "And", "Or":
			n, _ := strconv.Atoi(value)
			q.join(name == "Or", n)
		case "OutputFormat":
			q.format = value
		case "KeepAlive":
			q.keepAlive = value == "on"
		case "ResponseHeader":
			q.fixed16 = value == "fixed16"
		case "WaitTrigger":
			q.trigger = value
		case "WaitTimeout":
			n, _ := strconv.Atoi(value)
			q.timeout = time.Duration(n) * time.Millisecond
		case "ColumnHeaders", "Backends":
		default:
			q.unknown = name
		}
	}
	return q
}

func (q *query) addFilter(text string) {
	column, rest, _ := strings.Cut(text, " ")
	operator, value, _ := strings.Cut(rest, " ")
	q.filtered = append(q.filtered, column)
	if q.table == "log" && column == "time" && operator == ">=" {
		q.logFrom, _ = strconv.ParseInt(value, 10, 64)
	}
	q.filters = append(q.filters, func(row Row) bool { return compare(row[column], operator, value) })
}

func (q *query) join(any bool, n int) {
	at := len(q.filters) - n
	parts := slices.Clone(q.filters[at:])
	q.filters = append(q.filters[:at], func(row Row) bool {
		for _, part := range parts {
			if part(row) == any {
				return any
			}
		}
		return !any
	})
}

// compare compares a value of a table with that of a filter, as numbers if both are.
func compare(value any, operator, with string) bool {
	if b, isBool := value.(bool); isBool {
		value = 0
		if b {
			value = 1
		}
	}
	a, aErr := strconv.ParseFloat(fmt.Sprint(value), 64)
	b, bErr := strconv.ParseFloat(with, 64)
	order := strings.Compare(fmt.Sprint(value), with)
	if value == nil {
		order = strings.Compare("", with)
	}
	if aErr == nil && bErr == nil {
		order = int(max(min((a-b)*1e6, 1), -1))
	}
	switch operator {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case ">":
		return order > 0
	case "<=":
		return order <= 0
	}
	return order >= 0
}

// Lines returns the lines of a query.
func Lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

// Headers returns the names of a query's headers, and its verb.
func Headers(text string) (names []string) {
	for i, line := range Lines(text) {
		separator := ":"
		if i == 0 {
			separator = " "
		}
		name, _, _ := strings.Cut(line, separator)
		names = append(names, name)
	}
	return names
}
