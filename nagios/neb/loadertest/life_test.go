package loadertest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestReloads reloads the module fifty times: no descriptor and no memory leaks, each
// load has its own segment, and no record is lost or comes twice.
func TestReloads(t *testing.T) {
	t.Parallel()
	inEveryMode(t, []core{coreNamed(t, "Nagios 4.4.6")}, func(t *testing.T, m mode, c core) {
		dir := t.TempDir()
		p := &play{loader: start(t, m, c), objects: true}
		router, silent, disk, load := world()
		first := true
		var before []string
		for i := range 50 {
			p.load("spool=" + dir)
			if first {
				for _, x := range []*thing{router, silent, disk, load} {
					p.define(x)
				}
			}
			p.begin(router, silent, disk, load)
			p.checked(disk, fields{"return_code": fmt.Sprint(i)})
			p.process("102", "PROCESSRELOADED")
			p.do("unload", "2")
			if first {
				before = p.do("descriptors")
			}
			first = false
		}
		if after := p.do("descriptors"); after[0] != before[0] {
			t.Errorf("%s after the first reload, %s after the last", before[0], after[0])
		}
		p.end()
		if n := len(segments(t, dir)); n != 2*50 { // one while it loads, one for the event loop
			t.Errorf("%d segments", n)
		}
		compare(t, records(t, dir), p.want)
	})
}

// TestDaemon has a core that forks between the load and the event loop, as Nagios 3
// and Icinga 1 do: its parent ends and runs destructors, the child continues.
func TestDaemon(t *testing.T) {
	t.Parallel()
	inEveryMode(t, []core{coreNamed(t, "Nagios 3.5.0"), coreNamed(t, "Icinga 1.14.2")},
		func(t *testing.T, m mode, c core) {
			dir := t.TempDir()
			p, router, silent, disk, load := newPlay(t, m, c, "spool="+dir)
			if entries, _ := os.ReadDir(dir); len(entries) != 0 {
				t.Errorf("written before the fork: %v", entries)
			}
			p.process("104", "")
			p.process("100", "")
			parent := p.pid
			p.do("daemon")
			if p.pid == parent {
				t.Fatal("it did not fork")
			}
			p.process("101", "")
			p.begin(router, silent, disk, load)
			p.everything(router, silent, disk, load)
			p.do("unload", "1")
			p.end()
			all := segments(t, dir)
			if len(all) != 2 || all[0].header["PID"] != fmt.Sprint(p.pid) || all[1].header["PID"] != fmt.Sprint(p.pid) {
				t.Errorf("%d segments, by %s and not %d", len(all), all[0].header["PID"], p.pid)
			}
			compare(t, records(t, dir), p.want)
		})
}

// TestForkWhileWriting has a core that forks when a segment is open already: the child begins its own.
func TestForkWhileWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, router, silent, disk, load := newPlay(t, plain, coreNamed(t, "Nagios 3.5.0"), "spool="+dir)
	p.begin(router, silent, disk, load)
	p.do("daemon")
	p.process("101", "")
	p.checked(disk, nil)
	p.do("unload", "1")
	p.end()
	all := segments(t, dir)
	if len(all) != 3 || len(all[2].records) != 1 || all[2].header["PID"] != fmt.Sprint(p.pid) {
		t.Errorf("%d segments", len(all))
	}
	compare(t, records(t, dir), p.want)
}

// TestWorker has a fork that unloads the module and ends, as Nagios 4's command worker may, while the core continues.
func TestWorker(t *testing.T) {
	t.Parallel()
	inEveryMode(t, []core{coreNamed(t, "Nagios 4.0.0")}, func(t *testing.T, m mode, c core) {
		dir := t.TempDir()
		p, router, silent, disk, load := newPlay(t, m, c, "spool="+dir)
		p.do("worker")
		p.begin(router, silent, disk, load)
		p.do("worker")
		p.everything(router, silent, disk, load)
		p.do("unload", "1")
		p.end()
		// What is written before the event loop may stay open in a worker for ever.
		if all := segments(t, dir); len(all) != 2 || all[1].records[0]["DATATYPE"] != "PROCESSSTARTED" {
			t.Errorf("%d segments", len(all))
		}
		compare(t, records(t, dir), p.want)
	})
}

// TestManyAcknowledgements acknowledges so many objects that they collide in the table,
// and ends them in another order, so that its chains are cut everywhere.
func TestManyAcknowledgements(t *testing.T) {
	t.Parallel()
	inEveryMode(t, []core{coreNamed(t, "Nagios 4.4.6")}, func(t *testing.T, m mode, c core) {
		dir := t.TempDir()
		p := &play{loader: start(t, m, c), objects: true}
		p.load("spool=" + dir)
		var hosts []*thing
		for i := range 300 {
			h := &thing{name: fmt.Sprint("h", i), fields: fields{"current_state": "1"}}
			p.define(h)
			hosts = append(hosts, h)
		}
		for _, h := range hosts {
			p.acknowledge(h, "0", "0")
		}
		for i := range hosts {
			h := hosts[i*7%len(hosts)]
			p.set(h, fields{"problem_has_been_acknowledged": "0"})
			p.removed(h, p.status(h), "CHANGE")
			p.status(h)
		}
		p.do("unload", "1")
		p.end()
		compare(t, records(t, dir), p.want)
	})
}

// TestCopiedLibrary loads a copy that is removed at once, as Nagios 3 and Icinga 1 do.
func TestCopiedLibrary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := start(t, plain, coreNamed(t, "Nagios 3.0"))
	content, err := os.ReadFile(filepath.Join(l.dir, "nagios2canopsis.so"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "nebmodXXXXXX")
	if err := os.WriteFile(name, content, 0o755); err != nil {
		t.Fatal(err)
	}
	l.do("load", name, "spool="+dir)
	os.Remove(name)
	l.event("process", nil, fields{"type": "105", "time": "1"})
	l.do("unload", "2")
	l.end()
	if n := len(records(t, dir)); n != 1 {
		t.Errorf("%d records", n)
	}
}
