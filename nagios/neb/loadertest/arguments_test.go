package loadertest

import (
	"os"
	"strings"
	"testing"
)

// TestOldArguments sets the arguments of neb2amqp: for each, one line names what replaces it, and no value is logged.
func TestOldArguments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := start(t, sanitized, cores[0])
	l.load("name=central host=broker.example port=5672 userid=canopsis password=s3cret virtual_host=canopsis " +
		"exchange_name=canopsis.events connector=nagios max_size=8192 cache_size=10000 cache_file=/tmp/c autosync=60 " +
		"autoflush=60 rate=10 flush=100 purge=true hostgroups=1 acknowledgement=1 downtime=1 spool=" + dir)
	for argument, key := range map[string]string{
		"name": "connector_name", "host": "publish.amqp.urls", "port": "publish.amqp.urls",
		"userid": "publish.amqp.user", "password": "publish.amqp.password_file", "virtual_host": "publish.amqp.urls",
		"exchange_name": "publish.amqp.exchange", "connector": "connector", "max_size": "mapping.max_output",
		"cache_size": "journal.max_size", "cache_file": "journal.path", "rate": "publish.amqp.window",
		"acknowledgement": "mapping.events.ack", "downtime": "mapping.events.downtime",
	} {
		if n := l.countLogged("argument " + argument + " of neb2amqp has no meaning here: set " + key); n != 1 {
			t.Errorf("%s is explained %d times", argument, n)
		}
	}
	for _, argument := range []string{"autosync", "autoflush", "flush", "purge", "hostgroups"} {
		if n := l.countLogged("argument " + argument +
			" of neb2amqp has no meaning here, and nothing needs to be set"); n != 1 {
			t.Errorf("%s is explained %d times", argument, n)
		}
	}
	if all := strings.Join(l.logs, "\n"); strings.Contains(all, "s3cret") {
		t.Errorf("the password is in the log:\n%s", all)
	}
	l.event("process", nil, fields{"type": "105", "time": "1"})
	l.do("unload", "1")
	l.end()
	if n := len(records(t, dir)); n != 1 {
		t.Errorf("%d records", n)
	}
}

// TestWrongArguments sets arguments that can't be used: each is logged, and the default is used.
func TestWrongArguments(t *testing.T) {
	t.Parallel()
	l := start(t, sanitized, coreNamed(t, "Naemon 1.5.2"))
	l.load("spool=relative segment_size=1 segment_size=10X segment_size=99999999999999999999 " +
		"segment_age=0 segment_age=2d colour=blue broker.example events=checks,nonsense,,states =  ,")
	for _, text := range []string{
		"argument spool=relative: the path of a directory, from /; the default is used",
		"argument segment_size=1:", "argument segment_size=10X:",
		"argument segment_size=99999999999999999999:",
		"argument segment_age=0:", "argument segment_age=2d:",
		"unknown argument colour: there are spool, segment_size, segment_age and events",
		"argument broker.example is not key=value (neb2amqp took it for the host",
		"argument events=nonsense:", "spool directory /var/spool/nagios2canopsis/neb",
	} {
		if n := l.countLogged(text); n != 1 {
			t.Errorf("%q was logged %d times, with:\n%s", text, n, strings.Join(l.logs, "\n"))
		}
	}
	l.do("unload", "1")
	l.end()
}

// TestNoArguments sets no arguments, and very many.
func TestNoArguments(t *testing.T) {
	t.Parallel()
	l := start(t, sanitized, coreNamed(t, "Nagios 4.4.6"))
	l.do("load", l.dir+"/nagios2canopsis.so")
	l.logged("spool directory /var/spool/nagios2canopsis/neb")
	l.do("unload", "1")
	l.do("load", l.dir+"/nagios2canopsis.so", strings.Repeat("x", 100000))
	l.logged("the arguments are longer than")
	l.do("unload", "1")
	l.end()
}

// TestSpoolWithoutItsName sets the path of the spool directory alone.
func TestSpoolWithoutItsName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, router, silent, disk, load := newPlay(t, plain, coreNamed(t, "Nagios 4.4.6"), "events=checks,"+dir)
	p.begin(router, silent, disk, load)
	p.everything(router, silent, disk, load)
	p.do("unload", "1")
	p.end()
	if files, err := os.ReadDir(dir); err != nil || len(files) == 0 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

// TestEvents selects some events: the others are not written.
func TestEvents(t *testing.T) {
	t.Parallel()
	kinds := map[string][]string{
		"checks":           {"HOSTCHECK", "SERVICECHECK"},
		"states":           {"HOSTSTATE", "SERVICESTATE"},
		"acknowledgements": {"ACKNOWLEDGEMENT", "ACKNOWLEDGEMENTREMOVED"},
		"downtimes": {
			"DOWNTIMESCHEDULED", "DOWNTIMESTARTED", "DOWNTIMEENDED", "DOWNTIMECANCELLED", "DOWNTIMEDELETED",
		},
		"comments": {"COMMENTADDED", "COMMENTDELETED"},
		"flapping": {"FLAPPINGSTARTED", "FLAPPINGSTOPPED"},
		"process":  {"PROCESSSTARTED", "PROCESSSTOPPED"},
	}
	all := []string{"checks", "states", "acknowledgements", "downtimes", "comments", "flapping", "process"}
	for _, chosen := range append(append([]string{}, all...), strings.Join(all, ","), "checks,flapping", "all") {
		t.Run(strings.ReplaceAll(chosen, ",", "+"), func(t *testing.T) {
			dir := t.TempDir()
			p, router, silent, disk, load := newPlay(t, plain, coreNamed(t, "Nagios 4.4.6"),
				"events="+chosen+",spool="+dir)
			p.begin(router, silent, disk, load)
			p.everything(router, silent, disk, load)
			p.process("103", "PROCESSSTOPPED")
			p.do("unload", "1")
			p.end()
			if chosen == "all" {
				chosen = strings.Join(all, ",")
			}
			wanted := map[string]bool{}
			for _, name := range strings.Split(chosen, ",") {
				for _, kind := range kinds[name] {
					wanted[kind] = true
				}
			}
			var want []record
			for _, r := range p.want {
				if wanted[r["DATATYPE"]] {
					want = append(want, r)
				}
			}
			compare(t, records(t, dir), want)
		})
	}
}

// TestBrokerOptions has a core that is configured not to send some events to modules: one line lists them.
func TestBrokerOptions(t *testing.T) {
	t.Parallel()
	l := start(t, plain, coreNamed(t, "Nagios 3.5.0"))
	l.do("broker_options", "4100") // service checks and status data
	l.load("spool=" + t.TempDir())
	l.logged("event_broker_options=4100 keeps from us: starts, stops and the present state; " +
		"host checks; comments; downtimes; flapping; why an acknowledgement ends; " +
		"acknowledgements. Set it to -1")
	if len(l.logs) != 2 {
		t.Errorf("logged %q", l.logs)
	}
	l.do("unload", "1")
	l.do("broker_options", "-1")
	l.load("spool=" + t.TempDir())
	if len(l.logs) != 3 {
		t.Errorf("logged %q", l.logs)
	}
	l.end()
}

// TestWithoutProcessEvents has a core that sends no process events: records are written all the same.
func TestWithoutProcessEvents(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := &play{loader: start(t, plain, coreNamed(t, "Nagios 3.5.0")), objects: true}
	p.load("spool=" + dir)
	router, _, disk, _ := world()
	p.define(router)
	p.define(disk)
	p.do("daemon")
	p.checked(disk, nil)
	p.do("unload", "1")
	p.end()
	compare(t, records(t, dir), p.want)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
}
