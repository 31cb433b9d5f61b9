package endtoend

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// unprivileged makes the program one for which file modes count, also when root
// runs the tests.
func (p *played) unprivileged() {
	if os.Geteuid() == 0 {
		p.before = []string{"setpriv", "--bounding-set=-dac_override,-dac_read_search"}
	}
}

// A perfdata reader that can't read keeps no ALERT of the log back, and no result
// of the status file.
func TestOrderPerfdataThatCannotBeRead(t *testing.T) {
	for _, c := range []struct {
		name, nagios string
		spoil        func(p *played, path string)
	}{
		{"a pipe with mode w", "service_perfdata_file_mode=w", func(p *played, path string) {
			must(p.t, os.Remove(path))
			must(p.t, syscall.Mkfifo(path, 0o644))
		}},
		{"/dev/null", "service_perfdata_file_mode=w", func(p *played, path string) {
			must(p.t, os.Remove(path))
			must(p.t, os.Symlink("/dev/null", path))
		}},
		{"no permission", "", func(p *played, path string) {
			must(p.t, os.Chmod(path, 0))
			p.unprivileged()
		}},
		{"a file with mode p", "service_perfdata_file_mode=p", func(*played, string) {}},
		{"not there", "", func(p *played, path string) { must(p.t, os.Remove(path)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlayed(t, playing{template: pnpPlayed, nagios: c.nagios})
			c.spoil(p, p.path("service-perfdata"))
			p.status(-20, shown{output: "fine", perf: "x=0", last: -25})
			p.Start()
			p.expect(`check -25 OK "fine" "x=0"`)
			p.mark()
			began := time.Now()
			p.alert(0, "CRITICAL HARD", "down")
			p.expect(`check +0 CRITICAL "down" ""`)
			if took := time.Since(began); took > 3*time.Second { // 250 ms where the machine has time
				t.Errorf("the alarm left after %s", took)
			}
			p.status(5, shown{state: 2, output: "down", perf: "x=1", last: 0})
			p.expect(`check +0 CRITICAL "down" "x=1"`)
			p.status(15, shown{state: 2, output: "still down", perf: "x=2", last: 10})
			p.expect(`check +10 CRITICAL "still down" "x=2"`)
			p.finish()
		})
	}
}

// The log can't be read, and the perfdata template has no state: a problem is never
// sent as OK. Its state comes from the status file.
func TestOrderUnreadableLogAndNoState(t *testing.T) {
	p := newPlayed(t, playing{template: nagiosPlayed})
	must(t, os.Chmod(p.path("nagios.log"), 0))
	p.unprivileged()
	p.status(-5, shown{output: "OK", last: -10})
	p.Start()
	p.expect(`check -10 OK "OK" ""`)
	p.result(0, "disk full")
	p.nothingMore()
	p.status(5, shown{state: 2, soft: true, output: "disk full", perf: "x=1", last: 0})
	p.expect(`check +0 CRITICAL "disk full" "x=1"`)
	p.status(15, shown{output: "fine", perf: "x=1", last: 10})
	p.result(10, "fine")
	p.expect(`check +10 OK "fine" "x=1"`)
	p.finish()
}
