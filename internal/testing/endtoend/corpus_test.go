package endtoend

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
)

// recording is a large one of a Nagios of known truth.
type recording struct {
	t   *testing.T
	dir string
}

func (c recording) read(name string) []byte {
	c.t.Helper()
	f, err := os.Open(filepath.Join(c.dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	var from io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if from, err = gzip.NewReader(f); err != nil {
			c.t.Fatal(err)
		}
	}
	content, err := io.ReadAll(from)
	if err != nil {
		c.t.Fatal(err)
	}
	return content
}

// script is a text whose lines have a time each, and how far it has been played.
type script struct {
	file  string
	lines []string
	time  func(line string) (int64, bool)
}

var (
	logTime      = regexp.MustCompile(`^\[(\d+)\] `)
	perfdataTime = regexp.MustCompile(`^\[(?:HOST|SERVICE)PERFDATA\]\t(\d+)\t`)
)

func newScript(file string, text []byte, stamp *regexp.Regexp) *script {
	return &script{file, slices.Collect(strings.Lines(string(text))), func(line string) (int64, bool) {
		m := stamp.FindStringSubmatch(line)
		if m == nil {
			return 0, false // the rest of the line before
		}
		at, err := strconv.ParseInt(m[1], 10, 64)
		return at, err == nil
	}}
}

// until takes the lines up to a moment.
func (s *script) until(end int64) string {
	n := 0
	for ; n < len(s.lines); n++ {
		if at, ok := s.time(s.lines[n]); ok && at > end {
			break
		}
	}
	text := strings.Join(s.lines[:n], "")
	s.lines = s.lines[n:]
	return text
}

// logNames are the files of the log, oldest first.
var logNames = []string{"archives/nagios-11-23-2026-00.log", "archives/nagios-11-24-2026-00.log", "nagios.log"}

// TestCorpus plays a large recording and compares the events with what the
// plugins were made to do.
func TestCorpus(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	c := recording{t, corpus.Dir(t, "nagios4")}
	r := newReplay(t, c.read("objects.cache"))
	var logs []*script
	for _, name := range logNames {
		logs = append(logs, newScript(name, c.read(name), logTime))
	}
	perfdata := []*script{
		newScript("host-perfdata", c.read("host-perfdata"), perfdataTime),
		newScript("service-perfdata", c.read("service-perfdata.gz"), perfdataTime),
	}
	var statuses [][]byte
	for _, i := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} {
		statuses = append(statuses, c.read("status-"+strconv.Itoa(100 + i)[1:]+".dat.gz"))
	}
	statuses = append(statuses, c.read("status.dat"))
	// Some were written while performance data was switched off for a second.
	// Here the log of 40 s is read before the perfdata files, and would be
	// believed to bring all there is.
	statuses = slices.DeleteFunc(statuses, func(text []byte) bool {
		return bytes.Contains(text, []byte("\tprocess_performance_data=0\n"))
	})
	t.Logf("%d status files", len(statuses))
	for _, status := range statuses {
		r.whileStopped(func() {
			r.slice(int64(statusBlocks(t, status)[0].number("created")), logs, perfdata)
			r.put("status.dat", status)
		})
		r.settle()
	}
	r.whileStopped(func() { r.slice(math.MaxInt64, logs, perfdata) })
	r.settle()
	for _, item := range r.quarantined() {
		if !strings.Contains(string(item.Raw), "not-a-number") {
			t.Errorf("rejected: %s: %s: %q", item.Where, item.Reason, item.Raw)
		}
	}
	c.compare(r, c.firstReported(statuses))
	c.compareNotes(r.got())
}

// firstReported returns the moment from which on the state of each object can be
// known: the log reports a change, or a status file shows it.
func (c recording) firstReported(statuses [][]byte) map[entity]int64 {
	reported := map[entity]int64{}
	report := func(e entity, at int64) {
		if reported[e] == 0 || at < reported[e] {
			reported[e] = at
		}
	}
	for _, name := range logNames {
		for _, s := range stateLinesOf(string(c.read(name))) {
			report(s.entity, s.time)
		}
	}
	for _, text := range statuses {
		blocks := statusBlocks(c.t, text)
		for _, b := range blocks {
			if b.fields["has_been_checked"] == "1" {
				report(b.entity(), int64(blocks[0].number("created")))
			}
		}
	}
	return reported
}

// slice plays what was written up to a moment, with the rotations of the log.
func (r *replay) slice(end int64, logs, perfdata []*script) {
	for i, s := range logs {
		r.add("nagios.log", s.until(end))
		if len(s.lines) > 0 {
			break
		}
		if i+1 < len(logs) && s.file != "" {
			if err := os.Rename(r.path("nagios.log"), r.path(s.file)); err != nil {
				r.t.Fatal(err)
			}
			s.file = ""
		}
	}
	for _, s := range perfdata {
		r.add(s.file, s.until(end))
	}
}

// execution is one that the plugin wrote down.
type execution struct {
	Host    string
	Service string
	Exit    int
	Signal  int
	End     float64
	Output  []byte `json:"output_b64"`
}

func (x execution) entity() entity { return entity{x.Host, x.Service} }

// state is Nagios' state of a service by the way the plugin ended.
func (x execution) state() int {
	switch {
	case x.Signal != 0:
		return 3
	case x.Exit > 3:
		return 2
	}
	return x.Exit
}

func (c recording) executions() map[entity][]execution {
	all := map[entity][]execution{}
	sc := bufio.NewScanner(bytes.NewReader(c.read("checks.ndjson.gz")))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var x execution
		if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
			c.t.Fatal(err)
		}
		all[x.entity()] = append(all[x.entity()], x)
	}
	for _, list := range all {
		slices.SortStableFunc(list, func(a, b execution) int { return cmp.Compare(a.End, b.End) })
	}
	return all
}

// recorded is a line of a perfdata file: output and perfdata are not reported apart.
type recorded struct {
	line
	execution, latency float64
	rest               string
}

func (c recording) lines() (all []recorded) {
	for _, name := range []string{"host-perfdata", "service-perfdata.gz"} {
		for l := range strings.Lines(string(c.read(name))) {
			r := recorded{line: perfdataTruthOf(c.t, strings.TrimSuffix(l, "\n"))}
			r.rest = r.fields["REST"]
			kind := "HOST"
			if r.entity.service != "" {
				kind = "SERVICE"
			}
			r.execution, _ = strconv.ParseFloat(r.fields[kind+"EXECUTIONTIME"], 64)
			r.latency, _ = strconv.ParseFloat(r.fields[kind+"LATENCY"], 64)
			all = append(all, r)
		}
	}
	return all
}

var controls = regexp.MustCompile("\x1b\\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f]")

func plain(s string) string { return controls.ReplaceAllString(utf8(s), "") }

// matches reports whether an event is about the result of the line; whole, with
// its performance data, unless the event came by another reader.
func (r recorded) matches(e event, whole bool) bool {
	at, _ := e.body["supervisor_timestamp"].(float64)
	if early := float64(r.time) - at; early < 0 || early > 1 || whole && (early != 0 || !r.took(e)) {
		return false
	}
	if cut := strings.TrimSuffix(e.text("output"), "…"); cut != e.text("output") {
		return strings.HasPrefix(plain(r.rest), cut)
	}
	for i := range r.rest {
		if r.rest[i] == '\t' && plain(r.rest[:i]) == e.text("output") &&
			(!whole || plain(r.rest[i+1:]) == e.text("perf_data_raw")) {
			return true
		}
	}
	return false
}

// took reports whether the event has the line's times.
func (r recorded) took(e event) bool {
	if r.execution == 0 && r.latency == 0 {
		return e.body["execution_time"] == nil && e.body["latency"] == nil
	}
	return e.body["execution_time"] == r.execution && e.body["latency"] == r.latency
}

// outcome counts what became of the lines of the perfdata files.
type outcome struct {
	lines      int
	found      int // with every field
	byOthers   int // brought by the log or the status file
	unreported int // before anything was reported of the object
	states     int // compared with the plugin's exit code
	unwritten  int // that stand in no perfdata file
}

func (c recording) compare(r *replay, reported map[entity]int64) {
	t := c.t
	complain := complaints{t: t, about: "corpus"}
	defer complain.end()
	left := map[entity][]event{}
	for _, e := range r.got() {
		if e.kind() == "check" {
			left[e.entity()] = append(left[e.entity()], e)
		}
	}
	executions := c.executions()
	o := outcome{}
	var missing []recorded
	take := func(l recorded, whole bool) bool {
		i := slices.IndexFunc(left[l.entity], func(e event) bool { return l.matches(e, whole) })
		if i < 0 {
			return false
		}
		if c.stateAgrees(&complain, executions[l.entity], l, left[l.entity][i]) {
			o.states++
		}
		left[l.entity] = slices.Delete(left[l.entity], i, i+1)
		return true
	}
	for _, l := range c.lines() {
		o.lines++
		if take(l, true) {
			o.found++
		} else {
			missing = append(missing, l)
		}
	}
	for _, l := range missing {
		switch {
		case take(l, false):
			o.byOthers++
		case l.time <= reported[l.entity]:
			o.unreported++
		default:
			complain.add("no event", "%d %v %q", l.time, l.entity, l.rest)
		}
	}
	for _, list := range left {
		for _, e := range list {
			if o.unwritten++; !wasExecuted(executions[e.entity()], e) {
				complain.add("an event too many", "%s", e.Body)
			}
		}
	}
	t.Logf("%+v", o)
}

// wasExecuted reports whether an event is about something that the plugin did.
func wasExecuted(all []execution, e event) bool {
	at, _ := e.body["supervisor_timestamp"].(float64)
	return slices.ContainsFunc(all, func(x execution) bool {
		bySupervisor := strings.HasPrefix(e.text("output"), "(") &&
			serviceStates[x.state()] == e.text("supervisor_state")
		return math.Abs(at-x.End) < 3 &&
			(bySupervisor || strings.HasPrefix(plain(firstLine(x.Output)), e.text("output")))
	})
}

// stateAgrees compares the state of a service's event with the exit code of the
// execution that it is about, if there is exactly one that it can be.
func (c recording) stateAgrees(complain *complaints, all []execution, l recorded, e event) bool {
	if l.entity.service == "" {
		return false
	}
	states := map[int]bool{}
	for _, x := range all {
		if ago := float64(l.time+1) - x.End; ago >= 0 && ago < 3 && strings.HasPrefix(l.rest, firstLine(x.Output)) {
			states[x.state()] = true
		}
	}
	if len(states) != 1 {
		return false
	}
	for state := range states {
		if serviceStates[state] != e.text("supervisor_state") {
			complain.add("another state", "%d %s: the plugin gave %s: %s", l.time, l.entity, serviceStates[state],
				e.Body)
		}
	}
	return true
}

// firstLine is what Nagios shows of an output, without perfdata.
func firstLine(output []byte) string {
	line, _, _ := strings.Cut(string(output), "\n")
	line, _, _ = strings.Cut(line, "|")
	return strings.ReplaceAll(strings.TrimSpace(line), ";", ":")
}
