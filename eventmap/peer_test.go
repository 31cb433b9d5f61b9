package eventmap

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
)

// peerMessage is a message that neb2amqp or mod-canopsis really published. Event
// filters of running installations expect what they sent.
type peerMessage struct {
	RoutingKey string         `json:"routing_key"`
	Body       map[string]any `json:"body"`
}

// TestPeers maps what a peer received from the supervisor, and wants each of its
// fields with its value, except those named in expected.
func TestPeers(t *testing.T) {
	file, err := os.Open("testdata/peer.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	messages := readPeers(t, file)
	if len(messages) < 30 {
		t.Fatalf("%d messages", len(messages))
	}
	comparePeers(t, messages)
}

// TestPeersCorpus does so with the whole recording.
func TestPeersCorpus(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(corpus.Dir(t, "peer"), "*.ndjson.gz"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no recorded messages: %v", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		unzipped, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		comparePeers(t, readPeers(t, unzipped))
	}
}

func readPeers(t *testing.T, r io.Reader) (messages []peerMessage) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var raw struct {
			RoutingKey string          `json:"routing_key"`
			Body       json.RawMessage `json:"body"`
			BodyRaw    json.RawMessage `json:"body_raw"`
		}
		if err := json.Unmarshal(lines.Bytes(), &raw); err != nil {
			t.Fatal(err)
		}
		data := slices.Concat(raw.Body, raw.BodyRaw)
		var text string
		if json.Unmarshal(data, &text) == nil {
			data = json.RawMessage(text)
		}
		m := peerMessage{RoutingKey: raw.RoutingKey}
		if len(data) == 0 { // neb2amqp publishes an empty message at its start
			continue
		}
		if err := json.Unmarshal(data, &m.Body); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return messages
}

func comparePeers(t *testing.T, messages []peerMessage) {
	t.Helper()
	for _, peer := range messages {
		text := func(key string) string { s, _ := peer.Body[key].(string); return s }
		m := newMapper(t, testOptions(func(o *Options) {
			o.Connector, o.ConnectorName, o.Canopsis = text("connector"), text("connector_name"), Canopsis2
			o.HostStates, o.ServiceStates = NagiosScale(), NagiosScale()
		}))
		rec, inv := peerRecord(t, peer.Body)
		events, outcome := m.Map(nil, rec, inv, nil, rec.Time)
		if len(events) != 1 {
			t.Fatalf("%s: %v %s", peer.RoutingKey, outcome.Reason, outcome.Detail)
		}
		if events[0].RoutingKey != peer.RoutingKey {
			t.Errorf("routing key %q, the peer's was %q", events[0].RoutingKey, peer.RoutingKey)
		}
		if err := acceptable(Canopsis2, events[0], rec.Time); err != nil {
			t.Error(err)
		}
		var ours map[string]any
		if err := json.Unmarshal(events[0].Body, &ours); err != nil {
			t.Fatal(err)
		}
		for key, value := range peer.Body {
			want, got := expected(text("event_type"), key, value), ours[key]
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s: %s", peer.RoutingKey, key, diff)
			}
		}
	}
}

// expected returns what we send for a peer's field.
func expected(typ, key string, value any) any {
	switch key {
	case "max_check_attempts": // mod-canopsis' name of max_attempts, for hosts
		return nil
	case "state", "state_type":
		if typ == "ack" { // neb2amqp adds them; an acknowledgement has no state
			return nil
		}
	case "duration": // Canopsis 2 reads days
		return value.(float64) / 86400
	case "command_name": // mod-canopsis adds the arguments, neb2amqp doesn't
		name, _, _ := strings.Cut(value.(string), "!")
		return name
	case "hostgroups", "servicegroups": // sorted
		sorted := slices.Clone(value.([]any))
		slices.SortFunc(sorted, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		return sorted
	}
	text, isText := value.(string)
	if !isText {
		return value
	}
	if key == "perf_data" {
		normal, _ := appendPerfdata(nil, text, Canopsis2, 1<<16)
		return string(normal)
	}
	text = strings.NewReplacer("\x1b[31m", "", "\x1b[0m", "").Replace(text)
	return strings.Map(func(r rune) rune { // control characters
		if isControl(r) {
			return -1
		}
		return r
	}, text)
}

// peerRecord makes the record and the inventory of a peer's message.
func peerRecord(t *testing.T, body map[string]any) (*supervision.Record, inventory) {
	text := func(key string) string { s, _ := body[key].(string); return s }
	number := func(key string) float64 { n, _ := body[key].(float64); return n }
	texts := func(key string) (list []string) {
		items, _ := body[key].([]any)
		for _, item := range items {
			list = append(list, item.(string))
		}
		return list
	}
	moment := func(key string) time.Time { return time.Unix(int64(number(key)), 0) }
	rec := &supervision.Record{
		Entity: supervision.Entity{Host: text("component"), Service: text("resource")}, Time: moment("timestamp"),
	}
	switch text("event_type") {
	case "check":
		rec.Kind = supervision.CheckResult
		rec.Check = &supervision.Check{
			State: supervision.State(number("state")), StateType: supervision.StateType(number("state_type")),
			Attempt: int(number("current_attempt")), MaxAttempts: int(number("max_attempts")),
			Output: text("output"), LongOutput: text("long_output"), Perfdata: text("perf_data"),
			Command: text("command_name"), CheckType: supervision.CheckType(number("check_type")),
			Latency: number("latency"), Execution: number("execution_time"),
		}
	case "ack":
		rec.Kind, rec.Note = supervision.Acknowledged, &supervision.Note{Author: text("author"), Text: text("output")}
	case "downtime":
		rec.Kind = supervision.DowntimeScheduled
		rec.Downtime = &supervision.Downtime{
			ID: int64(number("downtime_id")), Author: text("author"), Comment: text("output"), Entry: moment("entry"),
			Start: moment("start"), End: moment("end"), Duration: time.Duration(number("duration")) * time.Second,
		}
		rec.Downtime.Fixed, _ = body["fixed"].(bool)
	default:
		t.Fatalf("event type %q", text("event_type"))
	}
	own := &supervision.Object{
		Address: text("address"), NotesURL: text("notes_url"), ActionURL: text("action_url"),
		Groups: texts("servicegroups"),
	}
	objects := map[supervision.Entity]*supervision.Object{{Host: rec.Entity.Host}: {
		Address: text("address"), Groups: texts("hostgroups"),
	}}
	if rec.Entity.IsHost() {
		own.Groups = texts("hostgroups")
	}
	for key := range body {
		if key == strings.ToUpper(key) { // custom variables
			own.CustomVars = append(own.CustomVars, supervision.CustomVar{Name: key, Value: text(key)})
		}
	}
	objects[rec.Entity] = own
	return rec, inventory{objects: objects}
}
