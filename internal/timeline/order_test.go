package timeline

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// results are those of some seconds.
func results(seconds ...int) (records []supervision.Record) {
	for _, s := range seconds {
		records = append(records, result(web, s, 2, "CRITICAL"))
	}
	return records
}

// live notes that readers have been seen at their ends.
func live(o *Order, when time.Time, names ...string) {
	for _, name := range names {
		o.Begins(name, when)
		o.Done(name, when, when)
	}
}

// policies hold what the table in docs/decisions/readers.md says of each reader:
// when it enters, and what becomes of its result of an object that was well.
var policies = map[string]func(t *testing.T){
	"broker module": func(t *testing.T) {
		o := NewOrder([]Reader{module, logReader, perfdata})
		o.Begins("log", at(0))
		o.Begins("perfdata", at(0))
		enters(t, o, "module", 1)
		becomes(t, options(module), "module", sent)
	},
	"perfdata, pipe": func(t *testing.T) {
		pipe := perfdata
		pipe.NeverWaits = true
		o := NewOrder([]Reader{pipe, logReader})
		o.Begins("log", at(0))
		enters(t, o, "perfdata", 1)
		becomes(t, options(pipe), "perfdata", sent)
	},
	"perfdata, file or spool": func(t *testing.T) {
		o := NewOrder([]Reader{perfdata, logReader})
		o.Begins("log", at(0))
		enters(t, o, "perfdata", 0)
		live(o, at(0), "log")
		enters(t, o, "perfdata", 1)

		o = NewOrder([]Reader{stateless, logReader})
		live(o, at(0), "log")
		enters(t, o, "perfdata", 0)
		live(o, at(5), "log")
		enters(t, o, "perfdata", 1)
		becomes(t, options(perfdata, logReader), "perfdata", sent)
	},
	"log": func(t *testing.T) {
		o := NewOrder([]Reader{perfdata, logReader})
		o.Begins("perfdata", at(0))
		enters(t, o, "log", 0)
		live(o, at(0), "perfdata")
		enters(t, o, "log", 1)
		becomes(t, options(perfdata, logReader), "log", held)
		becomes(t, options(logReader), "log", sent)
	},
	"status file": func(t *testing.T) {
		o := NewOrder([]Reader{perfdata, logReader, status})
		live(o, at(0), "log", "perfdata")
		enters(t, o, "status", 0)
		live(o, at(5), "log", "perfdata")
		enters(t, o, "status", 1)
		becomes(t, options(spool, status), "status", sent)
	},
}

// enters checks how many of a result of the second 3, read in the second 5, enter.
func enters(t *testing.T, o *Order, name string, want int) {
	t.Helper()
	if !o.reads(name) {
		o.Begins(name, at(0))
	}
	if got := o.Admit(name, results(3), at(5), at(5)); got != want {
		t.Errorf("%d of %s enter, want %d", got, name, want)
	}
}

func becomes(t *testing.T, opts Options, name, want string) {
	t.Helper()
	tl := newTimeline(t, opts)
	take(tl, name, result(web, 1, 0, "OK"), at(1))
	tl.Tick(at(2), func(Decision) {})
	if got := take(tl, name, result(web, 10, 2, "CRITICAL"), at(10)); got != want {
		t.Errorf("the result of %s: %s, want %s", name, got, want)
	}
}

func TestThePolicyIsTheOneInTheDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/decisions/readers.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Who waits for whom\n")
	var named []string
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 {
			continue
		}
		name := strings.TrimSpace(cells[1])
		if name == "reader" || strings.HasPrefix(name, "-") {
			continue
		}
		named = append(named, name)
		if policies[name] == nil {
			t.Errorf("nothing shows the policy of %q", name)
			continue
		}
		t.Run(name, policies[name])
	}
	if len(named) != len(policies) {
		t.Errorf("the table has %q", named)
	}
}

// No wait forms a circle: whatever the plan, and wherever the readers are, of those
// that have records at hand one may enter. The status file alone waits for looks,
// which a reader that has nothing at hand reports by itself.
func TestNoWaitFormsACircle(t *testing.T) {
	hostFile, hostStateless := perfdata, stateless
	hostFile.Name, hostStateless.Name = "perfdata-host", "perfdata-host"
	for _, plan := range [][]Reader{
		{logReader, perfdata}, {logReader, stateless}, {logReader, perfdata, hostStateless},
		{logReader, stateless, hostStateless}, {logReader, hostFile, stateless, status}, {perfdata, hostStateless},
		{module, logReader, stateless},
	} {
		eachPlace(len(plan), func(places []place) {
			o := NewOrder(plan)
			var names []string
			for i, r := range plan {
				if p := places[i]; r.View != Snapshot {
					names = append(names, r.Name)
					o.Begins(r.Name, at(0))
					if p.live {
						o.Done(r.Name, at(1), at(1))
					}
				}
			}
			// Each reports what it has at hand, and tries once more when it knows of the others.
			entered := 0
			for range 2 {
				for _, name := range names {
					i := slices.IndexFunc(plan, func(r Reader) bool { return r.Name == name })
					entered += o.Admit(name, places[i].records, at(5), at(5))
				}
			}
			if entered == 0 {
				t.Errorf("%s: nobody enters", describePlaces(plan, places))
			}
		})
	}
}

// place is where a reader is: at its end or behind, and what it has at hand.
type place struct {
	live    bool
	records []supervision.Record
}

func eachPlace(readers int, do func([]place)) {
	kinds := []place{}
	for _, isLive := range []bool{false, true} {
		for _, seconds := range [][]int{{2}, {3}, {2, 3}, {1, 9}, {3, 8}} {
			kinds = append(kinds, place{isLive, results(seconds...)})
		}
	}
	places := make([]place, readers)
	var set func(i int)
	set = func(i int) {
		if i == readers {
			do(places)
			return
		}
		for _, k := range kinds {
			places[i] = k
			set(i + 1)
		}
	}
	set(0)
}

func describePlaces(plan []Reader, places []place) string {
	var parts []string
	for i, r := range plan {
		first, last := places[i].records[0].Time, places[i].records[len(places[i].records)-1].Time
		parts = append(parts, fmt.Sprintf("%s live=%v %d-%d",
			r.Name, places[i].live, first.Unix()-t0.Unix(), last.Unix()-t0.Unix()))
	}
	return strings.Join(parts, ", ")
}

// A reader that shows no sign of life, or has failed, holds nobody up.
func TestASilentReaderIsNotWaitedFor(t *testing.T) {
	o := NewOrder([]Reader{logReader, perfdata})
	o.Begins("log", at(0))
	o.Begins("perfdata", at(0))
	for _, c := range []struct {
		now, want int
	}{{1, 0}, {9, 0}, {11, 1}} {
		if got := o.Admit("perfdata", results(3), at(1), at(c.now)); got != c.want {
			t.Errorf("after %d s: %d enter, want %d", c.now, got, c.want)
		}
	}
	o.Begins("log", at(20))
	o.Stops("log")
	if o.Admit("perfdata", results(3), at(20), at(20)) != 1 {
		t.Error("a reader that has failed is waited for")
	}
}

// Two that catch up are merged by their stamps; in one second the log goes first.
func TestReadersThatCatchUpAreMerged(t *testing.T) {
	o := NewOrder([]Reader{logReader, perfdata})
	left := map[string][]supervision.Record{"log": results(1, 4, 6, 9), "perfdata": results(2, 4, 5, 12)}
	for name := range left {
		o.Begins(name, at(0))
	}
	var order []string
	for range 20 {
		for _, name := range []string{"perfdata", "log"} {
			if len(left[name]) == 0 {
				o.Done(name, at(30), at(30))
				continue
			}
			n := o.Admit(name, left[name], at(1), at(1))
			for _, rec := range left[name][:n] {
				order = append(order, fmt.Sprint(name, " ", rec.Time.Unix()-t0.Unix()))
			}
			if n > 0 {
				o.Entered(name, left[name][:n], at(1))
			}
			left[name] = left[name][n:]
		}
	}
	compare(t, []string{
		"log 1", "perfdata 2", "log 4", "perfdata 4", "perfdata 5", "log 6", "log 9", "perfdata 12",
	}, order)
}

// A reader that goes on to hand records over, and does not come to its end, is behind:
// the others are merged with it until it has been at its end.
func TestAReaderThatDoesNotComeToItsEndIsBehind(t *testing.T) {
	o := NewOrder([]Reader{logReader, perfdata})
	live(o, at(10), "log", "perfdata")
	for _, c := range []struct {
		read, endSeen, want int
	}{{11, 0, 1}, {12, 0, 1}, {13, 0, 0}, {14, 14, 1}} {
		var end time.Time
		if c.endSeen != 0 {
			end = at(c.endSeen)
		}
		o.Entered("perfdata", results(5), at(c.read))
		o.Done("perfdata", end, at(c.read))
		if got := o.Admit("log", results(9), at(c.read), at(c.read)); got != c.want {
			t.Errorf("after %d s: %d of the log enter, want %d", c.read, got, c.want)
		}
	}
}
