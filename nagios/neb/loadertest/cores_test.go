package loadertest

import (
	"fmt"
	"maps"
	"os"
	"testing"
)

// A play sends events about things to the module, and notes the records that it must write.
type play struct {
	*loader
	objects bool // whether the module reads the objects of this core
	clock   int
	want    []record
}

// now is the moment of the next event: a new one each time.
func (p *play) now() string {
	p.clock++
	return p.lastMoment()
}

func (p *play) lastMoment() string {
	return fmt.Sprintf("%d,%d", 1700000000+p.clock, p.clock*1001%1000000)
}

func (p *play) expect(r record) { p.want = append(p.want, r) }

func (p *play) process(eventType, datatype string) string {
	p.t.Helper()
	at := p.now()
	if datatype != "" {
		p.expect(record{"DATATYPE": datatype, "TIMET": moment(at), "PID": fmt.Sprint(p.pid), "PROGRAM": p.core.program})
	}
	p.event("process", nil, fields{"type": eventType, "time": at})
	return at
}

func (p *play) checked(x *thing, f fields) {
	p.t.Helper()
	at := p.now()
	f = with(fields{
		"time": at, "start_time": "1699999990,5", "end_time": "1699999991,250000",
		"timeout": "60", "return_code": number(x.fields["current_state"]),
	}, f)
	p.expect(x.checkRecord(f, p.objects))
	p.check(x, f)
}

func (p *play) status(x *thing) string {
	p.t.Helper()
	at := p.now()
	p.event(map[bool]string{false: "host_status", true: "service_status"}[x.host != nil], x,
		fields{"type": "1201", "time": at})
	return at
}

// names are the fields by which comments and downtimes, which have no object, name it.
func names(x *thing, typeField, host, service string) fields {
	if x.host != nil {
		return fields{typeField: service, "host_name": x.host.name, "service_description": x.description}
	}
	return fields{typeField: host, "host_name": x.name}
}

func (p *play) acknowledge(x *thing, sticky string, end string) {
	p.t.Helper()
	at := p.now()
	f := names(x, "acknowledgement_type", "0", "1")
	p.event("acknowledgement", x,
		with(f, fields{"type": "1700", "time": at, "state": x.fields["current_state"], "author_name": "ada",
			"comment_data": "seen\tit", "is_sticky": sticky, "persistent_comment": "1", "notify_contacts": "0",
			"end_time": end}))
	r := x.identity("ACKNOWLEDGEMENT", at)
	r[x.prefix()+"STATEID"] = x.fields["current_state"]
	r["AUTHOR"], r["COMMENT"], r["STICKY"], r["PERSISTENT"], r["NOTIFY"] = "ada", "seen\tit", sticky, "1", "0"
	if p.core.exports == "naemon" && sticky == "0" {
		delete(r, "STICKY") // Naemon announces one that is sticky by 1 as not sticky
	}
	if p.core.acksExpire && end != "0" {
		r["EXPIRES"] = end
	}
	p.expect(r)
	p.status(x) // the notification of it; the flag is not set yet
	p.set(x, fields{"problem_has_been_acknowledged": "1"})
	p.status(x)
}

func (p *play) removed(x *thing, at, reason string) {
	if !p.objects {
		return
	}
	r := x.identity("ACKNOWLEDGEMENTREMOVED", at)
	r[x.prefix()+"STATEID"] = x.fields["current_state"]
	r["REASON"] = reason
	p.expect(r)
}

func (p *play) comment(x *thing, eventType, datatype, id, entryType string, loaded bool) {
	p.t.Helper()
	p.commentOf("1690000000", x, eventType, datatype, id, entryType, loaded)
}

// commentOf is comment for one that was written at a certain time.
func (p *play) commentOf(entry string, x *thing, eventType, datatype, id, entryType string, loaded bool) {
	p.t.Helper()
	at := p.now()
	f := names(x, "comment_type", "1", "2")
	p.event("comment", nil,
		with(f,
			fields{
				"type": eventType, "time": at, "entry_time": entry, "author_name": "grace",
				"comment_data": "line one\nline two", "persistent": "1", "source": "1", "entry_type": entryType,
				"expires": "1", "expire_time": "1800000000", "comment_id": id,
			}))
	if datatype == "" {
		return
	}
	r := x.identity(datatype, at)
	r["ID"], r["AUTHOR"], r["COMMENT"], r["ENTRY"], r["ENTRYTYPE"] = id, "grace", "line one\nline two", entry, entryType
	r["PERSISTENT"], r["EXPIRES"] = "1", "1800000000"
	if loaded {
		r["LOADED"] = "1"
	}
	p.expect(r)
}

func (p *play) downtime(x *thing, eventType, attr, datatype, id string, loaded bool) {
	p.t.Helper()
	at := p.now()
	f := names(x, "downtime_type", "2", "1")
	p.event("downtime", nil, with(f, fields{
		"type": eventType, "attr": attr, "time": at, "entry_time": "1690000001",
		"author_name": "linus", "comment_data": "disk \\ swap",
		"start_time": "1690000100", "end_time": "1690003700", "fixed": "0", "duration": "1800",
		"triggered_by": "7", "downtime_id": id,
	}))
	if datatype == "" {
		return
	}
	r := x.identity(datatype, at)
	maps.Copy(r,
		record{
			"ID": id, "AUTHOR": "linus", "COMMENT": "disk \\ swap", "ENTRY": "1690000001", "START": "1690000100",
			"END": "1690003700", "FIXED": "0", "DURATION": "1800", "TRIGGEREDBY": "7",
		})
	if loaded {
		r["LOADED"] = "1"
	}
	p.expect(r)
}

func (p *play) flapping(x *thing, eventType, attr, datatype string) {
	p.t.Helper()
	at := p.now()
	f := names(x, "flapping_type", "0", "1")
	p.event("flapping", x, with(f, fields{
		"type": eventType, "attr": attr, "time": at,
		"percent_change": "21.25", "high_threshold": "20", "low_threshold": "5",
	}))
	r := x.identity(datatype, at)
	r["PERCENTCHANGE"], r["HIGHTHRESHOLD"], r["LOWTHRESHOLD"] = "21.25", "20", "5"
	if attr == "2" {
		r["DISABLED"] = "1"
	}
	p.expect(r)
}

// world makes a host in trouble with two services, and a host that was never checked.
func world() (router, silent, disk, load *thing) {
	router = &thing{
		name: "routeur-é", command: "check-host-alive", groups: []string{"network", "paris"},
		variables: [][2]string{{"SITE", "Paris"}, {"RACK", "a\\b\tc"}},
		fields: fields{
			"alias": "the router", "address": "10.0.0.1", "display_name": "Router",
			"notes": "n", "notes_url": "http://x/$HOSTNAME$", "action_url": "http://y/",
			"max_attempts": "5", "current_attempt": "5", "current_state": "1", "state_type": "1",
			"plugin_output": "DOWN - no answer", "perf_data": "rta=0ms;;;",
			"problem_has_been_acknowledged": "1", "acknowledgement_type": "2", "has_been_checked": "1",
			"last_check": "1690000500", "last_time_up": "1685000000",
			"latency": "0.125", "execution_time": "1.000001", "check_type": "0", "scheduled_downtime_depth": "2",
		},
	}
	silent = &thing{name: "silent", fields: fields{"address": "10.0.0.2", "max_attempts": "3", "current_attempt": "1"}}
	disk = &thing{
		host: router, name: router.name, description: "disk /", command: "check_disk",
		groups: []string{"storage"}, variables: [][2]string{{"PATH", "/"}},
		fields: fields{
			"display_name": "Disk", "notes": "sn", "notes_url": "http://s/", "action_url": "http://t/",
			"max_attempts": "4", "current_attempt": "2", "current_state": "2",
			"state_type": "0", "check_type": "1", "plugin_output": "DISK CRITICAL - 91%",
			"long_plugin_output": `/ is full\nC:\\temp is not\n`, "perf_data": "/=91%;80;90",
			"is_flapping": "1", "has_been_checked": "1", "last_check": "1690000600", "latency": "0.25",
			"execution_time": "0.5",
		},
	}
	load = &thing{
		host: silent, name: silent.name, description: "load",
		fields: fields{"max_attempts": "3", "current_attempt": "1", "state_type": "1"},
	}
	return router, silent, disk, load
}

// begin plays a start of the core up to the event loop.
func (p *play) begin(router, silent, disk, load *thing) {
	p.t.Helper()
	p.process("104", "")
	p.process("100", "")
	// The comment of an acknowledgement that ended with the last recovery.
	p.commentOf("1680000000", router, "902", "COMMENTADDED", "10", "4", true)
	p.comment(router, "902", "COMMENTADDED", "11", "4", true)
	if p.objects {
		r := router.identity("ACKNOWLEDGEMENT", "1690000000")
		r["HOSTSTATEID"], r["AUTHOR"], r["COMMENT"], r["STICKY"], r["PERSISTENT"], r["LOADED"] = "1", "grace",
			"line one\nline two", "1", "1", "1"
		p.expect(r)
	}
	p.comment(disk, "902", "COMMENTADDED", "12", "4", true) // acknowledged once, no more
	p.comment(disk, "902", "COMMENTADDED", "13", "1", true)
	p.comment(disk, "902", "COMMENTADDED", "14", "2", true)
	p.comment(disk, "900", "", "14", "2", false) // Nagios 4 writes the comment of a downtime again while it loads it
	p.downtime(disk, "1102", "0", "DOWNTIMESCHEDULED", "3", true)
	at := p.process("105", "PROCESSSTARTED")
	if p.objects {
		p.expect(router.stateRecord(at))
		p.expect(disk.stateRecord(at))
	}
}

// everything plays everything that can happen between two starts.
func (p *play) everything(router, silent, disk, load *thing) {
	p.t.Helper()
	p.checked(router, fields{"command_name": "check-host-alive"})
	p.checked(disk, fields{"early_timeout": "1"})
	for _, other := range []string{"700", "702", "703", "704"} {
		p.event("service_check", disk, fields{"type": other, "time": p.now()})
	}
	p.event("host_check", router, fields{"type": "800", "time": p.now()})
	p.checked(silent, nil)
	p.checked(load, nil)

	// An acknowledgement, removed by a command, with the comment that remains.
	p.acknowledge(disk, "1", "0")
	p.comment(disk, "902", "", "21", "4", false)
	p.comment(disk, "900", "COMMENTADDED", "21", "4", false)
	p.checked(disk, nil)
	p.event("command", nil, fields{"type": "1400", "command_type": "52", "time": p.now()})
	p.set(disk, fields{"problem_has_been_acknowledged": "0"})
	p.removed(disk, p.status(disk), "COMMAND")
	p.comment(disk, "901", "COMMENTDELETED", "21", "4", false)
	p.event("command", nil, fields{"type": "1401", "command_type": "52", "time": p.now()})
	p.status(disk)

	// One that is ended by the recovery, detected at the check.
	p.acknowledge(disk, "0", "0")
	p.set(disk, fields{
		"problem_has_been_acknowledged": "0", "current_state": "0", "state_type": "1", "plugin_output": "DISK OK",
	})
	p.checked(disk, nil)
	p.removed(disk, p.lastMoment(), "RECOVERY")
	p.checked(disk, nil)

	// One that is ended by another problem state, detected at the status before the check.
	p.set(disk, fields{"current_state": "1"})
	p.acknowledge(disk, "0", "0")
	p.set(disk, fields{"problem_has_been_acknowledged": "0", "current_state": "2"})
	p.removed(disk, p.status(disk), "CHANGE")
	p.checked(disk, nil)

	// One that expires, where the core supports it; that of the router was retained at the start.
	end := fmt.Sprint(1700000000 + p.clock + 2)
	p.acknowledge(router, "1", end)
	p.set(router, fields{"problem_has_been_acknowledged": "0"})
	p.now()
	reason := "CHANGE"
	if p.core.acksExpire {
		reason = "EXPIRED"
	}
	p.removed(router, p.status(router), reason)

	p.downtime(disk, "1102", "0", "", "4", false)
	p.downtime(disk, "1100", "0", "DOWNTIMESCHEDULED", "4", false)
	p.downtime(disk, "1103", "0", "DOWNTIMESTARTED", "4", false)
	p.downtime(disk, "1104", "1", "DOWNTIMEENDED", "4", false)
	p.downtime(disk, "1101", "0", "DOWNTIMEDELETED", "4", false)
	p.downtime(router, "1103", "0", "DOWNTIMESTARTED", "5", false)
	p.downtime(router, "1104", "2", "DOWNTIMECANCELLED", "5", false)
	p.downtime(router, "1101", "0", "DOWNTIMEDELETED", "5", false)

	p.flapping(disk, "1000", "0", "FLAPPINGSTARTED")
	p.flapping(disk, "1001", "1", "FLAPPINGSTOPPED")
	p.flapping(router, "1000", "0", "FLAPPINGSTARTED")
	p.flapping(router, "1001", "2", "FLAPPINGSTOPPED")
	p.event("program_status", nil, fields{"type": "1200", "time": p.now()})
}

// newPlay starts a core with the module and the world's objects in it.
func newPlay(t testing.TB, m mode, c core, args string, wrap ...string) (p *play, router, silent, disk, load *thing) {
	t.Helper()
	p = &play{loader: start(t, m, c, wrap...), objects: true}
	router, silent, disk, load = world()
	p.load(args)
	for _, x := range []*thing{router, silent, disk, load} {
		x.core = c
		p.define(x)
	}
	return p, router, silent, disk, load
}

// TestEveryCore plays a run of every kind of core, with a reload in the
// middle, and compares every pair of every record.
func TestEveryCore(t *testing.T) {
	t.Parallel()
	proved := map[string]bool{}
	for _, c := range cores {
		for _, m := range everyMode {
			if m.name == valgrind.name && proved[c.layout] {
				continue // slow, and the table has been tested
			}
			proved[c.layout] = proved[c.layout] || m.name == valgrind.name
			t.Run(c.program+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				p, router, silent, disk, load := newPlay(t, m, c, "spool="+dir)
				p.begin(router, silent, disk, load)
				p.everything(router, silent, disk, load)
				first := len(p.want) + 1
				p.event("process", nil, fields{"type": "106", "time": p.now()})
				p.process("102", "PROCESSRELOADED")
				p.do("unload", "2")

				p.load("spool=" + dir)
				p.set(router, fields{"problem_has_been_acknowledged": "1"})
				p.begin(router, silent, disk, load)
				p.everything(router, silent, disk, load)
				p.process("103", "PROCESSSTOPPED")
				p.do("unload", "1")
				p.end()

				all := segments(t, dir)
				if len(all) != 4 || len(all[0].records)+len(all[1].records) != first {
					t.Fatalf("there are %d segments, not the four of two loads, or the first two have not %d records",
						len(all), first)
				}
				for _, s := range all {
					if s.header["LAYOUT"] != c.layout || s.header["PROGRAM"] != c.program || s.header["LOST"] != "0" {
						t.Errorf("header %v", s.header)
					}
				}
				compare(t, records(t, dir), p.want)
				if len(p.logs) != 2 {
					t.Errorf("not just one line for each load was logged: %q", p.logs)
				}
				if left, _ := os.ReadDir(dir); len(left) != 4 {
					t.Errorf("%d files in the spool", len(left))
				}
			})
		}
	}
}
