package timeline_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// How many histories are played with each set of readers, and how many with
// SOAK=1 in the environment.
const (
	histories      = 50
	worseHistories = 15 // in which something fails
	soakHistories  = 1000
)

var sets = []readerSet{
	{name: "log", log: true},
	{name: "log and status", log: true, status: true},
	{name: "log and perfdata", log: true, perfdata: true},
	{name: "all", log: true, perfdata: true, status: true},
	{name: "log and PNP", log: true, perfdata: true, template: pnpTemplate},
	{name: "all with PNP", log: true, perfdata: true, template: pnpTemplate, status: true},
	{name: "log and stateless", log: true, perfdata: true, template: stateless},
	{name: "all with stateless", log: true, perfdata: true, template: stateless, status: true},
	{name: "perfdata and status", perfdata: true, status: true},
	{name: "PNP and status", perfdata: true, template: pnpTemplate, status: true},
	{name: "stateless and status", perfdata: true, template: stateless, status: true},
	{name: "all with spool", log: true, perfdata: true, spool: true, status: true},
}

// plans are the interleavings in which each history is played.
func plans(seed uint64) []plan {
	return []plan{
		{seed: seed}, {seed: seed + 1}, {seed: seed + 2, kills: 50},
		{seed: seed + 3, catchUp: true}, {seed: seed + 4, catchUp: true, kills: 50},
		{seed: seed + 5, catchUp: true, fromStart: true}, {seed: seed + 6, catchUp: true, fromStart: true, kills: 50},
	}
}

func TestWhatIsSentDoesNotDependOnTheSpeedOfTheReaders(t *testing.T) {
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			t.Parallel()
			forEachHistory(t, histories, false, func(s script, seed uint64) []string {
				if set.template == pnpTemplate {
					s = s.withoutBursts()
				}
				return violations(s, set, plans(seed))
			})
		})
	}
}

// With a reader that fails, something is missing, but nothing is wrong.
func TestAReaderFails(t *testing.T) {
	for _, set := range sets {
		for _, r := range set.readers() {
			if len(set.readers()) == 1 {
				continue
			}
			t.Run(set.name+" without "+r.Name, func(t *testing.T) {
				t.Parallel()
				forEachHistory(t, worseHistories, false, func(s script, seed uint64) []string {
					if set.template == pnpTemplate {
						s = s.withoutBursts()
					}
					return violations(s, set, []plan{
						{seed: seed, fails: r.Name}, {seed: seed + 1, fails: r.Name, catchUp: true},
					})
				})
			})
		}
	}
}

// A supervisor that was killed goes on from an older state.
func TestTheSupervisorIsKilled(t *testing.T) {
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			t.Parallel()
			forEachHistory(t, worseHistories, true, func(s script, seed uint64) []string {
				if set.template == pnpTemplate {
					s = s.withoutBursts()
				}
				return violations(s, set, plans(seed))
			})
		})
	}
}

// forEachHistory checks many histories. It reports the first that fails, as short
// as it can be made. SEED=N in the environment plays history N alone.
func forEachHistory(t *testing.T, count int, kills bool, check func(s script, seed uint64) []string) {
	switch {
	case os.Getenv("SOAK") != "":
		count = soakHistories
	case testing.Short():
		count /= 5
	}
	first := 0
	if only := os.Getenv("SEED"); only != "" {
		var err error
		if first, err = strconv.Atoi(only); err != nil {
			t.Fatal(err)
		}
		count = 1
	}
	for seed := uint64(first); seed < uint64(first+count); seed++ {
		s := generate(rand.New(rand.NewPCG(seed, 1)), kills)
		if found := check(s, seed*100); len(found) > 0 {
			s = shrink(s, func(s script) bool { return len(check(s, seed*100)) > 0 })
			t.Fatalf("history %d:\n%v%s", seed, s, strings.Join(check(s, seed*100), "\n"))
		}
	}
}

// shrink leaves out what is not needed for a failure.
func shrink(s script, fails func(script) bool) script {
	for size := len(s.steps) / 2; size > 0; {
		smaller := false
		for from := 0; from+size <= len(s.steps); {
			less := s
			less.steps = slices.Delete(slices.Clone(s.steps), from, from+size)
			if fails(less) {
				s, smaller = less, true
				continue
			}
			from += size
		}
		if size > 1 || !smaller {
			size /= 2
		}
	}
	return s
}

// violations plays a history in several interleavings and returns what is wrong.
func violations(s script, set readerSet, how []plan) []string {
	h := play(s)
	var first story
	for i, one := range how {
		out := run(h, set, one)
		found := judge(h, set, one, out)
		this := storyOf(out)
		if i == 0 {
			first = this
		}
		differ := one.fails == "" && !h.killed
		if diff := first.differs(this, set, one); differ && diff != "" && len(found) == 0 {
			found = append(found, fmt.Sprintf("differs from %v: %s\n%v", how[0], diff, run(h, set, how[0])))
		}
		if len(found) > 0 {
			return append(found, one.String(), out.String())
		}
	}
	return nil
}

// story is what was sent of each object, by topic.
type story map[string][]string

func storyOf(out outcome) story {
	this := story{}
	add := func(topic string, s sent, what string) {
		topic = s.rec.Entity.String() + " " + topic
		if all := this[topic]; topic != "states" || len(all) == 0 || all[len(all)-1] != what {
			this[topic] = append(all, what)
		}
	}
	last := map[supervision.Entity]supervision.State{}
	for _, s := range out.sent {
		switch s.rec.Kind {
		case supervision.CheckResult, supervision.PresentState:
			if last[s.rec.Entity] != s.rec.Check.State { // the first OK is nothing that the log shows
				add("states", s, fmt.Sprint(s.rec.Check.State))
			}
			last[s.rec.Entity] = s.rec.Check.State
		case supervision.Acknowledged:
			add("acknowledgements", s, "ack "+s.rec.Note.Text)
		case supervision.AcknowledgementRemoved:
			add("acknowledgements", s, "ackremove")
		case supervision.CommentAdded:
			add("comments", s, s.rec.Note.Text)
		case supervision.FlappingStarted, supervision.FlappingStopped:
			add("flapping", s, s.rec.Kind.String())
		case supervision.DowntimeScheduled:
			add("schedules", s, s.rec.Downtime.Comment)
		case supervision.DowntimeStarted, supervision.DowntimeEnded, supervision.DowntimeCancelled:
			what := "ended"
			if s.rec.Kind == supervision.DowntimeStarted {
				what = "started"
			}
			add("downtimes", s, what)
		}
	}
	return this
}

// differs compares two stories. What only the status file shows depends on when it
// is read.
func (s story) differs(other story, set readerSet, how plan) string {
	topics := map[string]bool{}
	for topic := range s {
		topics[topic] = true
	}
	for topic := range other {
		topics[topic] = true
	}
	for topic := range topics {
		if !set.log || set.status && how.catchUp && strings.HasSuffix(topic, "downtimes") {
			continue
		}
		if !slices.Equal(s[topic], other[topic]) {
			return fmt.Sprintf("%s: %v, not %v", topic, other[topic], s[topic])
		}
	}
	return ""
}

var resultOf = regexp.MustCompile(`/r(\d+)`)

// idOf returns the number of the result that a Ref names, 0 if it names none.
func idOf(ref string) int {
	m := resultOf.FindStringSubmatch(ref)
	if m == nil {
		return 0
	}
	id, err := strconv.Atoi(m[1])
	must(err)
	return id
}

// judge returns what is wrong by itself.
func judge(h *history, set readerSet, how plan, out outcome) []string {
	j := &judgement{
		history: h, set: set, how: how, out: out, times: map[int]int{}, objects: map[supervision.Entity]*judged{},
	}
	for i := range out.sent {
		j.sent(&out.sent[i])
	}
	j.swapped()
	if how.fails == "" && !h.killed {
		j.complete()
	}
	shown := how.fails == "" || set.status && how.fails != "status"
	if h.killed { // the status file shows nothing new if it goes back to what it showed before
		shown = shown && set.log && h.script.initialStates
	}
	if shown {
		j.lastState()
	}
	return j.found
}

type judgement struct {
	*history
	set     readerSet
	how     plan
	out     outcome
	times   map[int]int // how often each result was sent
	objects map[supervision.Entity]*judged
	again   []*result // sent once more without completing anything
	found   []string
}

// judged is what was sent of an object so far.
type judged struct {
	last     *result
	problems []int // the ids of the problems
	acked    string
	texts    [4]bool
	// awaitsText was sent without its text, which the log shows.
	awaitsText *result
}

func (j *judgement) wrong(format string, args ...any) {
	j.found = append(j.found, "WRONG: "+fmt.Sprintf(format, args...))
}

func (j *judgement) sent(s *sent) {
	o := j.objects[s.rec.Entity]
	if o == nil {
		o = &judged{}
		j.objects[s.rec.Entity] = o
	}
	switch s.rec.Kind {
	case supervision.CheckResult, supervision.PresentState:
		j.check(s, o)
	case supervision.Acknowledged, supervision.AcknowledgementRemoved:
		if j.how.fails != "" || j.killed {
			return
		}
		if s.rec.Kind == supervision.Acknowledged {
			j.ack(s, o)
		} else {
			j.ackRemove(s, o)
		}
	}
}

func (j *judgement) check(s *sent, o *judged) {
	id := idOf(s.rec.Ref)
	r, c := j.results[id-1], s.rec.Check
	if c.State != r.state {
		j.wrong("result %d is %d, and was sent as %v", id, r.state, s)
	}
	j.times[id]++
	switch {
	case s.mark == timeline.Confirmed, j.isAlike(o.last, r):
	case s.mark == timeline.Completion:
		if o.last != r && !j.mayComplete(s, o.last, r) {
			j.wrong("the completion of an older result: %v", s)
		}
	case j.times[id] > 1 && j.set.spool && o.last.state != r.state && o.last.at > r.at-12_000:
		// It was taken for older than the one sent last, and is the newer one.
	case j.times[id] > 1:
		j.again = append(j.again, r)
	case o.last != nil && o.last.id > id && j.set.spool && o.last.at < r.at+12_000:
		// The status file, which is read first, can't be told from it where results are collected every few seconds.
	case o.last != nil && o.last.id > id:
		j.wrong("older than result %d: %v", o.last.id, s)
	}
	unchanged := o.last == nil && r.state == supervision.OK || o.last != nil && o.last.state == r.state
	o.last = r
	if r.state != supervision.OK {
		o.problems = append(o.problems, id)
	}
	j.text(s, r, o, unchanged)
}

// mayComplete reports whether a result of the status file may be taken for the one
// before it: that had no text of its own, both have the same state, and the check
// began in the second in which that one was processed. A result without a text
// shows nothing else by which to tell.
func (j *judgement) mayComplete(s *sent, before, r *result) bool {
	return j.set.template == pnpTemplate && s.from == "status" && before != nil && before.id < r.id &&
		before.state == r.state && before.at.stamp().Equal(r.started())
}

// swapped checks what was sent twice: in place of a twin, and that was not sent then.
// Twins are two results of an object behind each other, of the same state and text,
// within the time in which the reports of one check may lie: a line of the log
// shows nothing else, so what the status file has of the one may be taken for the other.
func (j *judgement) swapped() {
	taken := map[int]bool{}
	for _, r := range j.again {
		i := slices.IndexFunc(j.results, func(t *result) bool {
			return t.object == r.object && j.isAlike(t, r) && j.areNeighbours(t, r) && j.times[t.id] == 0 && !taken[t.id]
		})
		if i < 0 || !j.set.log || !j.set.status {
			j.wrong("sent twice: result %d of %v, state %d at %d", r.id, objectNames[r.object], r.state, r.at)
			continue
		}
		taken[j.results[i].id] = true
	}
}

// areNeighbours reports whether an object has no result between two.
func (j *judgement) areNeighbours(a, b *result) bool {
	return !slices.ContainsFunc(j.results, func(r *result) bool {
		return r.object == a.object && min(a.id, b.id) < r.id && r.id < max(a.id, b.id)
	})
}

// isAlike reports whether two results of an object differ in nothing but their
// times, which are near.
func (j *judgement) isAlike(a, b *result) bool {
	return a != nil && a != b && a.state == b.state && a.step.output == b.step.output && abs(a.at-b.at) < 12_000
}

// text checks the text of a result: its own if the log shows it, at least one of
// the same state where a reader has reported one.
func (j *judgement) text(s *sent, r *result, o *judged, unchanged bool) {
	c := s.rec.Check
	if late := o.awaitsText; late != nil && late != r {
		j.wrong("nothing completed result %d, sent without its text %q", late.id, late.step.output)
	}
	o.awaitsText = nil
	switch {
	case c.Output == r.step.output:
		o.texts[r.state] = true
	case unchanged && s.mark != timeline.Completion && (s.mark == timeline.CarriedText || c.Output == "") &&
		r.logged && j.set.log && j.how.fails == "" && !j.killed:
		o.awaitsText = r // a result that changes nothing waits for no text
	case s.mark == timeline.CarriedText && !(r.logged && j.set.log):
		if !strings.HasPrefix(c.Output, fmt.Sprintf("state %d", r.state)) {
			j.wrong("the text of another state: %v", s)
		}
	case c.Output == "" && !o.texts[r.state] && !(r.logged && j.set.log):
	case j.how.fails != "" || j.killed:
	default:
		j.wrong("without its text %q: %v", r.step.output, s)
	}
}

// ack checks that an acknowledgement comes after its problem, and was given.
func (j *judgement) ack(s *sent, o *judged) {
	i := slices.IndexFunc(j.acks, func(a ackEvent) bool {
		return a.given && a.text == s.rec.Note.Text && objectNames[a.object] == s.rec.Entity
	})
	if i < 0 {
		if o.last != nil && o.last.at.time().Sub(s.rec.Time) < 4*time.Second {
			o.acked = s.rec.Note.Text // the problem came so soon after it that its order is not known
			return
		}
		if s.rec.Note.Text != "" {
			j.wrong("the supervisor has refused it: %v", s)
		}
		return
	}
	if o.acked == s.rec.Note.Text {
		j.wrong("acknowledged twice: %v", s)
	}
	o.acked = s.rec.Note.Text
	// The problem begins behind the last OK before the acknowledgement.
	begin := 0
	for _, r := range j.results[:j.acks[i].after] {
		if r.object == j.acks[i].object && r.state == supervision.OK {
			begin = r.id
		}
	}
	if !slices.ContainsFunc(o.problems, func(id int) bool { return id > begin }) {
		j.wrong("before its problem: %v", s)
	}
}

// ackRemove checks that an acknowledgement had ended by the result that ends it.
func (j *judgement) ackRemove(s *sent, o *judged) {
	if o.acked == "" {
		j.wrong("the end of no acknowledgement: %v", s)
		return
	}
	id := idOf(s.rec.Ref)
	given := !slices.ContainsFunc(j.acks, func(a ackEvent) bool { return a.text == o.acked })
	if given {
		o.acked = ""
		return // it was refused
	}
	for _, a := range j.acks {
		switch {
		case objectNames[a.object] != s.rec.Entity:
		case a.given && a.text == o.acked:
			given = true
		case given && !a.given:
			if id != 0 && a.after > id && j.set.log {
				j.wrong("it ended by result %d: %v", a.after, s)
			}
			o.acked = ""
			return
		}
	}
	if j.set.log { // without the log, an acknowledgement that was given again is not known
		j.wrong("it never ended: %v", s)
	}
}

// complete checks that nothing is missing.
func (j *judgement) complete() {
	for _, ref := range j.out.dropped[timeline.Late] {
		waits := j.set.template == stateless || j.script.noEmpty
		if id := idOf(ref); !j.set.spool && j.times[id] == 0 && !(waits && j.isOvertaken(id)) {
			j.wrong("late: %s", ref)
		}
	}
	for _, ref := range j.out.dropped[timeline.StateUnknown] {
		// A first problem that is HARD at once doesn't show that the object was well.
		r := j.results[idOf(ref)-1]
		if j.set.log && maxAttempts[r.object] > 1 && !j.restarts() && !j.isOneOfTooMany(r) {
			j.wrong("of unknown state: %s", ref)
		}
	}
	for _, r := range j.results {
		inLog := j.set.log && r.logged
		inFile := j.set.perfdata && r.inFile && !j.set.spool &&
			(j.set.template != stateless || j.set.log && !j.restarts())
		if (inLog || inFile) && j.times[r.id] == 0 && !j.mayMiss(r) {
			j.wrong("never sent: result %d of %v, state %d at %d", r.id, objectNames[r.object], r.state, r.at)
		}
	}
	if !j.set.log {
		return
	}
	for _, a := range j.acks {
		n := 0
		for _, s := range j.out.sent {
			if s.rec.Kind == supervision.Acknowledged && s.rec.Note.Text == a.text {
				n++
			}
		}
		if a.given && n != 1 {
			j.wrong("acknowledgement %q was sent %d times", a.text, n)
		}
	}
}

// mayMiss reports whether a result may be missing: without a state it waits for the
// log, and the next one's ALERT doesn't wait so long; an object's first ones may be
// of a state that nobody reports.
func (j *judgement) mayMiss(r *result) bool {
	if j.script.noEmpty && !r.logged && j.isOvertaken(r.id) {
		return true // its reader is taken to miss results, so the next ALERT doesn't wait for it
	}
	return j.set.template == stateless && !r.logged &&
		(!j.isNamed(r.object) || maxAttempts[r.object] == 1 || j.isOvertaken(r.id) || j.isOneOfTooMany(r))
}

// isNamed reports whether the log has a line about a result of an object.
func (j *judgement) isNamed(object int) bool {
	return slices.ContainsFunc(j.results, func(r *result) bool { return r.object == object && r.logged })
}

// isOvertaken reports whether the next result of an object came within a few seconds.
func (j *judgement) isOvertaken(id int) bool {
	r := j.results[id-1]
	return slices.ContainsFunc(j.results[id:], func(next *result) bool {
		return next.object == r.object && next.at < r.at+3000
	})
}

// maxWaiting is how many results of one object wait for a state.
const maxWaiting = 16

// isOneOfTooMany reports whether more results of an object followed than may wait for
// a state, before the log had a line about one.
func (j *judgement) isOneOfTooMany(r *result) bool {
	behind := 0
	for _, next := range j.results[r.id:] {
		switch {
		case next.object != r.object:
		case next.logged:
			return behind >= maxWaiting
		default:
			behind++
		}
	}
	return behind >= maxWaiting
}

func (j *judgement) restarts() bool {
	return slices.ContainsFunc(j.script.steps, func(s step) bool { return s.kind == restart || s.kind == kill })
}

func abs(m moment) moment { return max(m, -m) }

// lastState checks that the present state is the last that was sent.
func (j *judgement) lastState() {
	for i, o := range j.files[len(j.files)-1].objects {
		if o.last == nil {
			continue
		}
		this := j.objects[objectNames[i]]
		complete := j.set.status || j.set.perfdata && j.set.template != stateless && !j.script.noEmpty
		if !complete && !j.isNamed(i) {
			continue
		}
		if this == nil || this.last == nil {
			j.wrong("nothing was sent of %v", objectNames[i])
		} else if this.last.state != o.state {
			j.wrong("%v is %d, and was sent last as %d", objectNames[i], o.state, this.last.state)
		}
	}
}
