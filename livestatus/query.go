package livestatus

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxWait is the longest wait that a query may ask for: Naemon and Nagios wait for
// each open query before they reload or stop.
const MaxWait = 5 * time.Second

// Query asks for rows of a table.
type Query struct {
	Table   string
	Columns []string
	// Filters are what a row must pass, all of them.
	Filters []Filter
	// Trigger, if set, makes the server answer when something of that kind happens
	// (WaitTrigger: check, state, log, …), at the latest after Wait. Only Naemon
	// and mk-livestatus are known to do so; others answer at once or later.
	Trigger string
	Wait    time.Duration // at most MaxWait
}

// Filter is a condition, as the lines of a query.
type Filter []string

// Compare makes the filter "column operator value".
func Compare(column, operator, value string) Filter {
	return Filter{"Filter: " + column + " " + operator + " " + value}
}

// Any makes one filter of several, of which a row must pass one.
func Any(filters ...Filter) Filter { return join("Or", filters) }

// All makes one filter of several, all of which a row must pass.
func All(filters ...Filter) Filter { return join("And", filters) }

func join(how string, filters []Filter) Filter {
	joined := slices.Concat(filters...)
	if len(filters) > 1 {
		joined = append(joined, how+": "+strconv.Itoa(len(filters)))
	}
	return joined
}

// CanCompare reports whether a text can be compared with: a filter is one line, and
// servers strip its ends.
func CanCompare(text string) bool {
	return text != "" && strings.TrimSpace(text) == text && !strings.ContainsAny(text, "\r\n\x00")
}

// text returns the query as it is sent. One blank line ends it.
func (q *Query) text(backend string, wrapped bool) (string, error) {
	format := "json"
	if wrapped {
		format = "wrapped_json"
	}
	lines := []string{"GET " + q.Table, "Columns: " + strings.Join(q.Columns, " ")}
	for _, filter := range q.Filters {
		lines = append(lines, filter...)
	}
	if q.Trigger != "" {
		wait := min(max(q.Wait, time.Millisecond), MaxWait)
		lines = append(lines, "WaitTrigger: "+q.Trigger, fmt.Sprintf("WaitTimeout: %d", wait.Milliseconds()))
	}
	if backend != "" {
		lines = append(lines, "Backends: "+backend)
	}
	lines = append(lines, "OutputFormat: "+format, "ColumnHeaders: off", "KeepAlive: on", "ResponseHeader: fixed16")
	for _, line := range lines {
		if strings.ContainsAny(line, "\n\r\x00") {
			return "", fmt.Errorf("the line %.200q of the query can't be sent", line)
		}
	}
	return strings.Join(lines, "\n") + "\n\n", nil
}
