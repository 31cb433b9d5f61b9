package endtoend

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// anything stands for a field whose value depends on the moment; the flags are
// compared by replaying the stream instead.
type anything struct{}

// stateNames and severities are those of Canopsis' default scale.
var (
	serviceStates = []string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}
	severities    = map[string]float64{
		"OK": 0, "WARNING": 1, "CRITICAL": 3, "UNKNOWN": 2, "UP": 0, "DOWN": 3, "UNREACHABLE": 2,
	}
	nagiosStates = map[string]float64{
		"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3, "UP": 0, "DOWN": 1, "UNREACHABLE": 2,
	}
)

// check is a check event that has to come.
type check struct {
	key  string // identifies it
	n    string // the number in its output
	body map[string]any
	or   map[string]any // another body that is as good; nil: none
	// optional: the event may be missing, because another reader was faster
	// with a newer result, or because nothing was reported of the object yet.
	optional bool
}

func newCheck(body map[string]any) check {
	return check{key: keyOf(body), n: event{body: body}.n(), body: body}
}

// keyOf identifies a result among those of its object: by what was printed, and what
// Nagios made of it.
func keyOf(body map[string]any) string {
	e := event{body: body}
	state, _ := body["supervisor_state"].(string)
	text := e.n()
	if text == "" {
		text = e.text("output") + at(body["supervisor_timestamp"])
	}
	return e.entity().String() + " " + text + " " + state
}

func at(seconds any) string {
	n, _ := seconds.(float64)
	return strconv.FormatInt(int64(n), 10)
}

// body begins a check event with what is known of the object.
func (p *play) body(e entity, state, output string) map[string]any {
	b := map[string]any{
		"connector": "nagios", "event_type": "check", "source_type": "component", "component": e.host,
		"state": severities[state], "supervisor_state": state, "state_type": nil, "check_type": nil,
		"current_attempt": nil, "output": output, "long_output": "", "perf_data": "", "perf_data_raw": "",
		"output_truncated": false, "execution_time": nil, "latency": nil, "command_name": "truth",
		"acknowledged": anything{}, "is_flapping": anything{}, "scheduled_downtime_depth": anything{},
	}
	if e.service != "" {
		b["source_type"], b["resource"] = "resource", e.service
	}
	known, ok := p.known[e]
	if !ok {
		p.t.Errorf("Nagios speaks of %s, which is not in its configuration", e)
	}
	maps.Copy(b, known)
	return b
}

func stamp(b map[string]any, seconds int64) {
	b["timestamp"], b["supervisor_timestamp"] = float64(seconds), float64(seconds)
}

// fillIn adds what was printed.
func (r result) fillIn(b map[string]any, long, perf bool) {
	b["output"] = r.saying.output
	if long {
		b["long_output"] = r.saying.long
	}
	if perf {
		b["perf_data"], b["perf_data_raw"] = r.saying.metrics, r.saying.perf
	}
}

// withoutNumber are the outputs that Nagios makes itself.
var withoutNumber = regexp.MustCompile(
	`^\(Return code of 4 for service 'exit 4' on host 'gallery' was out of bounds\)$|` +
		`^\(Service check timed out after \d\.\d\d seconds\)$`)

var stateTypes = map[string]float64{"SOFT": 0, "HARD": 1}

// agree checks that the state is one that the plugin's exit code can have led
// to. A host is unreachable when its parents are down.
func (p *play) agree(e entity, state string, r result) {
	if e.service != "" && state != serviceStates[r.state] || e.service == "" && (state == "UP") != (r.state == 0) {
		p.t.Errorf("%s: the plugin's result was %d, and Nagios reports %s", e, r.state, state)
	}
}

// perfdataChecks are the events that the lines of the perfdata files shall
// become, if their template has every field.
func (p *play) perfdataChecks() (all []check) {
	for _, l := range p.lines {
		kind := "HOST"
		if l.entity.service != "" {
			kind = "SERVICE"
		}
		b := p.body(l.entity, l.fields[kind+"STATE"], l.fields[kind+"OUTPUT"])
		stamp(b, l.time)
		b["state_type"] = stateTypes[l.fields[kind+"STATETYPE"]]
		b["current_attempt"], _ = strconv.ParseFloat(l.fields[kind+"ATTEMPT"], 64)
		execution, latency := l.fields[kind+"EXECUTIONTIME"], l.fields[kind+"LATENCY"]
		if execution != "0.000" || latency != "0.000" {
			b["execution_time"], _ = strconv.ParseFloat(execution, 64)
			b["latency"], _ = strconv.ParseFloat(latency, 64)
		}
		if kind == "SERVICE" {
			b["macro_HOSTSTATE"], b["macro_HOSTSTATETYPE"] = l.fields["HOSTSTATE"], l.fields["HOSTSTATETYPE"]
		}
		if r, ok := p.byNumber[l.n]; ok {
			p.agree(l.entity, b["supervisor_state"].(string), r)
			p.inTime(l, r, b["execution_time"])
			r.fillIn(b, true, true)
		} else if !withoutNumber.MatchString(l.fields[kind+"OUTPUT"]) {
			p.t.Errorf("a perfdata line that nobody caused: %v", l)
		}
		all = append(all, newCheck(b))
	}
	return all
}

// movedChecks are those of the lines that were moved into the spool directory.
func (p *play) movedChecks() (moved []check) {
	for i, c := range p.perfdataChecks() {
		if p.lines[i].moved {
			moved = append(moved, c)
		}
	}
	return moved
}

// hardOnNagiosScale returns the same checks with Nagios' own numbers of states,
// without the problems in a soft state.
func hardOnNagiosScale(checks []check) (scaled []check) {
	for _, c := range checks {
		if c.body["state_type"] == 0.0 && c.body["state"] != 0.0 {
			continue
		}
		for _, body := range []*map[string]any{&c.body, &c.or} {
			if *body != nil {
				*body = maps.Clone(*body)
				(*body)["state"] = nagiosStates[(*body)["supervisor_state"].(string)]
			}
		}
		scaled = append(scaled, c)
	}
	return scaled
}

// inTime checks Nagios' times against the plugin's own. On a busy machine a
// process takes its time to start, and to be taken notice of; and the clock
// that time(2) reads is some milliseconds behind.
func (p *play) inTime(l line, r result, execution any) {
	took, _ := execution.(float64)
	if late := time.Unix(l.time, 0).Sub(r.ended); late < -1100*time.Millisecond ||
		late > 10*time.Second || took > 10 ||
		took < r.ended.Sub(r.started).Seconds()-0.1 && !r.passive {
		p.t.Errorf("%s: ran from %s to %s; Nagios took it at %d, after %v s",
			l.entity, r.started, r.ended, l.time, execution)
	}
}

// statelessChecks are the events that the lines of Nagios' default templates
// shall become: the state that follows from the plugin's exit code, and state
// type and attempt as they were reported last. Of an object that was never checked
// before nothing is reported until a status file shows it, as far as it is well.
func (p *play) statelessChecks() (all []check) {
	reported := map[entity][]stateLine{}
	for _, s := range p.states {
		reported[s.entity] = append(reported[s.entity], s)
	}
	shown, since := map[string]map[string]any{}, map[entity]float64{}
	for _, c := range p.statusChecks() {
		shown[c.key] = c.body
		if e := (event{body: c.body}).entity(); since[e] == 0 {
			since[e] = c.body["timestamp"].(float64) + untilShown
		}
	}
	for _, l := range p.lines {
		s, alerted := stateOf(reported[l.entity], l)
		c := p.statelessCheck(l, s, alerted)
		if s.state == "" && !p.byNumber[l.n].passive && float64(l.time) <= since[l.entity] {
			c.or, c.optional = shown[c.key], true
		}
		all = append(all, c)
	}
	return all
}

// untilShown is how many seconds may pass between a result and the reading of
// the status file that shows it: Nagios writes one every 2 s here.
const untilShown = 4

// stateOf returns what the log reported last of the state in which the result of a
// perfdata line was, and whether it was this result that reported it.
func stateOf(reported []stateLine, l line) (last stateLine, alerted bool) {
	for _, s := range reported {
		if s.n > l.n || s.n == l.n && l.n != "" && !s.alert || s.time > l.time ||
			l.n == "" && s.n != "" && s.time == l.time {
			continue
		}
		last, alerted = s, s.alert && s.n == l.n && s.time >= l.time-1
	}
	return last, alerted
}

func (p *play) statelessCheck(l line, s stateLine, alerted bool) check {
	state, output := s.state, ""
	r, ok := p.byNumber[l.n]
	if ok && l.entity.service != "" {
		state = serviceStates[r.state]
	} else if ok && r.state == 0 {
		state = "UP"
	} else if !ok {
		output, _, _ = strings.Cut(l.fields["REST"], "\t")
		state = "CRITICAL"
		if !withoutNumber.MatchString(output) {
			p.t.Errorf("a perfdata line that nobody caused: %v", l)
		}
	}
	b := p.body(l.entity, state, output)
	stamp(b, l.time)
	b["state_type"], b["current_attempt"] = stateTypes[s.stateType], s.attempt
	if !alerted && (state == "OK" || state == "UP") { // well for longer than one check
		b["state_type"], b["current_attempt"] = 1.0, 1.0
	}
	kind := "HOST"
	if l.entity.service != "" {
		kind = "SERVICE"
	}
	b["execution_time"], _ = strconv.ParseFloat(l.fields[kind+"EXECUTIONTIME"], 64)
	b["latency"], _ = strconv.ParseFloat(l.fields[kind+"LATENCY"], 64) // empty for hosts
	if b["execution_time"] == 0.0 && b["latency"] == 0.0 {
		b["execution_time"], b["latency"] = nil, nil
	}
	if ok {
		r.fillIn(b, false, true)
	}
	return newCheck(b)
}

// logChecks are the events that the log shall become: its alerts, and the
// passive results that caused none.
func (p *play) logChecks() (all []check) {
	alerted := map[string]bool{}
	for _, s := range p.states {
		if s.alert {
			all = append(all, p.stateCheck(s))
			alerted[s.n] = true
		}
	}
	for _, l := range p.lines {
		r := p.byNumber[l.n]
		if !r.passive || alerted[r.n] {
			continue
		}
		state := serviceStates[r.state]
		if r.entity.service == "" {
			state = []string{"UP", "DOWN"}[r.state]
		}
		one := p.stateCheck(stateLine{entity: r.entity, time: l.time, state: state, output: r.saying.output, n: r.n})
		one.body["state_type"], one.body["current_attempt"] = nil, nil
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b check) int {
		return cmp.Compare(a.body["timestamp"].(float64), b.body["timestamp"].(float64))
	})
	return all
}

// unownedChecks are the events about objects that write no perfdata: what the
// log shows, and what the status file shows beyond that. What the log repeats at
// a start may be new or not by then.
func (p *play) unownedChecks() (all []check) {
	repeated := map[string]map[string]any{}
	for _, s := range p.states {
		if c := p.stateCheck(s); !s.alert {
			repeated[c.key] = c.body
		}
	}
	seen := map[string]bool{}
	for _, c := range append(p.logChecks(), p.statusChecks()...) {
		if c.body["resource"] == withoutPerfdata && !seen[c.key] {
			seen[c.key] = true
			c.or = repeated[c.key]
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b check) int { return strings.Compare(a.n, b.n) })
	for i, c := range all[:len(all)-1] {
		_, byStatus := c.body["check_type"].(float64)
		_, next := all[i+1].body["check_type"].(float64)
		all[i].optional = c.optional || byStatus && !next // the log was faster with the next one
	}
	return all
}

func (p *play) stateCheck(s stateLine) check {
	b := p.body(s.entity, s.state, s.output)
	stamp(b, s.time)
	b["state_type"], b["current_attempt"] = stateTypes[s.stateType], s.attempt
	if r, ok := p.byNumber[s.n]; ok {
		p.agree(s.entity, s.state, r)
		r.fillIn(b, r.passive, r.passive)
		if r.passive {
			b["check_type"], b["execution_time"], b["latency"] = 1.0, 0.0, 0.0
		}
	} else if !withoutNumber.MatchString(s.output) {
		p.t.Errorf("a line of the log that nobody caused: %v", s)
	}
	return newCheck(b)
}

// statusChecks are the results that the status files show, each once.
func (p *play) statusChecks() (all []check) {
	type shown struct {
		identity string
		check    int // index of its event
	}
	last := map[entity]shown{}
	for _, file := range p.statuses.files {
		blocks := statusBlocks(p.t, file.text)
		created := int64(blocks[0].number("created"))
		for _, block := range blocks {
			if block.kind != "hoststatus" && block.kind != "servicestatus" || block.fields["has_been_checked"] != "1" {
				continue
			}
			e, f := block.entity(), block.fields
			identity := strings.Join([]string{
				f["last_check"], f["current_state"], f["state_type"], f["current_attempt"],
				f["check_execution_time"], f["plugin_output"],
			}, "\x00")
			if last[e].identity != identity {
				last[e] = shown{identity, len(all)}
				one := p.statusCheck(e, block, created)
				one.optional = true
				all = append(all, one)
			}
			if !file.brief() {
				all[last[e].check].optional = false
			}
		}
	}
	return all
}

func (p *play) statusCheck(e entity, block statusBlock, created int64) check {
	names := serviceStates
	if block.kind == "hoststatus" {
		names = []string{"UP", "DOWN", "UNREACHABLE"}
	}
	b := p.body(e, names[int(block.number("current_state"))], utf8(block.fields["plugin_output"]))
	end := min(int64(block.number("last_check")+block.number("check_execution_time")), created)
	stamp(b, end)
	for field, key := range map[string]string{
		"state_type": "state_type", "check_type": "check_type", "current_attempt": "current_attempt",
		"max_attempts": "max_attempts", "execution_time": "check_execution_time", "latency": "check_latency",
		"scheduled_downtime_depth": "scheduled_downtime_depth",
	} {
		b[field] = block.number(key)
	}
	b["acknowledged"], b["is_flapping"] = block.fields["problem_has_been_acknowledged"] == "1",
		block.fields["is_flapping"] == "1"
	if r, ok := p.byNumber[runNumber.FindString(block.fields["plugin_output"])]; ok {
		p.agree(e, b["supervisor_state"].(string), r)
		if d := end - r.ended.Unix(); d < -2 || d > 2 {
			p.t.Errorf("%s: ended %s, and by the status file at %d", e, r.ended, end)
		}
		r.fillIn(b, true, true)
	} else if !withoutNumber.MatchString(block.fields["plugin_output"]) {
		p.t.Errorf("a result in the status file that nobody caused: %v", block)
	}
	return newCheck(b)
}
