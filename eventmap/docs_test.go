package eventmap

import (
	"bytes"
	"encoding/json"
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

var update = flag.Bool("update", false, "write docs/EVENTS.md")

// TestDocs compares docs/EVENTS.md with the code.
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
		t.Errorf("docs/EVENTS.md differs from the code; update it with `go test ./eventmap -run Docs -update`:\n%s",
			diff)
	}
}

// eventsPage makes the event reference from the tables of the package.
func eventsPage(t *testing.T) string {
	var page strings.Builder
	page.WriteString(markdown(docsHead))
	page.WriteString("\n## Which record becomes which event\n\n| record |")
	for _, g := range generations {
		fmt.Fprintf(&page, " Canopsis %s |", g.name)
	}
	page.WriteString("\n|---|" + strings.Repeat("---|", len(generations)) + "\n")
	for _, line := range kindLines(t) {
		page.WriteString(line)
	}
	page.WriteString(markdown(docsKinds))
	page.WriteString(downtimeExample(t))
	page.WriteString("\n## Fields\n\n| field | JSON type | events | value | meaning to Canopsis |\n" +
		"|---|---|---|---|---|\n")
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
	page.WriteString(markdown(docsStates))
	writeScales(&page)
	page.WriteString(markdown(docsPerfdata))
	page.WriteString(markdown(docsRepairs))
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
	fmt.Fprintf(page, "| scale | %s | %s |\n|---|%s\n",
		strings.Join(hostStates[:], " | "), strings.Join(serviceStates[:], " | "), strings.Repeat("---|", 7))
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

// downtimeExample returns the indented body of a downtime_change.
func downtimeExample(t *testing.T) string {
	rec := record(supervision.DowntimeScheduled, service, withDowntime)
	e, _, _ := mapOne(t, newMapper(t, testOptions()), rec)
	var body bytes.Buffer
	if err := json.Indent(&body, e.Body, "", "  "); err != nil {
		t.Fatal(err)
	}
	return "```json\n" + body.String() + "\n```\n"
}

// kindLines shows what the mapper makes of a sample of each kind.
func kindLines(t *testing.T) (lines []string) {
	for kind := supervision.CheckResult; kind <= supervision.SupervisorStopped; kind++ {
		line := "| " + kind.String() + " |"
		for _, g := range generations {
			m := newMapper(t, testOptions(func(o *Options) { o.Canopsis = g.version }))
			i := slices.IndexFunc(samples(), func(r *supervision.Record) bool { return r.Kind == kind })
			typ, outcome := m.eventTypes(samples()[i])
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

// markdown returns a text in which ^ stands for the backquote, which a raw
// string can't hold.
func markdown(text string) string { return strings.ReplaceAll(text, "^", "`") }

const docsHead = `# Events

<!-- Made from package eventmap by "go test ./eventmap -run Docs -update"; a test fails when it drifts. -->

Every event is one JSON object in UTF-8. It has a route: ^bus^ for what is published to the exchange ^canopsis.events^,
^pbehavior^ for downtimes that Canopsis accepts over HTTP only. Its routing key is

    connector.connector_name.event_type.source_type.component[.resource]

A key of more than 255 bytes is cut at a character and ends in ^~^ and eight hexadecimal digits of a hash of the whole.

The entity's id in Canopsis is ^component^, or ^resource/component^; the connector is no part of it. So two sites share
the entity of objects with the same name. Order, superseding and ^message_id^ are per site. The ^message_id^ is the same
whenever a site reads the same record again.
`

const docsKinds = `
A check is sent once for each result. Problems in a soft state are sent only with ^soft_states^, OK and UP always. An
acknowledgement, its removal or a comment acts on the open alarm of the entity; without an alarm, Canopsis ignores it.

A state that is older than the result sent before it, which a supervisor goes on to report after it was killed, has
^macro_OLDERSTATE^ and the time at which it is sent. A result can be sent a second time, with the same state and time:
when a reader reports its text, performance data or long output after another one had reported the state.

## Acknowledgements

An acknowledgement is never sent before the check of its problem. A recovery ends it in the supervisor. In Canopsis, of
every generation, the alarm is still open then, with its acknowledgement (^v.ack^), and is closed later; an ^ackremove^
would close it as not acknowledged. So none is sent. If the same alarm is still open at the object's next problem, that
problem is not acknowledged: the ^ackremove^ follows then, after the check, unless the supervisor reports the new
problem as acknowledged. Without an acknowledgement Canopsis ignores it: 2 and 3 as well as 4.0 and newer.
^mapping.ackremove_at: recovery^ sends it with the recovery, as Nagios ends the acknowledgement. An acknowledgement that
ends before its problem (^REMOVE_SVC_ACKNOWLEDGEMENT^, or another problem state if it is not sticky) is ended at once.

## Downtimes

Canopsis 2 accepts a ^downtime^. It is sent when the downtime is entered, and again when it starts; Canopsis 2 can't
cancel one. Canopsis 3 accepts a ^pbehavior^.

Canopsis 4.0 and newer accept downtimes over HTTP only. On the bus, 4.0 to 4.2 ignore them, and 4.3 and newer refuse
them. So a downtime becomes a ^downtime_change^, which has the route ^pbehavior^ and is never sent on the bus. It is
counted and not stored when no target serves that route. With ^downtime_comment^, a comment about the downtime is sent
on the bus too.

A downtime of a host or service group becomes one event for each member. Only the object cache shows them: without it,
such an order is counted and not sent.

A ^downtime_change^ is not an event of Canopsis. It is what a target needs to create, end or delete a pbehavior:

`

const docsStates = `
An extra info has no meaning to Canopsis itself. It is for event filters, as ^.Event.ExtraInfos.^ and its name, and for
patterns, as ^extra.^ and its name. None is stored unless a rule copies it; ^copy_to_entity_info^ accepts strings,
booleans, integers and lists of strings.

A value that the reader can't see is ^null^ (text: empty), because a template of an event filter fails on an absent key.
For Canopsis 2 and 3 the field is absent, because their engines have a default for an absent key.

## States

`

const docsPerfdata = `
## Performance data

^perf_data^ has every metric that Canopsis can store, as ^label=value[unit][;warn;crit;min;max]^, joined by one space.
Canopsis drops the whole string for one metric that it doesn't understand, so each metric is rewritten:

- Labels are quoted where it is needed, ^=^ in a label becomes ^_^, a metric without a label is named ^unnamed^. A label
  of more than 235 bytes is cut and ends in ^~^ and a hash of the whole.
- ^GB^ becomes ^MB^, exactly and with its thresholds. A unit that Canopsis doesn't list moves into the label: ^a=5KiB^
  becomes ^a_KiB=5^.
- Negative values, which only Canopsis 2 and 3 can store, and text where a number should be are left out; so is a second
  metric of the same name.

[PERFDATA.md](PERFDATA.md) shows what becomes of which string.
`

const docsRepairs = `
## Repairs

Changes that were needed for Canopsis to accept an event are counted by these names.

| counted as | what was done |
|---|---|
`

var repairMeanings = map[string]string{
	"charset converted": "text that was not UTF-8 was decoded by the option `charset`; a character cut at " +
		"its end became U+FFFD",
	"control characters removed": "control characters except newline and tab, and terminal sequences, were removed",
	"text cut":                   "text over the configured size was cut at a character and ends in `…`",
	"routing key cut":            "the routing key was over 255 bytes",
	"name replaced": "the template for component or resource expanded to nothing; the supervisor's name " +
		"was used",
	"field renamed": "a custom variable has the name of another field and got the prefix `cv_`, or had a `.` " +
		"in its name",
	"field dropped":       "a custom variable or macro came twice, or was beyond the 256th of its event",
	"perfdata normalised": "`perf_data` is not what the plugin wrote",
	"metric dropped": "a metric that Canopsis can't store or that can't be read for sure, one whose name is taken, " +
		"or text that is no metric, was left out of `perf_data`",
	"timestamp moved": "the time was not reported, or so far from now that Canopsis 4.3 and newer would replace it. " +
		"A time in the past was set to 23 h 50 min ago, which preserves the order; one in the future to now",
}

var reasonMeanings = map[Reason]string{
	Excluded:         "the include and exclude rules exclude it",
	SoftState:        "a problem in a soft state, without `soft_states`",
	TypeOff:          "its kind of event is switched off",
	NoEventType:      "Canopsis has no event for it (`–` in the table above)",
	StateNotReported: "the reader can't see the state of the check",
	PeriodNotReported: "the reader can't see when the downtime begins and ends: the log's `DOWNTIME ALERT` doesn't " +
		"show it, which Canopsis 2 and 3 need",
	Unmappable: "the record is incomplete or contradicts itself; it goes to quarantine with the reason",
}
