package timeline_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// How many interleavings of an extract of a recording are played with each set of
// readers, and of the whole recording; with SOAK=1 in the environment that many more.
const (
	extractInterleavings = 10
	wholeInterleavings   = 1
	soakFactor           = 10
)

var recordedSets = []readerSet{
	{name: "log", log: true},
	{name: "log and status", log: true, status: true},
	{name: "all", log: true, perfdata: true, status: true},
	{name: "all with PNP", log: true, perfdata: true, template: pnpTemplate, status: true},
	{name: "all with stateless", log: true, perfdata: true, template: stateless, status: true},
	{name: "log and PNP", log: true, perfdata: true, template: pnpTemplate},
	{name: "log and stateless", log: true, perfdata: true, template: stateless},
}

// What a real Nagios wrote, read in any order, is sent in its order, and whole; its
// acknowledgements, comments, downtimes and flapping are the same each time.
func TestAnExtractOfARecordingInAnyOrder(t *testing.T) {
	playRecording(t, readRecording(t, "testdata/nagios4"), extractInterleavings)
}

func TestARecordingInAnyOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	playRecording(t, readRecording(t, corpus.Dir(t, "nagios4")), wholeInterleavings)
}

func playRecording(t *testing.T, r *recording, count int) {
	switch {
	case os.Getenv("SOAK") != "":
		count *= soakFactor
	case testing.Short():
		count = 1
	}
	for _, set := range recordedSets {
		t.Run(set.name, func(t *testing.T) {
			t.Parallel()
			var first story
			for seed := range uint64(count) {
				for _, how := range recordedPlans(seed * 100) {
					out := run(r.history, set, how)
					found, this := r.violations(set, out), storyOf(out)
					if first == nil {
						first = this
					}
					if diff := first.recorded(set).differs(this.recorded(set), set, how); diff != "" {
						found = append(found, diff)
					}
					if len(found) > 0 {
						t.Fatalf("%v\n%s", how, strings.Join(found[:min(len(found), 20)], "\n"))
					}
				}
			}
		})
	}
}

// recorded leaves out what only the status file may show, and not if it is over before
// the file is read: a downtime of a group, which is not split here, the end of one of
// several downtimes that overlap, and the end of flapping, which Nagios does not
// always log. On a busy machine a file can be replaced before it is read.
func (s story) recorded(set readerSet) story {
	less := maps.Clone(s)
	maps.DeleteFunc(less, func(topic string, _ []string) bool {
		isMissed := strings.HasSuffix(topic, " schedules") || strings.HasSuffix(topic, " downtimes") ||
			strings.HasSuffix(topic, " flapping")
		return set.status && isMissed
	})
	return less
}

// recordedPlans are those of plans, with fewer kills: there are more commits.
func recordedPlans(seed uint64) []plan {
	all := plans(seed)
	for i := range all {
		all[i].kills /= 10
	}
	return all
}

// violations compares what was sent with what the recording shows.
func (r *recording) violations(set readerSet, out outcome) (found []string) {
	wrong := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	r.compareStates(out, wrong)
	r.compareResults(set, out, wrong)
	return found
}

// compareStates checks that each change of state that the log shows was sent once,
// and in order.
func (r *recording) compareStates(out outcome, wrong func(string, ...any)) {
	sent := map[supervision.Entity][]supervision.State{}
	for _, s := range out.sent {
		if c := s.rec.Check; c != nil {
			sent[s.rec.Entity] = append(sent[s.rec.Entity], c.State)
		}
	}
	for e, changes := range r.changes {
		if got, want := collapsed(sent[e]), collapsed(changes); !slices.Equal(got, want) {
			wrong("states of %v: %v, want %v", e, got, want)
		}
	}
}

// collapsed leaves out repetitions, and the OK with which all begin.
func collapsed(states []supervision.State) (less []supervision.State) {
	last := supervision.OK
	for _, s := range states {
		if s != last {
			less = append(less, s)
		}
		last = s
	}
	return less
}

// compareResults checks that each result was sent once, with its text.
func (r *recording) compareResults(set readerSet, out outcome, wrong func(string, ...any)) {
	times := map[*recorded]int{}
	for i := range out.sent {
		s := &out.sent[i]
		if s.rec.Check == nil {
			continue
		}
		one := r.byRef[s.rec.Ref]
		if one != nil && s.mark != timeline.Completion {
			times[one]++
		}
		if s.rec.Check.Output == "" && s.rec.Check.State != supervision.OK && !r.mayBeEmpty(s) {
			wrong("an alarm without text: %v", s)
		}
	}
	for _, why := range []timeline.Reason{timeline.Late, timeline.TooManyWaited} {
		for _, ref := range out.dropped[why] {
			one := r.byRef[ref]
			if one != nil && times[one] == 0 && !r.isOvertaken(set, one) {
				wrong("%s: %v at %d, %q", why, one.entity, one.at, one.output)
			}
		}
	}
	for _, one := range r.results {
		if times[one] > 1 {
			wrong("sent %d times: %v at %d, %q", times[one], one.entity, one.at, one.output)
		}
		isRead := one.alert != nil || set.perfdata && set.template != stateless
		if isRead && times[one] == 0 && !r.wasShown(out, one) && !r.isOvertaken(set, one) {
			wrong("never sent: %v at %d, %d %q", one.entity, one.at, one.state, one.output)
		}
	}
}

// isOvertaken reports whether a result that the log doesn't show may be overtaken by the
// alarm behind it: that leaves after a fifth of a second, and the perfdata file may
// be read later. Both are of one second; without a state a result waits longer.
func (r *recording) isOvertaken(set readerSet, one *recorded) bool {
	within := int64(1)
	if set.template == stateless {
		within = 3
	}
	return one.alert == nil && slices.ContainsFunc(r.results, func(next *recorded) bool {
		return next.entity == one.entity && next.alert != nil && next.at >= one.at && next.at <= one.at+within
	})
}

// mayBeEmpty reports whether a result that is sent without a text has none.
func (r *recording) mayBeEmpty(s *sent) bool {
	if one := r.byRef[s.rec.Ref]; one != nil {
		return one.output == ""
	}
	return slices.ContainsFunc(r.results, func(one *recorded) bool {
		return one.output == "" && one.isOf(s)
	})
}

// isOf reports whether a result may be the one that the status file's report is of.
func (one *recorded) isOf(s *sent) bool {
	late := one.at - s.rec.Time.Unix()
	return s.rec.Entity == one.entity && s.rec.Check.State == one.state && late >= -1 && late <= 12
}

// wasShown reports whether the status file's report of a result was sent.
func (r *recording) wasShown(out outcome, one *recorded) bool {
	return slices.ContainsFunc(out.sent, func(s sent) bool {
		c := s.rec.Check
		return c != nil && r.byRef[s.rec.Ref] == nil && one.isOf(&s) &&
			(c.Output == "" || comparable(c.Output) == one.output)
	})
}
