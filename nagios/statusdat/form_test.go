package statusdat

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// TestIndentation: the cores' own readers take blanks and tabs off both ends of each
// line, so a file that an editor or a copy has changed is read as before.
func TestIndentation(t *testing.T) {
	usual := statusFile(1100, host(), service("plugin_output=out {", "long_plugin_output=a\\nb"),
		ackComment(1, 900, "a"), downtimeBlock("is_in_effect=1"))
	want := newBench(t).read(usual)
	for name, with := range map[string]*strings.Replacer{
		"blanks":            strings.NewReplacer("\n\t", "\n    "),
		"none":              strings.NewReplacer("\n\t", "\n"),
		"two tabs":          strings.NewReplacer("\n\t", "\n\t\t"),
		"mixed":             strings.NewReplacer("\n\thost", "\n \t host", "\n\tplugin", "\n  plugin", "\n\t}", "\n}"),
		"headers too":       strings.NewReplacer("\n\t", "\n\t\t", "\nhost", "\n\thost", "\nservice", "\n  service"),
		"carriage returns":  strings.NewReplacer("\n", "\r\n"),
		"blanks at the end": strings.NewReplacer("\n\t}", "\n\t} \t", "status {\n", "status {  \n"),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			got := b.read(with.Replace(usual))
			for i := range got {
				if got[i].Check != nil { // the reference has a checksum of the block
					got[i].Ref = want[min(i, len(want)-1)].Ref
				}
			}
			if diff := cmp.Diff(want, got); diff != "" || len(b.rejected) > 0 {
				t.Errorf("-usual +got:\n%s\nrejected: %v", diff, b.rejected)
			}
		})
	}
}

// TestShinkenTextsStayAsTheyAre: Shinken writes the newlines of a text as they are, and
// begins each field with a tab.
func TestShinkenTextsStayAsTheyAre(t *testing.T) {
	text := strings.Replace(statusFile(1100, service("long_plugin_output=a\n  state_type=0\n}\nb")),
		"created=1100", "created=1100.5", 1)
	records := newBench(t).read(text)
	if len(records) != 1 || records[0].Check.LongOutput != "a\n  state_type=0\n}\nb" ||
		records[0].Check.StateType != supervision.Hard {
		t.Errorf("%+v", records)
	}
}

// TestFileThatIsWrittenInPlace: Centreon Engine writes into the same file again. While
// that goes on the file may end behind any block, and what it lacks is not gone.
func TestFileThatIsWrittenInPlace(t *testing.T) {
	b := newBench(t)
	whole := statusFile(1100, service("problem_has_been_acknowledged=1"), ackComment(1, 900, "a"))
	b.read(whole)
	now := time.Now()
	b.run.now = func() time.Time { return now }
	write := func(text string) {
		file, err := os.OpenFile(b.path, os.O_WRONLY|os.O_TRUNC, 0)
		must(t, err)
		_, err = file.WriteString(text)
		must(t, err)
		must(t, file.Close())
		now = time.Now()
	}
	records := len(b.records)
	next := strings.Replace(whole, "created=1100", "created=1110", 1)
	write(next[:strings.Index(next, "servicestatus")])
	for range 2 {
		_, err := b.look()
		must(t, err)
	}
	write(strings.Replace(next, "current_state=0", "current_state=2", 1))
	_, err := b.look() // too young
	must(t, err)
	if len(b.records) != records {
		t.Fatalf("of half a file: %v", describeAll(b.records[records:]))
	}
	now = now.Add(settling)
	_, err = b.look()
	must(t, err)
	if got := describeAll(b.records[records:]); len(got) != 1 || !strings.Contains(got[0], "check result 2/1") {
		t.Errorf("got %v", got)
	}
}

// TestConditionsThatMakeNoSenseStayAsTheyWere: an acknowledgement does not end by a
// field that can't be read.
func TestConditionsThatMakeNoSenseStayAsTheyWere(t *testing.T) {
	b := newBench(t)
	b.read(statusFile(1100, service("problem_has_been_acknowledged=1"), ackComment(1, 900, "a")))
	records := len(b.records)
	b.read(statusFile(1110, service("problem_has_been_acknowledged=yes"), ackComment(1, 900, "a")))
	b.read(statusFile(1120, service("problem_has_been_acknowledged=yes"), ackComment(1, 900, "a")))
	if got := describeAll(b.records[records:]); len(got) > 0 || len(b.odd) != 1 {
		t.Errorf("got %v, odd %v", got, b.odd)
	}
}
