package loadertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// differInNext are pairs of tables that differ in nothing but the pointer to the next
// object, so that every object proves both. Only the version distinguishes their releases.
var differInNext = map[string]string{"naemon-1.0.4": "naemon-1.1.0", "naemon-1.4.3": "naemon-1.5.0"}

func oneOfEachTable() (all []core) {
	seen := map[string]bool{}
	for _, c := range cores {
		if !seen[c.layout] {
			all = append(all, c)
		}
		seen[c.layout] = true
	}
	return all
}

// TestWrongTable has cores whose objects are not laid out as their version implies: nothing
// may be read through the wrong table, and what the events contain is still sent.
func TestWrongTable(t *testing.T) {
	t.Parallel()
	for _, c := range oneOfEachTable() {
		for _, other := range oneOfEachTable() {
			if c.layout == other.layout || c.exports == "nagios3" && other.exports == "nagios3" {
				continue // Icinga's table is that of Nagios 3 with one field more
			}
			if differInNext[c.layout] == other.layout || differInNext[other.layout] == c.layout {
				continue
			}
			liar := c
			liar.objects = other.objects
			for _, m := range everyMode {
				if m.name != sanitized.name && (c.layout != "nagios-4.0" || other.layout != "nagios-4.5") {
					continue // the same reads again
				}
				t.Run(c.program+" with objects of "+other.objects+"/"+m.name, func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					p, router, silent, disk, load := newPlay(t, m, liar, "spool="+dir)
					p.objects = false
					p.begin(router, silent, disk, load)
					p.everything(router, silent, disk, load)
					p.do("unload", "1")
					p.end()
					compare(t, records(t, dir), p.want)
					p.logged("are not laid out as its version says")
					if len(p.logs) != 2 {
						t.Errorf("logged more than once: %q", p.logs)
					}
					if h := segments(t, dir)[0].header; h["LAYOUT"] != "none" {
						t.Errorf("the segment has LAYOUT::%s", h["LAYOUT"])
					}
				})
			}
		}
	}
}

// TestForbiddenReading has a kernel that forbids process_vm_readv, as old containers do: the proof uses a pipe.
func TestForbiddenReading(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("needs strace: ", err)
	}
	right := coreNamed(t, "Nagios 4.4.6")
	wrong := right
	wrong.objects = "nagios-4.5"
	for _, c := range []core{right, wrong} {
		dir := t.TempDir()
		p, router, silent, disk, load := newPlay(t, plain, c, "spool="+dir, "strace", "-f", "-o", "/dev/null", "-e",
			"inject=process_vm_readv:error=EPERM")
		p.objects = c.objects == right.objects
		p.begin(router, silent, disk, load)
		p.everything(router, silent, disk, load)
		p.do("unload", "1")
		p.end()
		compare(t, records(t, dir), p.want)
	}
}

// TestTableFoundWrongLate has no objects at the start that differ: the first check
// shows that the table is wrong.
func TestTableFoundWrongLate(t *testing.T) {
	t.Parallel()
	inEveryMode(t, []core{coreNamed(t, "Nagios 4.4.6")}, func(t *testing.T, m mode, c core) {
		dir := t.TempDir()
		p := &play{loader: start(t, m, c)}
		p.load("spool=" + dir)
		router, _, disk, _ := world()
		p.define(router)
		p.define(disk)
		p.process("105", "PROCESSSTARTED")
		at := p.now()
		p.event("host_check", router,
			fields{"type": "801", "time": at, "output": "another pointer than the object's", "host_name": router.name})
		p.event("service_check", disk, fields{"type": "701", "time": p.now()})
		p.do("unload", "1")
		p.end()
		got := records(t, dir)
		if last := got[len(got)-1]; last["DATATYPE"] != "SERVICECHECK" || last["HOSTADDRESS"] != "" ||
			last["SERVICEOUTPUT"] != disk.fields["plugin_output"] {
			t.Errorf("the last record is %v", last)
		}
		p.logged("the host of a check")
	})
}

// TestUnknownCores has releases that the module doesn't know: it logs that, does nothing, and the core continues.
func TestUnknownCores(t *testing.T) {
	t.Parallel()
	unknown := []core{
		{program: "Nagios 5.0.0", exports: "nagios4", objects: "nagios-4.5", api: 4},
		{program: "Nagios 4.6.0", exports: "nagios4", objects: "nagios-4.5", api: 4},
		{program: "Nagios 2.12", exports: "nagios3", objects: "nagios-3.0", api: 3},
		{program: "Naemon 1.6.0", exports: "naemon", objects: "naemon-1.5.0", api: 8},
		{program: "Naemon 2.0.0", exports: "naemon", objects: "naemon-1.5.0", api: 8},
		{program: "Naemon 0.9.1", exports: "naemon", objects: "nagios-4.0", api: 4},
		{program: "Nagios x", exports: "nagios4", objects: "nagios-4.5", api: 4},
	}
	for _, c := range unknown {
		inEveryModeNamed(t, "unknown", []core{c}, func(t *testing.T, m mode, c core) {
			dir := t.TempDir()
			p, router, silent, disk, load := newPlay(t, m, c, "spool="+dir)
			p.begin(router, silent, disk, load)
			p.everything(router, silent, disk, load)
			p.do("unload", "1")
			p.end()
			if entries, _ := os.ReadDir(dir); len(entries) != 0 {
				t.Errorf("it wrote %v", entries)
			}
			p.logged(c.program + " is not known")
			p.logged("known are Nagios 3.0 to 4.5, Naemon 1.0 to 1.5 and Icinga 1")
			if len(p.logs) != 1 {
				t.Errorf("logged %q", p.logs)
			}
		})
	}
}

// TestBehindAnotherModule has a module in the core's name space before ours:
// every module exports __neb_api_version, and Nagios 4 loads all of them
// globally. The number that the core reads must be in ours.
func TestBehindAnotherModule(t *testing.T) {
	t.Parallel()
	other := filepath.Join(t.TempDir(), "other.so")
	compile := exec.Command("cc", "-shared", "-fPIC", "-o", other, "-x", "c", "-")
	compile.Stdin = strings.NewReader("int __neb_api_version = 3; int nebmodule_init(int f, char *a, void *m) { " +
		"return -1; }")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range someCores(t) {
		t.Run(c.program, func(t *testing.T) {
			p, router, silent, disk, load := newPlay(t, plain, c, "spool="+t.TempDir(), "env", "LD_PRELOAD="+other)
			p.begin(router, silent, disk, load)
			p.checked(disk, nil)
			p.do("unload", "1")
			p.end()
		})
	}
}
