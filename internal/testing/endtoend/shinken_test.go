package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// handedOver is a record of a segment: its pairs, unescaped.
type handedOver map[string]string

var escapeSign = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r", `\0`, "\x00")

// readSegments reads the records of a spool directory in the plainest way.
func readSegments(t *testing.T, dir string) (all []handedOver) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	for _, path := range paths {
		for line := range strings.Lines(string(readIfThere(t, path))) {
			record := handedOver{}
			for _, pair := range strings.Split(strings.TrimSuffix(line, "\n"), "\t") {
				key, value, _ := strings.Cut(pair, "::")
				record[key] = escapeSign.Replace(value)
			}
			all = append(all, record)
		}
	}
	return all
}

// TestShinken plays the broks of a real Shinken through its module and compares
// what arrives in RabbitMQ with what the module wrote, which its own tests
// compare with the broks: every check result once and in order, with its state
// and output, and every acknowledgement.
func TestShinken(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	modules, spool := t.TempDir(), t.TempDir()
	must(t, os.CopyFS(filepath.Join(modules, "nagios2canopsis"), os.DirFS(moduleSource(t))))
	must(t, os.Chmod(spool, 0o750))
	replay := filepath.Join(moduleSource(t), "../test/testdata")
	out, err := exec.Command("/usr/bin/python3",
		filepath.Join(replay, "replay.py"), modules,
		filepath.Join(replay, "broks-2.4.4.ndjson.gz"), spool, "2.4.4").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	written := readSegments(t, spool)

	exchange, queue := "shinken.events", "shinken"
	broker.DeclareExchange(t, exchange)
	broker.DeclareQueue(t, queue, nil)
	broker.Bind(t, queue, "shinken.#", exchange)
	dir := t.TempDir()
	c := NewConnector(t, program(t), Settings{
		"supervisor": "none", "connector": "shinken", "connector_name": "recorded", "readers.module.path": spool,
		"readers.module.enabled": "on", "journal.path": filepath.Join(dir, "journal.db"),
		"quarantine.path": filepath.Join(dir, "quarantine.ndjson"), "publish.amqp.urls": []string{broker.URL()},
		"publish.amqp.exchange": exchange,
	}.YAML(t))
	c.Start()
	awaitQuiet(t, broker, queue)
	c.Stop()
	if q := readIfThere(t, filepath.Join(dir, "quarantine.ndjson")); len(q) > 0 {
		t.Errorf("quarantined:\n%s", q)
	}
	compareHandedOver(t, written, decodeEvents(t, broker.Drain(t, queue)))
}

func moduleSource(t *testing.T) string {
	t.Helper()
	working, err := os.Getwd()
	must(t, err)
	return filepath.Join(working, "../../../shinken/module")
}

var shinkenStates = map[string][]string{"HOST": {"UP", "DOWN", "UNREACHABLE"}, "SERVICE": serviceStates}

// compareHandedOver follows records and events of each object: between the
// events of its check results there may be those of present states.
func compareHandedOver(t *testing.T, written []handedOver, got []event) {
	t.Helper()
	c := complaints{t: t, about: "shinken"}
	defer c.end()
	events := map[entity][]event{}
	acks := map[string]int{}
	for _, e := range got {
		switch e.kind() {
		case "check":
			events[e.entity()] = append(events[e.entity()], e)
		case "ack", "ackremove":
			acks[e.kind()+" "+e.entity().String()]++
		}
	}
	results := 0
	for _, r := range written {
		kind, isCheck := strings.CutSuffix(r["DATATYPE"], "CHECK")
		e := entity{r["HOSTNAME"], r["SERVICEDESC"]}
		if !isCheck {
			name := map[string]string{"ACKNOWLEDGEMENT": "ack ", "ACKNOWLEDGEMENTREMOVED": "ackremove "}[r["DATATYPE"]]
			if name != "" && r["LOADED"] == "" {
				if acks[name+e.String()]--; acks[name+e.String()] < 0 {
					c.add("no event", "%v", r)
				}
			}
			continue
		}
		results++
		left := events[e]
		i := slices.IndexFunc(left, func(e event) bool { return reports(e, kind, r) })
		if i < 0 {
			c.add("no event, or not in order", "%v", r)
			continue
		}
		events[e] = left[i+1:]
	}
	t.Logf("%d records, %d of them check results, %d events", len(written), results, len(got))
	if results < 3000 {
		t.Errorf("only %d results: this showed nothing", results)
	}
}

func reports(e event, kind string, r handedOver) bool {
	state := shinkenStates[kind][int(r[kind+"STATEID"][0]-'0')]
	output := plain(r[kind+"OUTPUT"])
	return e.text("supervisor_state") == state &&
		strings.HasPrefix(output, strings.TrimSuffix(e.text("output"), "…")) &&
		e.body["address"] == r["HOSTADDRESS"] && e.text("macro_CHECKENDTIME") == r["CHECKENDTIME"]
}
