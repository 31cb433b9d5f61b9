package shinkentest

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// compareEvents compares what isn't a result with the external commands and
// the supervisor's log.
func compareEvents(t *testing.T, r recording, lives [][]record) {
	t.Helper()
	got := map[string][]record{}
	for i, life := range lives {
		loaded := map[string]int{}
		for _, record := range life {
			kind := record["DATATYPE"]
			if record["LOADED"] == "1" {
				loaded[fmt.Sprint(kind, record.object(), record["ID"], record["COMMENT"])]++
				continue
			}
			got[kind] = append(got[kind], record)
		}
		compareCounts(t, fmt.Sprint("taken over in life ", i), loadedTruth(r.lives[i]), loaded)
	}
	acknowledgements(t, r, got["ACKNOWLEDGEMENT"])
	removals(t, r, got["ACKNOWLEDGEMENTREMOVED"])
	comments(t, r, got["COMMENTADDED"], got["COMMENTDELETED"])
	scheduled(t, r, got["DOWNTIMESCHEDULED"])
	deleted(t, r, got["DOWNTIMEDELETED"], slices.Concat(got["DOWNTIMEENDED"], got["DOWNTIMECANCELLED"]))
	alerts(t, r, got)
	processes(t, r, got["PROCESSSTARTED"])
	if got["LOST"] != nil {
		t.Errorf("lost: %v", got["LOST"])
	}
}

func compareCounts(t *testing.T, what string, want, got map[string]int) {
	t.Helper()
	sum := 0
	for key, n := range want {
		sum += n
		if got[key] != n {
			t.Errorf("%s: %s: %d times, want %d", what, key, got[key], n)
		}
	}
	for key, n := range got {
		if want[key] == 0 {
			t.Errorf("%s: %s: %d times, want none", what, key, n)
		}
	}
	t.Logf("%d %s", sum, what)
}

// loadedTruth is what the first status of each object reports of the time before.
func loadedTruth(life []brok) map[string]int {
	want := map[string]int{}
	seen := map[string]bool{} // also those that were reported as new
	known := map[object]bool{}
	for _, b := range life {
		if !b.isStatus() {
			continue
		}
		first := b.isInitial() || !known[b.object()]
		known[b.object()] = true
		report := func(kind string, id, entry any, words string) {
			key := fmt.Sprint(kind, b.object(), id, entry)
			if first && !seen[key] {
				if kind == "ACKNOWLEDGEMENT" {
					id = ""
				} else {
					id = fmt.Sprintf("%.0f", id)
				}
				want[fmt.Sprint(kind, b.object(), id, words)]++
			}
			seen[key] = true
		}
		for _, c := range b.things("comments") {
			switch {
			case c["entry_type"] == 1.0:
				report("COMMENTADDED", c["id"], c["entry_time"], c["comment"].(string))
			case c["entry_type"] == 4.0 && b.Data["problem_has_been_acknowledged"] == true:
				report("ACKNOWLEDGEMENT", c["id"], c["entry_time"], c["comment"].(string))
			}
		}
		for _, d := range b.things("downtimes") {
			report("DOWNTIMESCHEDULED", d["id"], d["entry_time"], d["comment"].(string))
			if d["is_in_effect"] == true {
				report("DOWNTIMESTARTED", d["id"], d["entry_time"], d["comment"].(string))
			}
		}
	}
	return want
}

// done reports whether the scheduler carried a command out: whether some status
// of the object ever showed the comment or downtime.
func (r recording) done(o object, field, words string) bool {
	for _, life := range r.lives {
		for _, b := range life {
			if b.isStatus() && b.object() == o {
				for _, thing := range b.things(field) {
					if thing["comment"] == words {
						return true
					}
				}
			}
		}
	}
	return false
}

// take removes and returns the first record that fits.
func take(records *[]record, fits func(record) bool) record {
	i := slices.IndexFunc(*records, fits)
	if i < 0 {
		return nil
	}
	found := (*records)[i]
	*records = slices.Delete(slices.Clone(*records), i, i+1)
	return found
}

func near(moment float64, r record, seconds float64) bool {
	return math.Abs(r.time()-moment) <= seconds
}

func none(t *testing.T, what string, records []record) {
	t.Helper()
	for _, r := range records {
		t.Errorf("%s without a cause: %v", what, r)
	}
}

func acknowledgements(t *testing.T, r recording, got []record) {
	t.Helper()
	n := 0
	for _, c := range r.commands {
		if !strings.HasPrefix(c.name, "ACKNOWLEDGE_") {
			continue
		}
		o, args := c.object()
		sticky, notify, persistent, expires := args[0] == "2", args[1], args[2], ""
		if strings.HasSuffix(c.name, "_EXPIRE") {
			expires = args[3]
			args = args[1:]
		}
		author, words := args[3], strings.Join(args[4:], ";")
		if !r.done(o, "comments", words) {
			continue // it was OK
		}
		n++
		found := take(&got, func(g record) bool {
			return g.object() == o && g["AUTHOR"] == author && g["COMMENT"] == words && near(c.time, g, 10)
		})
		if found == nil {
			t.Errorf("no ACKNOWLEDGEMENT for %v", c)
			continue
		}
		if found["PERSISTENT"] != persistent {
			t.Errorf("%v of %v", found, c)
		}
		if order, ok := found["STICKY"]; ok && (order != map[bool]string{true: "1", false: "0"}[sticky] ||
			found["NOTIFY"] != notify || found["EXPIRES"] != expires) {
			t.Errorf("%v of %v", found, c)
		}
	}
	none(t, "acknowledgement", got)
	t.Logf("%d acknowledgements", n)
}

// removals compares with the flag of all status broks.
func removals(t *testing.T, r recording, got []record) {
	t.Helper()
	n := 0
	for _, life := range r.lives {
		flags, states := map[object]bool{}, map[object]any{}
		for _, b := range life {
			o := b.about()
			if b.isResult() {
				states[o] = b.Data["state_id"]
			}
			if !b.isStatus() {
				continue
			}
			flag := b.Data["problem_has_been_acknowledged"] == true
			if flags[o] && !flag {
				n++
				reason := "CHANGE"
				switch {
				case b.Data["state_id"] == 0.0:
					reason = "RECOVERY"
				case r.ordered(b, o, "REMOVE_"):
					reason = "COMMAND"
				case r.expired(b, o):
					reason = "EXPIRED"
				case states[o] == b.Data["state_id"]:
					t.Errorf("why was %v of %v removed?", o, b.T)
				}
				found := take(&got, func(g record) bool {
					return g.object() == o && near(b.T, g, 60) && g["REASON"] == reason &&
						g[x(b)+"STATEID"] == fmt.Sprint(b.Data["state_id"])
				})
				if found == nil {
					t.Errorf("no ACKNOWLEDGEMENTREMOVED, REASON %s for %v at %v", reason, o, b.T)
				}
			}
			flags[o] = flag
		}
	}
	none(t, "removal", got)
	t.Logf("%d removals", n)
}

// about is the object of a brok, if it has one.
func (b brok) about() object {
	if b.Data["host_name"] == nil {
		return object{}
	}
	return b.object()
}

func (r recording) ordered(b brok, o object, prefix string) bool {
	return slices.ContainsFunc(r.commands, func(c command) bool {
		about, _ := c.object()
		return strings.HasPrefix(c.name, prefix) && about == o && c.time <= b.T && b.T < c.time+10
	})
}

func (r recording) expired(b brok, o object) bool {
	return slices.ContainsFunc(r.commands, func(c command) bool {
		about, args := c.object()
		if !strings.HasSuffix(c.name, "_EXPIRE") || about != o {
			return false
		}
		var end float64
		fmt.Sscan(args[3], &end)
		return end <= b.T && b.T < end+10
	})
}

func comments(t *testing.T, r recording, added, deleted []record) {
	t.Helper()
	open := map[object]record{} // no object has two in these scenarios
	n := 0
	for _, c := range r.commands {
		o, args := c.object()
		switch {
		case strings.HasPrefix(c.name, "ADD_"):
			n++
			found := take(&added, func(g record) bool {
				return g.object() == o && g["PERSISTENT"] == args[0] && g["AUTHOR"] == args[1] &&
					g["COMMENT"] == args[2] && g["ENTRYTYPE"] == "1" && g["ENTRY"] == g["TIMET"] && near(c.time, g, 10)
			})
			if found == nil {
				t.Errorf("no COMMENTADDED for %v", c)
				continue
			}
			open[o] = found
		case strings.HasPrefix(c.name, "DEL_") && strings.Contains(c.name, "COMMENT"):
			for about, comment := range open {
				if strings.HasPrefix(c.name, "DEL_ALL_") && about == o ||
					len(c.args) == 1 && comment["ID"] == c.args[0] {
					n++
					delete(open, about)
					if take(&deleted, func(g record) bool {
						return g.object() == about && g["ID"] == comment["ID"] && near(c.time, g, 10)
					}) == nil {
						t.Errorf("no COMMENTDELETED for %v", c)
					}
				}
			}
		}
	}
	// One came by Livestatus, which the scenario doesn't list.
	if o := (object{host: "gw-paris"}); r.done(o, "comments", "commentaire par livestatus é") {
		n++
		if take(&added, func(g record) bool { return g.object() == o && g["AUTHOR"] == "livestatus" }) == nil {
			t.Errorf("no COMMENTADDED for that by Livestatus")
		}
	}
	none(t, "comment", added)
	none(t, "deletion", deleted)
	t.Logf("%d comments added and deleted", n)
}

func scheduled(t *testing.T, r recording, got []record) {
	t.Helper()
	n := 0
	for _, c := range r.commands {
		if !strings.HasPrefix(c.name, "SCHEDULE_") || !strings.HasSuffix(c.name, "_DOWNTIME") ||
			strings.Contains(c.name, "CONTACT") {
			continue
		}
		about, args := c.object()
		objects := []object{about}
		if strings.Contains(c.name, "HOST_SVC") {
			objects = r.services(about.host)
		}
		for _, o := range objects {
			words := strings.Join(args[6:], ";")
			if !r.done(o, "downtimes", words) {
				continue
			}
			n++
			if take(&got, func(g record) bool {
				return g.object() == o && g["START"] == args[0] && g["END"] == args[1] && g["FIXED"] == args[2] &&
					(g["DURATION"] == args[4] || args[2] == "1") && g["AUTHOR"] == args[5] && g["COMMENT"] == words &&
					g["TIMET"] == g["ENTRY"] && near(c.time, g, 10)
			}) == nil {
				t.Errorf("no DOWNTIMESCHEDULED for %v, %v", c, o)
			}
		}
	}
	none(t, "downtime", got)
	t.Logf("%d downtimes scheduled", n)
}

func (r recording) services(host string) []object {
	var result []object
	for _, life := range r.lives {
		for _, b := range life {
			if o := b.about(); o.host == host && o.service != "" && !slices.Contains(result, o) {
				result = append(result, o)
			}
		}
	}
	return result
}

var alert = regexp.MustCompile(`^\[(\d+)\] (HOST|SERVICE) (DOWNTIME|FLAPPING) ALERT: (.*);(STARTED|STOPPED|CANCELLED);`)

// alerts compares starts and ends of downtimes and of flapping with the log.
func alerts(t *testing.T, r recording, got map[string][]record) {
	t.Helper()
	names := map[string]string{
		"DOWNTIME STARTED": "DOWNTIMESTARTED", "DOWNTIME STOPPED": "DOWNTIMEENDED",
		"DOWNTIME CANCELLED": "DOWNTIMECANCELLED", "FLAPPING STARTED": "FLAPPINGSTARTED",
		"FLAPPING STOPPED": "FLAPPINGSTOPPED",
	}
	n := 0
	for _, log := range r.logs {
		m := alert.FindStringSubmatch(log.Data["log"].(string))
		if m == nil {
			continue
		}
		n++
		host, service, _ := strings.Cut(m[4], ";")
		var moment float64
		fmt.Sscan(m[1], &moment)
		kind := names[m[3]+" "+m[5]]
		left := got[kind]
		if take(&left, func(g record) bool {
			return g.object() == object{host, service} && near(moment, g, 40)
		}) == nil {
			t.Errorf("no %s for %s", kind, m[0])
		}
		got[kind] = left
	}
	for _, kind := range names {
		none(t, kind, got[kind])
	}
	t.Logf("%d starts and ends of downtimes and flapping", n)
}

// deleted: each end and cancellation is followed by it, and one that was
// deleted by command before it started has nothing else.
func deleted(t *testing.T, r recording, got, over []record) {
	t.Helper()
	for _, end := range over {
		if take(&got, func(g record) bool {
			return g.object() == end.object() && g["ID"] == end["ID"] && g.time() >= end.time()
		}) == nil {
			t.Errorf("no DOWNTIMEDELETED after %v", end)
		}
	}
	n := len(got)
	for _, c := range r.commands {
		if strings.HasPrefix(c.name, "DEL_") && strings.HasSuffix(c.name, "_DOWNTIME") {
			take(&got, func(g record) bool { return g["ID"] == c.args[0] && near(c.time, g, 10) })
		}
	}
	none(t, "deletion", got)
	t.Logf("%d downtimes deleted, %d of them before they started", n+len(over), n)
}

func processes(t *testing.T, r recording, got []record) {
	t.Helper()
	want, starts := map[string]int{}, map[string]int{}
	for i, life := range r.lives {
		for _, b := range life {
			if b.Type == "program_status" {
				want[fmt.Sprintf("%d: %.0f %.0f", i, b.Data["pid"], b.Data["program_start"])] = 1
			}
		}
	}
	for _, g := range got {
		starts[fmt.Sprintf("%s %s", g["PID"], g["TIMET"])]++
	}
	stripped := map[string]int{}
	for key, n := range want {
		_, rest, _ := strings.Cut(key, ": ")
		stripped[rest] += n
	}
	compareCounts(t, "process starts", stripped, starts)
}
