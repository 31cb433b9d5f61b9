package livestatus_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/livestatustest"
)

// eachServer runs a test against every dialect, and against the server that
// N2C_LIVESTATUS names, unix:/path or tcp://host:port.
func eachServer(t *testing.T, test func(t *testing.T, client *livestatus.Client, server *livestatus.Server)) {
	probe := func(t *testing.T, address string) {
		client := newClient(t, livestatus.Options{Address: address})
		server, err := client.Probe(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		test(t, client, server)
	}
	if address := os.Getenv("N2C_LIVESTATUS"); address != "" {
		t.Run("real", func(t *testing.T) { probe(t, address) })
	}
	for _, dialect := range livestatustest.All() {
		t.Run(dialect.Name, func(t *testing.T) {
			fake := livestatustest.New(t, dialect)
			fake.Set("hosts", livestatustest.Row{"name": "h", "last_check": 1700000000, "has_been_checked": 1})
			fake.Set("services",
				livestatustest.Row{"host_name": "h", "description": "a", "last_check": 1700000001,
					"has_been_checked": 1},
				livestatustest.Row{"host_name": "h", "description": "b", "acknowledged": 1, "has_been_checked": 1})
			probe(t, fake.Address())
		})
	}
}

func count(t *testing.T, client *livestatus.Client, q livestatus.Query) (rows int) {
	t.Helper()
	_, err := client.Query(context.Background(), q, func([]livestatus.Value) error { rows++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestServersAreRecognised by what they answer to the first questions.
func TestServersAreRecognised(t *testing.T) {
	want := map[string]string{
		"naemon": "Naemon, Naemon, Naemon 1.5.0-naemon", "mk": "Nagios, Nagios, Nagios 4.4.6",
		"icinga2": "Icinga 2, Icinga 2, Icinga2 2.13.6-1-icinga2", "shinken": "Shinken, Shinken, Shinken 2.4.3",
		"lmd": "LMD, Nagios, Nagios 4.4.6",
	}
	for _, dialect := range livestatustest.All() {
		client := newClient(t, livestatus.Options{Address: livestatustest.New(t, dialect).Address()})
		s, err := client.Probe(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%s, %s, %s", s.Dialect, s.Core, s.Program); got != want[dialect.Name] {
			t.Errorf("%s: %s, want %s", dialect.Name, got, want[dialect.Name])
		}
		if s.Started.Unix() != 1700000000 {
			t.Errorf("%s: started %v", dialect.Name, s.Started)
		}
		if got, want := s.Has("services", "last_update"), dialect.LastUpdate; got != want {
			t.Errorf("%s: has last_update: %t", dialect.Name, got)
		}
	}
}

// TestEveryServerAnswers the questions that the sources ask.
func TestEveryServerAnswers(t *testing.T) {
	eachServer(t, func(t *testing.T, client *livestatus.Client, server *livestatus.Server) {
		for _, column := range []string{
			"last_check", "state", "state_type", "plugin_output", "long_plugin_output", "perf_data", "acknowledged",
			"scheduled_downtime_depth", "is_flapping", "has_been_checked", "current_attempt", "execution_time",
		} {
			for _, table := range []string{"hosts", "services"} {
				if !server.Has(table, column) {
					t.Errorf("the table %s has no column %s", table, column)
				}
			}
		}
		services := livestatus.Query{Table: "services", Columns: []string{"host_name", "description", "last_check",
			"state"}}
		all := count(t, client, services)
		if all == 0 {
			t.Error("no services")
		}
		some := services
		some.Filters = []livestatus.Filter{livestatus.Any(livestatus.Compare("last_check", ">=", "0"),
			livestatus.Compare("acknowledged", "=", "1"), livestatus.Compare("scheduled_downtime_depth", ">", "0"),
			livestatus.Compare("is_flapping", "=", "1"))}
		if n := count(t, client, some); n != all {
			t.Errorf("%d services by a filter that all pass, want %d", n, all)
		}
		none := livestatus.All(livestatus.Compare("host_name", "=", "no such host"),
			livestatus.Compare("description", "=", "none"))
		some.Filters = []livestatus.Filter{livestatus.Any(none, none)}
		if n := count(t, client, some); n != 0 {
			t.Errorf("%d services of a host that does not exist", n)
		}
		for _, table := range []string{"comments", "downtimes"} {
			count(t, client, livestatus.Query{Table: table, Columns: []string{"id", "author", "entry_time"}})
		}
	})
}

// TestEveryServerRefusesAnUnknownTable, and answers the next question.
func TestEveryServerRefusesAnUnknownTable(t *testing.T) {
	eachServer(t, func(t *testing.T, client *livestatus.Client, server *livestatus.Server) {
		_, err := client.Query(context.Background(), livestatus.Query{Table: "nosuchtable", Columns: []string{"x"}},
			nil)
		var e *livestatus.Error
		switch {
		case !errors.As(err, &e):
			t.Fatalf("got %v", err)
		case server.Dialect == livestatus.LMD: // without a header
		case e.Code != livestatus.CodeNotFound:
			t.Errorf("code %d: %v", e.Code, err)
		}
		if count(t, client, livestatus.Query{Table: "hosts", Columns: []string{"name"}}) == 0 {
			t.Error("no hosts after it")
		}
	})
}

// TestUnknownColumns: who hides them behind an empty value, and who refuses them.
func TestUnknownColumns(t *testing.T) {
	want := map[livestatus.Dialect]string{
		livestatus.Naemon: `""`, livestatus.Nagios: `null`, livestatus.Shinken: `""`, livestatus.LMD: `""`,
		livestatus.Icinga2: "refused",
	}
	eachServer(t, func(t *testing.T, client *livestatus.Client, server *livestatus.Server) {
		if server.Has("hosts", "nosuchcolumn") {
			t.Error("the server is taken to have any column")
		}
		got := ""
		q := livestatus.Query{Table: "hosts", Columns: []string{"name", "nosuchcolumn"}}
		_, err := client.Query(context.Background(), q, func(row []livestatus.Value) error {
			got = `""`
			if row[1].Kind == livestatus.Null {
				got = "null"
			}
			return nil
		})
		if err != nil {
			got = "refused"
		}
		if got != want[server.Dialect] {
			t.Errorf("%s: got %s, want %s", server.Dialect, got, want[server.Dialect])
		}
	})
}

// TestWhoWaits: only a server that is known to wait is asked to; the others answer at
// once.
func TestWhoWaits(t *testing.T) {
	eachServer(t, func(t *testing.T, client *livestatus.Client, server *livestatus.Server) {
		if !server.Waits() {
			return
		}
		began := time.Now()
		count(t, client, livestatus.Query{Table: "status", Columns: []string{"program_start"}, Trigger: "state",
			Wait: 200 * time.Millisecond})
		if took := time.Since(began); took < 150*time.Millisecond {
			t.Logf("it answered after %s: a change of state, or it does not wait", took)
		}
	})
}

// TestNothingIsSentThatAServerDoesNotKnow.
func TestNothingIsSentThatAServerDoesNotKnow(t *testing.T) {
	known := []string{"GET", "Columns", "Filter", "And", "Or", "OutputFormat", "ColumnHeaders", "KeepAlive",
		"ResponseHeader"}
	for _, dialect := range livestatustest.All() {
		fake := livestatustest.New(t, dialect)
		client := newClient(t, livestatus.Options{Address: fake.Address()})
		if _, err := client.Probe(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, text := range fake.Queries() {
			for _, header := range livestatustest.Headers(text) {
				if !slices.Contains(known, header) {
					t.Errorf("%s is sent %s", dialect.Name, header)
				}
			}
		}
	}
}

// TestDeadBackends: only wrapped_json shows them.
func TestDeadBackends(t *testing.T) {
	fake := livestatustest.New(t, livestatustest.LMD)
	fake.Set("hosts", livestatustest.Row{"name": "a", "peer_key": "id1"}, livestatustest.Row{"name": "b",
		"peer_key": "id2"})
	fake.Fail(map[string]string{"id2": "peer is down: refused"})
	client := newClient(t, livestatus.Options{Address: fake.Address()})
	if _, err := client.Probe(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, answer, err := names(client)
	if err != nil || len(got) != 1 || answer.Failed["id2"] != "peer is down: refused" {
		t.Errorf("%v, %v, %v", got, answer, err)
	}
}

// TestDurationOfAWaitIsBounded: an open wait holds a Naemon that reloads.
func TestDurationOfAWaitIsBounded(t *testing.T) {
	fake := livestatustest.New(t, livestatustest.Shinken)
	client := newClient(t, livestatus.Options{Address: fake.Address()})
	for wait, want := range map[time.Duration]string{time.Hour: "5000", 0: "1", 700 * time.Millisecond: "700"} {
		count(t, client, livestatus.Query{Table: "status", Columns: []string{"program_start"}, Trigger: "state",
			Wait: wait})
		if sent := fake.Queries(); !slices.Contains(livestatustest.Lines(sent[0]), "WaitTimeout: "+want) {
			t.Errorf("%s: sent %q", wait, sent)
		}
	}
}
