package nagios

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func FuzzMainConfiguration(f *testing.F) {
	sample, err := os.ReadFile("testdata/debian-nagios4.cfg")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample))
	f.Add("log_file=a\\\n b\\\\\ninclude_dir=.\ninclude_file=main.cfg\ncfg_dir=/\n" +
		"host_perfdata_file_processing_command=x!y\nresource_file=/../..\n")
	f.Add("broker_module= \nbroker_module=a b\nlog_rotation_method=\xff\nstatus_update_interval=NaN\n" +
		"service_perfdata_file_mode=\\\n=\n")
	root := f.TempDir()
	f.Add("log_file='x' ; y\nenable_flap_detection=Yes;\nlog_rotation_method=d ;\nhost_perfdata_file_mode=a ; p\n" +
		"event_broker_options=-1 x\nhost_perfdata_file_processing_interval=0x7fffffffffffffff\nicinga_user=x\n")
	f.Fuzz(func(t *testing.T, text string) {
		readAnything(t, root, text, false)
		readAnything(t, root, text, true)
	})
}

// readAnything reads a main configuration as the cores, or as Shinken.
func readAnything(t *testing.T, root, text string, shinken bool) {
	t.Helper()
	l := newLoader(root, "/etc/main.cfg")
	l.shinken = shinken
	l.parseMain(l.cfg.Path, text)
	l.cfg.Flavour, _ = l.identify()
	l.cfg.takeDefaultsOf(l.cfg.Flavour)
	l.searchObjects()
	c := l.cfg
	for _, path := range []string{
		c.LogFile, c.LogArchivePath, c.StatusFile, c.ObjectCacheFile, c.HostPerfdata.File, c.ServicePerfdata.File,
	} {
		if path != "" && (!filepath.IsAbs(path) || path != filepath.Clean(path)) {
			t.Errorf("path %q", path)
		}
	}
	for _, d := range []time.Duration{c.StatusUpdateInterval, c.HostPerfdata.ProcessingInterval} {
		if d < 0 {
			t.Errorf("duration %v", d)
		}
	}
	for _, p := range []Perfdata{c.HostPerfdata, c.ServicePerfdata} {
		if !strings.Contains("awp", string(p.Mode)) {
			t.Errorf("mode %q", p.Mode)
		}
	}
}

func FuzzObjectFile(f *testing.F) {
	f.Add("define command{\ncommand_name a ; b\ncommand_line c \\; d \\\n e\n}\n")
	f.Add("define command {\n command_name\n command_line\n }\n}\n;\n\\\n\\;")
	f.Add("include_file=a.cfg\ninclude_dir = b ; c\ninclude_dir=\ndefine module{\nmodule_name m\npath /m.so\n" +
		"args x=1 y\nregister 0\n}\ndefine\ndefinehost\n}")
	f.Fuzz(func(t *testing.T, text string) {
		found := parseObjects("/o.cfg", text)
		for name, line := range found.commands {
			if name == "" || line == "" {
				t.Errorf("a command %q with the line %q", name, line)
			}
		}
		for _, m := range found.modules {
			if m.Path == "" || !strings.HasPrefix(m.Origin, "/o.cfg:") {
				t.Errorf("a module %+v", m)
			}
		}
		for _, path := range append(found.files, found.dirs...) {
			if path == "" {
				t.Error("an include without a path")
			}
		}
	})
}

// FuzzNumbers reads numbers as the Go library does where that has a rule for them.
func FuzzNumbers(f *testing.F) {
	for _, text := range []string{"60 ; minutes", "-1", "0x1f", "017", "99999999999999999999", "+ 1", "0x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, isNumber := atoi(text)
		if want, err := strconv.ParseInt(text, 10, 32); err == nil && (!isNumber || n != int(want)) {
			t.Errorf("atoi of %q is %d, %v", text, n, isNumber)
		}
		long, isNumber := strtoul(text)
		if want, err := strconv.ParseUint(text, 10, 64); err == nil && (text[0] != '0' || text == "0") &&
			(!isNumber || long != want) {
			t.Errorf("strtoul of %q is %d, %v", text, long, isNumber)
		}
		if n, isNumber := atoi(text + " ; x"); isNumber {
			if alone, _ := atoi(text); n != alone {
				t.Errorf("a comment behind %q makes it %d", text, n)
			}
		}
	})
}
