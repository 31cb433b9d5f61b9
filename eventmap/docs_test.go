package eventmap

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const eventsDoc = "../docs/EVENTS.md"

var update = flag.Bool("update", false, "write docs/EVENTS.md anew")

// TestDocs holds docs/EVENTS.md against the code.
func TestDocs(t *testing.T) {
	want := eventsPage(t)
	if *update {
		if err := os.WriteFile(eventsDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(eventsDoc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/EVENTS.md is not what the code says; `go test ./eventmap -run Docs -update` writes it anew:\n%s", diff)
	}
}

// eventsPage makes the event reference from the tables of the package.
func eventsPage(t *testing.T) string {
	var page strings.Builder
	page.WriteString(docsHead)
	page.WriteString("\n## Which record becomes which event\n\n| record |")
	for _, g := range generations {
		fmt.Fprintf(&page, " Canopsis %s |", g.name)
	}
	page.WriteString("\n|---|" + strings.Repeat("---|", len(generations)) + "\n")
	for _, line := range kindLines(t) {
		page.WriteString(line)
	}
	page.WriteString(docsKinds)
	page.WriteString("\n## Fields\n\n| field | JSON type | events | value | meaning to Canopsis |\n|---|---|---|---|---|\n")
	for _, f := range Fields() {
		name := f.Name
		if !strings.Contains(name, "*") {
			name = "`" + name + "`"
		}
		events := strings.Join(f.Events, ", ")
		if len(f.Events) == len(eventTypeNames) {
			events = "all"
		}
		fmt.Fprintf(&page, "| %s | %s | %s | %s | %s |\n", name, f.Type, events, f.Source, f.Meaning)
	}
	page.WriteString(docsStates)
	writeScales(&page)
	page.WriteString(docsPerfdata)
	page.WriteString(docsRepairs)
	for name := range Repairs(TimestampMoved<<1 - 1).Names() {
		fmt.Fprintf(&page, "| %s | %s |\n", name, repairMeanings[name])
	}
	page.WriteString("\n## Reasons for no event\n\n| counted as | when |\n|---|---|\n")
	for r := Excluded; r <= Unmappable; r++ {
		fmt.Fprintf(&page, "| %s | %s |\n", r, reasonMeanings[r])
	}
	return page.String()
}

func writeScales(page *strings.Builder) {
	fmt.Fprintf(page, "| scale | %s | %s |\n|---|%s\n", strings.Join(hostStates[:], " | "), strings.Join(serviceStates[:], " | "), strings.Repeat("---|", 7))
	severity := [...]string{"info", "minor", "major", "critical"}
	for _, s := range []struct {
		name           string
		hosts, service Scale
	}{{"severity", SeverityHostScale(), SeverityServiceScale()}, {"nagios", NagiosScale(), NagiosScale()}} {
		fmt.Fprintf(page, "| `%s` |", s.name)
		for _, state := range slices.Concat(s.hosts[:3], s.service[:]) {
			fmt.Fprintf(page, " %d %s |", state, severity[state])
		}
		page.WriteString("\n")
	}
}

// kindLines asks the mapper itself, with a sample of each kind.
func kindLines(t *testing.T) (lines []string) {
	for kind := supervision.CheckResult; kind <= supervision.SupervisorStopped; kind++ {
		line := "| " + kind.String() + " |"
		for _, g := range generations {
			m := newMapper(t, testOptions(func(o *Options) { o.Canopsis = g.version }))
			i := slices.IndexFunc(samples(), func(r *supervision.Record) bool { return r.Kind == kind })
			typ, outcome := m.eventType(samples()[i])
			if outcome.Reason == Sent {
				line += " `" + typ.String() + "` |"
			} else {
				line += " " + strings.ReplaceAll(outcome.Reason.String(), "no event type", "–") + " |"
			}
		}
		lines = append(lines, line+"\n")
	}
	return lines
}

const docsHead = `# Events

<!-- Made from package eventmap by "go test ./eventmap -run Docs -update"; a test fails when it drifts. -->

What is sent to the exchange ` + "`canopsis.events`" + `: one JSON object in UTF-8 per message, with the routing key

    connector.connector_name.event_type.source_type.component[.resource]

of at most 255 bytes. A longer one is cut at a character and ends in ` + "`~`" + ` and eight hexadecimal digits of a hash of
the whole. The entity's id in Canopsis is ` + "`component`, or `resource/component`" + `; the connector is no part of it.
The ` + "`message_id`" + ` is the same whenever the same record of the same site is read again. Two sites share the entity of objects with
the same name, but no order and no ` + "`message_id`" + `.
`

const docsKinds = `
A check is sent once for each result, soft problems only with ` + "`soft_states`" + `; OK and UP always. An acknowledgement, its removal
or a comment acts on the open alarm of the entity; without one Canopsis ignores it.

Downtimes: Canopsis 2 takes a ` + "`downtime`" + ` (when it is entered and again when it starts; it knows no cancelling), Canopsis 3 a
` + "`pbehavior`" + `. Canopsis 4 and newer take none over the bus: "left to http"; with ` + "`downtime_comment`" + ` they are sent as
comments. A downtime of a host or service group gives one event for each member.
`

const docsStates = `
An extra info means nothing to Canopsis itself: it is there for event filters, as ` + "`.Event.ExtraInfos.`" + ` and its name, and in
patterns as ` + "`extra.`" + ` and its name. None is stored unless a rule copies it; ` + "`copy_to_entity_info`" + ` takes strings, booleans,
integers and lists of strings.

A field whose value the reader can't see is ` + "`null`" + ` (text: empty), because a template of an event filter fails on an absent key;
for Canopsis 2 and 3 it is absent, because their engines take an absent key for its default.

## States

`

const docsPerfdata = `
## Performance data

` + "`perf_data`" + ` holds every metric that Canopsis can hold, ` + "`label=value[unit][;warn;crit;min;max]`" + `, joined by one space: Canopsis
drops the whole string for one metric that it doesn't understand. So decimal commas, signs and exponents are written as
plain numbers, labels are quoted where they need it, ` + "`=`" + ` in a label becomes ` + "`_`" + `, a label of nothing but quotes becomes
` + "`unnamed`" + `, ` + "`GB`" + ` becomes ` + "`MB`" + ` (exactly, with its thresholds), and a unit that Canopsis doesn't list goes into the label
(` + "`a=5KiB`" + ` becomes ` + "`a_KiB=5`" + `). Negative values (which only Canopsis 2 and 3 can hold), ` + "`nan`" + ` and ` + "`inf`" + ` are left out.
`

const docsRepairs = `
## Repairs

What had to be changed for Canopsis to accept an event is counted by these names.

| counted as | what was done |
|---|---|
`

var repairMeanings = map[string]string{
	"charset converted":          "text that was not UTF-8 was read in the charset of the option `charset`; a character cut at its end became U+FFFD",
	"control characters removed": "control characters but newline and tab, and terminal sequences, were removed",
	"text cut":                   "text over the configured size was cut at a character and ends in `…`",
	"routing key cut":            "the routing key was over 255 bytes",
	"name replaced":              "the template for component or resource gave nothing; the supervisor's name was taken",
	"field renamed":              "a custom variable has the name of another field and got the prefix `cv_`, or had a `.` in its name",
	"field dropped":              "a custom variable or macro came twice, or was beyond the 256th of its event",
	"perfdata normalised":        "`perf_data` is not what the plugin wrote",
	"metric dropped":             "a metric that Canopsis can't hold, or text that is none, was left out of `perf_data`",
	"timestamp moved":            "the time was not reported, or so far away that Canopsis 4.3 and newer would replace it by that of processing: an older one was set to 23 h 50 min ago, which keeps the order, one ahead to now",
}

var reasonMeanings = map[Reason]string{
	Excluded:         "the include and exclude rules leave it out",
	SoftState:        "a problem in a soft state, without `soft_states`",
	TypeOff:          "its kind of event is switched off",
	NoEventType:      "the target Canopsis has no event for it (`–` in the table above)",
	LeftToHTTP:       "a downtime, which Canopsis 4 and newer take over HTTP only",
	StateNotReported: "the reader can't see the state of the check",
	Unmappable:       "the record is incomplete or contradicts itself; it goes to quarantine with the reason",
}
