package livestatus

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Dialect is a family of Livestatus servers.
type Dialect string

// The dialects. Nagios stands for mk-livestatus in any core, also Checkmk's.
const (
	Naemon  Dialect = "Naemon"
	Nagios  Dialect = "Nagios"
	Icinga2 Dialect = "Icinga 2"
	Shinken Dialect = "Shinken"
	LMD     Dialect = "LMD"
)

// Server is what is known of a server.
type Server struct {
	// Dialect is who answers, Core whose data it is: they differ behind an LMD.
	Dialect, Core Dialect
	// Program is what the core calls itself, such as "Nagios 4.4.6".
	Program string
	// Version is the column livestatus_version.
	Version string
	// Started is when the core began to run, by its clock; zero: not reported.
	Started time.Time

	columns map[string]map[string]bool // by table
}

// Has reports whether the server has a column.
func (s *Server) Has(table, column string) bool { return s.columns[table][column] }

// HasTable reports whether the server has a table.
func (s *Server) HasTable(table string) bool { return len(s.columns[table]) > 0 }

// Only returns those of the columns that the server has.
func (s *Server) Only(table string, columns []string) []string {
	return slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return !s.Has(table, c) })
}

// Waits reports whether the server is known to wait for a trigger. LMD adds the
// waits of its backends up.
func (s *Server) Waits() bool { return s.Dialect == Naemon || s.Dialect == Nagios }

// The columns of the table status that tell who answers.
var statusColumns = []string{"livestatus_version", "program_version", "program_start"}

// Probe finds out what the server is and which columns it has. The queries after it
// use what it found.
func (c *Client) Probe(ctx context.Context) (*Server, error) {
	c.wrapped = false
	s := &Server{columns: map[string]map[string]bool{}}
	_, err := c.Query(ctx, Query{Table: "columns", Columns: []string{"table", "name"}}, func(row []Value) error {
		table := row[0].String()
		if s.columns[table] == nil {
			s.columns[table] = map[string]bool{}
		}
		s.columns[table][row[1].String()] = true
		return nil
	})
	var refused *Error
	switch {
	case errors.As(err, &refused) && refused.Code == CodeNotFound:
		s.columns = withoutColumnsTable()
	case err != nil:
		return nil, err
	}
	if err := c.readStatus(ctx, s); err != nil {
		return nil, err
	}
	s.recognise()
	c.wrapped = s.Dialect == Naemon || s.Dialect == LMD
	return s, nil
}

// readStatus reads the table status. An LMD answers with one row for each backend;
// the first counts.
func (c *Client) readStatus(ctx context.Context, s *Server) error {
	first := true
	_, err := c.Query(ctx, Query{Table: "status", Columns: statusColumns}, func(row []Value) error {
		if first {
			s.Version, s.Program = row[0].String(), row[1].String()
			if start, ok := row[2].Float(); ok && start > 0 {
				s.Started = time.UnixMicro(int64(start * 1e6))
			}
		}
		first = false
		return nil
	})
	return err
}

// The versions by which a core is known; those of Shinken and Icinga 2 as LMD knows
// them (peer.go).
var (
	ofShinken = regexp.MustCompile(`-shinken$`)
	ofIcinga2 = regexp.MustCompile(`^r[\d.-]+$|-icinga2$`)
)

func (s *Server) recognise() {
	program := strings.ToLower(s.Program)
	switch {
	case ofShinken.MatchString(s.Version):
		s.Core = Shinken
	case ofIcinga2.MatchString(s.Version), ofIcinga2.MatchString(s.Program):
		s.Core = Icinga2
	case strings.Contains(program, "naemon"), strings.Contains(strings.ToLower(s.Version), "naemon"):
		s.Core = Naemon
	default:
		s.Core = Nagios
	}
	s.Dialect = s.Core
	switch {
	case s.Has("hosts", "lmd_last_cache_update"):
		s.Dialect = LMD
	case s.Core == Nagios && s.Has("services", "last_update"):
		s.Core, s.Dialect = Naemon, Naemon // no other has the column
	}
	if version := strings.TrimLeft(s.Program, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ -"); version != "" {
		s.Program = strings.ReplaceAll(string(s.Core), " ", "") + " " + version
	}
}

// withoutColumnsTable returns the columns of a server that has no table of them:
// Icinga 2, of which 2.13.6 was asked for each column of mk-livestatus.
func withoutColumnsTable() map[string]map[string]bool {
	objects := "acknowledged acknowledgement_type action_url action_url_expanded check_command check_type " +
		"contact_groups current_attempt custom_variable_names custom_variable_values custom_variables " +
		"display_name execution_time flap_detection_enabled groups has_been_checked is_executing is_flapping " +
		"last_check last_state_change latency long_plugin_output max_check_attempts next_check notes " +
		"notes_expanded notes_url notes_url_expanded perf_data plugin_output process_performance_data " +
		"scheduled_downtime_depth state state_type "
	tables := map[string]string{
		"hosts":    objects + "address alias name",
		"services": objects + "description host_name",
		"comments": "author comment entry_time entry_type expire_time expires host_name id is_service persistent " +
			"service_description source type",
		"downtimes": "author comment duration end_time entry_time fixed host_name id is_service service_description " +
			"start_time triggered_by type",
		"hostgroups":    "alias members name",
		"servicegroups": "alias members name",
		"log": "attempt class comment host_name lineno message options plugin_output service_description state " +
			"time type",
		"status": "enable_flap_detection enable_notifications execute_host_checks execute_service_checks " +
			"livestatus_version process_performance_data program_start program_version",
	}
	columns := map[string]map[string]bool{}
	for table, names := range tables {
		columns[table] = map[string]bool{}
		for name := range strings.FieldsSeq(names) {
			columns[table][name] = true
		}
	}
	return columns
}

// Tables returns the names of the tables that the server has.
func (s *Server) Tables() []string { return slices.Sorted(maps.Keys(s.columns)) }
