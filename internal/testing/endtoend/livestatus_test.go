package endtoend

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/livestatustest"
)

// overLivestatus is a connector that reads nothing but a Livestatus socket, and prints.
func overLivestatus(t *testing.T, address string, more Settings) *Connector {
	t.Helper()
	dir := t.TempDir()
	c := NewConnector(t, program(t), Settings{
		"supervisor": "none", "connector": "nagios", "connector_name": "t",
		"readers.livestatus.address": address, "readers.livestatus.poll": "100ms", "readers.livestatus.scan": "1s",
		"journal.path": filepath.Join(dir, "journal.db"), "quarantine.path": filepath.Join(dir, "quarantine.ndjson"),
		"publish.amqp.enabled": false, "publish.stdout.enabled": true,
	}.With(more).YAML(t))
	c.out = &testlog.Buffer{}
	return c
}

// printed returns the events of an object (host or host;service) that a connector has
// printed, in one line each.
func printed(t testing.TB, c *Connector, object string) (events []string) {
	t.Helper()
	for line := range strings.Lines(c.out.String()) {
		var event struct {
			Body struct {
				Type      string `json:"event_type"`
				Component string
				Resource  string
				State     *int
				Output    string
				Author    string
			}
		}
		if !strings.HasSuffix(line, "\n") {
			continue // it is being written
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		b := event.Body
		name := b.Component
		if b.Resource != "" {
			name += ";" + b.Resource
		}
		if name != object {
			continue
		}
		text := b.Type + " " + b.Output
		switch {
		case b.Type == "ackremove": // its text depends on which report of it came first
			text = b.Type
		case b.State != nil:
			text = fmt.Sprintf("%s %d %s", b.Type, *b.State, b.Output)
		}
		events = append(events, text)
	}
	return events
}

// awaitEvents waits until an object has had these events, and no other. What a connector
// that was killed had printed just before may be there twice.
func awaitEvents(t *testing.T, c *Connector, object string, want ...string) {
	t.Helper()
	var got []string
	deadline := time.Now().Add(30 * time.Second)
	for {
		if got = slices.Compact(printed(t, c, object)); strings.Join(got, "\n") == strings.Join(want, "\n") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("events of %s: %q, want %q", object, got, want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestLivestatusIsAWholeRoad: a site whose only source is a Livestatus socket. What
// happens while the connector is dead, and while the server is, is sent, in order and
// once.
func TestLivestatusIsAWholeRoad(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	t.Parallel()
	for _, dialect := range livestatustest.All() {
		t.Run(dialect.Name, func(t *testing.T) {
			t.Parallel()
			server := livestatustest.New(t, dialect)
			w := &livestatusWorld{server: server}
			w.check("s", 0, "fine")
			c := overLivestatus(t, server.Address(), nil)
			c.Start()
			awaitEvents(t, c, "h;s", "check 0 fine")

			w.check("s", 2, "broken")
			awaitEvents(t, c, "h;s", "check 0 fine", "check 3 broken")
			w.acknowledge("s", "I look")
			awaitEvents(t, c, "h;s", "check 0 fine", "check 3 broken", "ack I look")

			c.Kill()
			w.check("s", 1, "better")
			w.check("s", 2, "broken again") // a change that the present state does not show any more
			c.Start()
			until := []string{"check 0 fine", "check 3 broken", "ack I look", "check 1 better", "check 3 broken again"}
			awaitEvents(t, c, "h;s", until...)

			server.Stop()
			c.AwaitLog("can't read the supervisor's state", 10*time.Second)
			w.acknowledge("s", "")
			server.Start()
			until = append(until, "ackremove")
			awaitEvents(t, c, "h;s", until...)
			c.Stop()
			c.Start()
			w.check("s", 0, "fine again")
			awaitEvents(t, c, "h;s", append(until, "check 0 fine again")...)
			c.Stop()
		})
	}
}

// livestatusWorld is what a server shows of one host and its services.
type livestatusWorld struct {
	server *livestatustest.Server
	states map[string]livestatustest.Row
	last   int64
}

// check processes a check result: the object and the log show it.
func (w *livestatusWorld) check(service string, state int, output string) {
	if w.states == nil {
		w.states = map[string]livestatustest.Row{}
	}
	now := time.Now().Unix()
	for ; now <= w.last; now = time.Now().Unix() { // each in a second of its own
		time.Sleep(20 * time.Millisecond)
	}
	w.last = now
	row := livestatustest.Row{
		"host_name": "h", "description": service, "has_been_checked": 1, "last_check": w.last, "state": state,
		"state_type": 1, "current_attempt": 1, "max_check_attempts": 1, "plugin_output": output,
		"last_update": time.Now().Unix(),
	}
	if before := w.states[service]; before["acknowledged"] == 1 && state != 0 {
		row["acknowledged"], row["acknowledgement_type"] = 1, 2
	}
	w.states[service] = row
	word := []string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[state]
	w.publish(fmt.Sprintf("SERVICE ALERT: h;%s;%s;HARD;1;%s", service, word, output))
}

// acknowledge acknowledges, or takes it back if the text is empty. The log
// does not show it.
func (w *livestatusWorld) acknowledge(service, text string) {
	row := livestatustest.Row{}
	for column, value := range w.states[service] {
		row[column] = value
	}
	row["acknowledged"], row["acknowledgement_type"], row["last_update"] = 0, 0, time.Now().Unix()
	var comments []livestatustest.Row
	if text != "" {
		row["acknowledged"], row["acknowledgement_type"] = 1, 2
		comments = []livestatustest.Row{{
			"host_name": "h", "service_description": service, "id": 1, "author": "bob", "comment": text,
			"entry_time": time.Now().Unix(), "entry_type": 4, "is_service": 1,
		}}
	}
	w.states[service] = row
	w.server.Set("comments", comments...)
	w.publish("")
}

func (w *livestatusWorld) publish(line string) {
	w.server.Change(func(tables map[string][]livestatustest.Row) {
		tables["services"] = nil
		for _, row := range w.states {
			tables["services"] = append(tables["services"], row)
		}
		if len(tables["log"]) == 0 {
			tables["log"] = []livestatustest.Row{{
				"time": w.last - 1, "type": "LOG ROTATION", "message": fmt.Sprintf("[%d] LOG ROTATION: DAILY",
					w.last-1),
			}}
		}
		if line != "" {
			tables["log"] = append(tables["log"], livestatustest.Row{
				"time": w.last, "class": 1, "lineno": len(tables["log"]), "message": fmt.Sprintf("[%d] %s", w.last,
					line),
			})
		}
	})
}
