package statusdat

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/nagios/statusdat/statustest"
)

// The first reading of real files, every field compared with a naive reader.
func TestFirstReadingOfRealFiles(t *testing.T) {
	for _, name := range []string{"nagios4.dat", "icinga2.dat", "shinken3.dat"} {
		t.Run(name, func(t *testing.T) {
			text := readFile(t, filepath.Join("testdata", name))
			b := newBench(t)
			records := b.read(string(text))
			blocks := readNaively(text)
			head := headNaively(t, blocks)
			want := map[supervision.Entity]*supervision.Check{}
			for _, block := range blocks {
				if block.isChecked() {
					want[block.entity()] = block.check(t, head)
				}
			}
			got := map[supervision.Entity]*supervision.Check{}
			for _, r := range records {
				if r.Check == nil {
					continue
				}
				got[r.Entity] = r.Check
				if r.Kind != supervision.PresentState || r.Time.Before(r.Check.Start) ||
					r.Time.After(unix(head.created)) {
					t.Errorf("%s: %s at %s", r.Entity, r.Kind, r.Time)
				}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(time.Microsecond)); diff != "" {
				t.Error(diff)
			}
			if len(b.rejected) > 0 {
				t.Errorf("rejected: %v", b.rejected)
			}
		})
	}
}

func TestTransitionsOfRealFiles(t *testing.T) {
	for _, name := range []string{"nagios4.dat", "icinga2.dat", "shinken3.dat"} {
		t.Run(name, func(t *testing.T) {
			records := newBench(t).read(string(readFile(t, filepath.Join("testdata", name))))
			got := strings.Join(describeAll(transitionsOf(records)), "\n") + "\n"
			golden := readFile(t, filepath.Join("testdata", name+".transitions"))
			if diff := cmp.Diff(string(golden), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTimeOfACheck(t *testing.T) {
	nagios := statusFile(2000, service("last_check=1000", "check_execution_time=2.5"))
	icinga := strings.Replace(nagios, "version=4.4.6", "version=r2.13.6-1", 1)
	tests := []struct {
		name, text string
		start, end time.Time
	}{
		{"Nagios", nagios, time.Unix(1000, 0), time.Unix(1002, 5e8)},
		{"Icinga 2", icinga, time.Unix(997, 5e8), time.Unix(1000, 0)},
		{"no time", statusFile(2000, service("last_check=0")), time.Time{}, time.Unix(2000, 0)},
		{
			"with decimals", statusFile(2000, service("last_check=1000.25", "check_execution_time=")),
			time.Unix(1000, 25e7), time.Unix(1000, 25e7),
		},
		{"nonsense", statusFile(2000, service("check_execution_time=1e300")), time.Unix(1000, 0), time.Unix(1000, 0)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newBench(t).read(test.text)[0]
			if !r.Check.Start.Equal(test.start) || !r.Time.Equal(test.end) {
				t.Errorf("start %s, end %s; want %s and %s", r.Check.Start, r.Time, test.start, test.end)
			}
		})
	}
}

func TestPerfdataOff(t *testing.T) {
	tests := []struct {
		name, text string
		want       bool
	}{
		{"on", statusFile(2000, service()), false},
		{"off for the object", statusFile(2000, service("process_performance_data=0")), true},
		{
			"off for all",
			strings.Replace(statusFile(2000, service()), "process_performance_data=1", "process_performance_data=0", 1),
			true,
		},
		{"not reported", statusFile(2000, service("process_performance_data=")), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := newBench(t).read(test.text)[0].Check.Flags.PerfdataOff; got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestUnreadableBlocksAreRejectedAndTheRestGoesOn(t *testing.T) {
	b := newBench(t)
	text := statusFile(1100,
		block("hoststatus", okFields...),
		block("servicestatus", append([]string{"host_name=h"}, okFields...)...),
		host("host_name=a", "current_state=3"),
		host("host_name=b", "last_check=soon"),
		host("host_name=c", "scheduled_downtime_depth=1.5"),
		host("host_name=d", "has_been_checked=0", "is_flapping=x"),
		service("service_description=e", "current_state=4"),
		service("service_description=f", "check_latency=NaN"),
		"rubbish\n",
		block("hostcomment", "entry_type=1", "comment_id=1"),
		block("servicecomment", "host_name=h", "service_description=s", "entry_type=1", "comment_id=one"),
		block("hostdowntime", "host_name=h", "downtime_id=1", "start_time=never"),
		block("servicedowntime", "host_name=h", "downtime_id=1"),
		service())
	records := b.read(text)
	if diff := cmp.Diff([]string{
		"1000 a present state 2/1 1/3 OK", // 3 is no state: UNREACHABLE
		"1100 b present state 0/1 1/3 OK", // no time: that of the file
		"1000 c present state 0/1 1/3 OK",
		"1000 h;e present state 3/1 1/3 OK", // 4 is no state: UNKNOWN
		"1000 h;f present state 0/1 1/3 OK",
		"1000 h;s present state 0/1 1/3 OK",
	}, describeAll(records)); diff != "" {
		t.Error(diff)
	}
	if flags := records[2].Check.Flags; flags != nil {
		t.Errorf("conditions that make no sense are %+v", flags)
	}
	odd := []string{
		"a: current_state: no state of a host: taken for UNREACHABLE", "b: last_check: no time: taken for unknown",
		"c: scheduled_downtime_depth: no whole number: taken for unknown",
		"d: is_flapping: no whole number: taken for unknown",
		"h;e: current_state: no state of a service: taken for UNKNOWN",
		"h;f: check_latency: no sensible number of seconds: taken for unknown",
	}
	if diff := cmp.Diff(odd, b.odd); diff != "" {
		t.Error(diff)
	}
	b.odd = nil
	want := []string{
		"host_name: missing", "service_description: missing", "neither a block nor a comment", "host_name: missing",
		`comment_id: "one" is no whole number`, `start_time: "never" is no time`,
		"service_description: missing",
	}
	var got []string
	for _, r := range b.rejected {
		got = append(got, r.Reason)
		line := 1 + strings.Count(text[:strings.Index(text, string(r.Raw))], "\n")
		if where := fmt.Sprintf("%s:%d", b.path, line); r.Where != where || r.Source != "status" {
			t.Errorf("%s: at %s, want %s", r.Reason, r.Where, where)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b.rejected = nil
	b.read(strings.Replace(text, "created=1100", "created=1110", 1))
	if len(b.rejected) > 0 || len(b.odd) > 0 {
		t.Errorf("a second time, rejected: %v, odd: %v", b.rejected, b.odd)
	}
	b.read(strings.Replace(text, "created=1100", "created=1120", 1) + host("host_name=a", "current_state=good"))
	if len(b.rejected) != 1 {
		t.Errorf("%d new faults, want 1", len(b.rejected))
	}
}

func TestRejectedAreBounded(t *testing.T) {
	b := newBench(t)
	b.read(statusFile(1100) + strings.Repeat("rubbish\n", maxRejected+7) + service())
	if len(b.rejected) != maxRejected || b.skipped[beyondRejected] != 7 {
		t.Errorf("%d rejected, %d skipped", len(b.rejected), b.skipped[beyondRejected])
	}
	if raw := b.rejected[0].Raw; string(raw) != "rubbish" {
		t.Errorf("raw %q", raw)
	}
}

func TestRefsAreUniqueAndComeAgain(t *testing.T) {
	text := string(readFile(t, filepath.Join("testdata", "nagios4.dat")))
	seen := map[string]bool{}
	b := newBench(t)
	for _, r := range b.read(text) {
		if seen[r.Ref] || !strings.HasPrefix(r.Ref, "status:1795424514:"+r.Entity.String()+":") {
			t.Errorf("ref %q of %s", r.Ref, describe(r))
		}
		seen[r.Ref] = true
	}
	b.position = nil
	b.restart()
	again, err := b.look()
	if err != nil || len(again) != len(seen) {
		t.Fatalf("%d records, error %v; want %d", len(again), err, len(seen))
	}
	for _, r := range again {
		if !seen[r.Ref] {
			t.Errorf("new ref %q", r.Ref)
		}
	}
}

func generated(t testing.TB, hosts, services int, created int64) string {
	t.Helper()
	var text bytes.Buffer
	if err := statustest.Write(&text, hosts, services, 1, created); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestGeneratedFile(t *testing.T) {
	text := generated(t, 20, 200, 1795424500)
	compareWithNaive(t, []byte(text))
	b := newBench(t)
	if n := len(b.read(text)); n != 220 {
		t.Errorf("%d records, want 220", n)
	}
	moved := b.read(generated(t, 20, 200, 1795424530))
	if len(moved) < 5 || len(moved) > 60 {
		t.Errorf("%d objects moved in 30 s of 300 s, want about 22", len(moved))
	}
	for _, r := range moved {
		if r.Kind != supervision.CheckResult || r.Check.Start.Unix() <= 1795424500 {
			t.Errorf("%s", describe(r))
		}
	}
}

// What doesn't change costs no allocation: reading 1,000 such objects costs as
// little as reading 100.
func TestUnchangedObjectsCostNoAllocation(t *testing.T) {
	allocations := func(services int) float64 {
		b := newBench(t)
		extra := service("problem_has_been_acknowledged=1", "is_flapping=1", "scheduled_downtime_depth=1") +
			ackComment(1, 900, "a") +
			userComment(2, 900, "b") + downtimeBlock("is_in_effect=1")
		text := generated(t, 10, services, 1795424500) + extra
		b.read(text)
		r := b.run
		reader, before := strings.NewReader(text), r.out.Added()
		return testing.AllocsPerRun(10, func() {
			reader.Reset(text)
			pass := pass{run: r}
			if err := r.parser.Parse(reader, func(b *Block) error { return pass.block(t.Context(), b) }); err != nil {
				t.Fatal(err)
			}
			if r.out.Added() > before {
				t.Fatal("something changed")
			}
		})
	}
	if few, many := allocations(100), allocations(1000); few != many {
		t.Errorf("%v allocations for 110 unchanged objects, %v for 1010", few, many)
	}
}

// Any text is read without a panic; the same text again brings no record.
func FuzzReading(f *testing.F) {
	f.Add([]byte(statusFile(1100, host("is_flapping=1"), service("problem_has_been_acknowledged=1"),
		ackComment(1, 2, "x"), userComment(3, 4, "y"), downtimeBlock("is_in_effect=1"))))
	f.Add([]byte("info {\n\tcreated=9.5\n\tversion=r2\n\t}\nhost {\n\thost_name=a\n\thas_been_checked=True\n" +
		"\tcurrent_state=0\n\tlong_plugin_output=\\\\n\n\\\n\t}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b := newBench(t)
		b.put(string(text))
		if _, err := b.look(); err != nil {
			t.Fatal(err)
		}
		read := b.position != nil
		b.rejected = nil
		b.run.done = version{}
		records, err := b.look()
		if err != nil {
			t.Fatal(err)
		}
		entities := map[supervision.Entity]bool{}
		for _, r := range b.records[:len(b.records)-len(records)] {
			entities[r.Entity] = true
		}
		if read && len(entities) == len(b.records)-len(records) && len(records)+len(b.rejected) > 0 {
			t.Errorf("new when read again: %q, %v", describeAll(records), b.rejected)
		}
		b.restart()
		if again, err := b.look(); err != nil || read && len(transitionsOf(again)) > 0 {
			t.Errorf("new after a restart: %q, error %v", describeAll(transitionsOf(again)), err)
		}
	})
}

// Nagios 4.4.6 loses blanks at the end of a text when it is reloaded: that is
// no new result. Anything else in a text is.
func TestBlanksThatAReloadStripsAreNoNewResult(t *testing.T) {
	b := newBench(t)
	b.read(statusFile(2000, service(`long_plugin_output=/home (69%); `)))
	if got := b.read(statusFile(2010, service(`long_plugin_output=/home (69%);`))); len(got) != 0 {
		t.Errorf("stripped: %v", describeAll(got))
	}
	if got := b.read(statusFile(2020, service(`long_plugin_output= /home (69%);`))); len(got) != 1 {
		t.Errorf("changed: %v", describeAll(got))
	}
}

// A supervisor that was killed goes on from its retention file: the result that it
// reports may be the one that was read before the last.
func TestAStartReturnsAllResultsAgain(t *testing.T) {
	file := func(created int, started string) string {
		return strings.Replace(statusFile(created, service("last_check=1090")), "programstatus {",
			"programstatus {\n\tprogram_start="+started, 1)
	}
	b := newBench(t)
	b.read(file(1100, "1000"))
	if got := b.read(file(1110, "1000")); len(got) > 0 {
		t.Errorf("unchanged: %q", describeAll(got))
	}
	if got := b.read(file(1120, "1115")); len(got) != 1 || got[0].Kind != supervision.PresentState {
		t.Errorf("after a start: %q", describeAll(got))
	}
}
