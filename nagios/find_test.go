package nagios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func cmdline(args ...string) string { return strings.Join(args, "\x00") + "\x00" }

func TestFind(t *testing.T) {
	tests := []struct {
		name    string
		files   map[string]string
		links   map[string]string        // from, to
		written map[string]time.Duration // ages of files
		taken   []Found                  // Why is a part of what is expected
		others  []string
		errors  []string // parts of the error, if one is expected
	}{
		{
			name: "nothing",
			errors: []string{
				"no supervisor found", "/etc/nagios4/nagios.cfg", "/etc/naemon/naemon.cfg", "/omd/sites/*",
				"set option supervisor",
			},
		},
		{
			name:  "only one",
			files: map[string]string{"/etc/icinga/icinga.cfg": ""},
			taken: []Found{{Path: "/etc/icinga/icinga.cfg", Flavour: Icinga, Why: "only configuration"}},
		},
		{
			name:  "only one, by two names",
			files: map[string]string{"/etc/nagios4/nagios.cfg": ""},
			links: map[string]string{"/etc/nagios": "nagios4"},
			taken: []Found{{Path: "/etc/nagios4/nagios.cfg", Flavour: Nagios, Why: "only configuration"}},
		},
		{
			name: "the one that runs",
			files: map[string]string{
				"/etc/nagios4/nagios.cfg": "", "/etc/naemon/naemon.cfg": "", "/srv/own/nagios.cfg": "",
				"/proc/77/cmdline":  cmdline("/usr/sbin/nagios4", "/srv/own/nagios.cfg"),
				"/proc/78/cmdline":  cmdline("/usr/sbin/nagios4", "--worker", "/var/lib/nagios4/rw/nagios.qh"),
				"/proc/79/cmdline":  cmdline("/usr/sbin/nagios4", "/srv/own/nagios.cfg"),
				"/proc/80/cmdline":  cmdline("/usr/bin/naemon", "--verify-config", "/etc/naemon/naemon.cfg"),
				"/proc/81/cmdline":  cmdline("vi", "/etc/naemon/naemon.cfg"),
				"/proc/82/cmdline":  "",
				"/proc/self/status": "",
			},
			taken: []Found{{
				Path: "/srv/own/nagios.cfg", Flavour: Nagios, Running: true, Why: "nagios4 runs with it (process 77)",
			}},
			others: []string{"/etc/naemon/naemon.cfg", "/etc/nagios4/nagios.cfg"},
		},
		{
			name: "Centreon Engine",
			files: map[string]string{
				"/etc/centreon-engine/centengine.cfg": "",
				"/proc/9/cmdline": cmdline("/usr/sbin/centengine",
					"/etc/centreon-engine/centengine.cfg"),
			},
			taken: []Found{{
				Path: "/etc/centreon-engine/centengine.cfg", Flavour: Centreon, Running: true,
				Why: "centengine runs with it (process 9)",
			}},
		},
		{
			name:  "only Icinga 2",
			files: map[string]string{"/etc/icinga2/icinga2.conf": ""},
			errors: []string{
				"no supervisor found", "/etc/icinga2/icinga2.conf is of Icinga 2", "features perfdata, compatlog",
				"readers.perfdata.spool.path to /var/spool/icinga2/perfdata",
			},
		},
		{
			name: "one that runs with a relative path",
			files: map[string]string{
				"/srv/own/etc/nagios.cfg": "",
				"/proc/5/cmdline":         cmdline("./nagios", "-d", "etc/nagios.cfg"),
			},
			links: map[string]string{"/proc/5/cwd": "/srv/own"},
			taken: []Found{{
				Path: "/srv/own/etc/nagios.cfg", Flavour: Nagios, Running: true, Why: "nagios runs with it (process 5)",
			}},
		},
		{
			name: "a process that runs with something else",
			files: map[string]string{
				"/etc/icinga/icinga.cfg": "", "/srv/main.conf": "",
				"/proc/5/cmdline": cmdline("/usr/local/bin/nagios", "/srv/main.conf"),
			},
			taken: []Found{{Path: "/etc/icinga/icinga.cfg", Flavour: Icinga, Why: "only configuration"}},
		},
		{
			name: "one that runs in another root",
			files: map[string]string{
				"/etc/nagios/nagios.cfg": "",
				"/proc/5/cmdline":        cmdline("naemon", "/in/a/container/naemon.cfg"),
			},
			taken: []Found{{Path: "/etc/nagios/nagios.cfg", Flavour: Nagios, Why: "only configuration"}},
		},
		{
			name: "two that run, and one that is installed",
			files: map[string]string{
				"/etc/nagios4/nagios.cfg": "", "/etc/naemon/naemon.cfg": "", "/etc/icinga/icinga.cfg": "",
				"/proc/5/cmdline": cmdline("nagios4", "-d", "/etc/nagios4/nagios.cfg"),
				"/proc/6/cmdline": cmdline("naemon", "/etc/naemon/naemon.cfg"),
			},
			taken: []Found{
				{
					Path: "/etc/naemon/naemon.cfg", Flavour: Naemon, Running: true,
					Why: "naemon runs with it (process 6)",
				},
				{
					Path: "/etc/nagios4/nagios.cfg", Flavour: Nagios, Running: true,
					Why: "nagios4 runs with it (process 5)",
				},
			},
			others: []string{"/etc/icinga/icinga.cfg"},
		},
		{
			name: "three that run, two of them in no usual place",
			files: map[string]string{
				"/srv/b.cfg": "icinga_user=x", "/srv/a.cfg": "log_file=/var/log/nagios.log",
				"/omd/sites/s/tmp/naemon/naemon.cfg": "",
				"/proc/30/cmdline":                   cmdline("/usr/sbin/icinga", "-d", "/srv/b.cfg"),
				"/proc/4/cmdline":                    cmdline("/usr/sbin/nagios", "-d", "/srv/a.cfg"),
				"/proc/500/cmdline": cmdline("/omd/sites/s/bin/naemon", "-ud",
					"/omd/sites/s/tmp/naemon/naemon.cfg"),
			},
			taken: []Found{
				{
					Path: "/omd/sites/s/tmp/naemon/naemon.cfg", Flavour: Naemon, Running: true,
					Why: "naemon runs with it (process 500)",
				},
				{Path: "/srv/a.cfg", Flavour: Nagios, Running: true, Why: "nagios runs with it (process 4)"},
				{Path: "/srv/b.cfg", Flavour: Icinga, Running: true, Why: "icinga runs with it (process 30)"},
			},
		},
		{
			name: "one configuration that two processes name by different paths",
			files: map[string]string{
				"/etc/nagios4/nagios.cfg": "",
				"/proc/10/cmdline":        cmdline("nagios4", "/etc/nagios/nagios.cfg"),
				"/proc/9/cmdline":         cmdline("nagios4", "/etc/nagios4/nagios.cfg"),
			},
			links: map[string]string{"/etc/nagios": "nagios4"},
			taken: []Found{{
				Path: "/etc/nagios4/nagios.cfg", Flavour: Nagios, Running: true,
				Why: "nagios4 runs with it (process 9)",
			}},
		},
		{
			name: "an OMD site that a link leads to as well",
			files: map[string]string{
				"/omd/sites/a/tmp/naemon/naemon.cfg": "",
				"/proc/9/cmdline":                    cmdline("naemon", "/omd/sites/a/tmp/naemon/naemon.cfg"),
			},
			links: map[string]string{"/omd/sites/b": "a"},
			taken: []Found{{
				Path: "/omd/sites/a/tmp/naemon/naemon.cfg", Flavour: Naemon, Running: true,
				Why: "naemon runs with it (process 9)",
			}},
		},
		{
			name: "the freshest",
			files: map[string]string{
				"/etc/nagios3/nagios.cfg": "status_file=/s3", "/s3": "",
				"/etc/nagios4/nagios.cfg": "status_file=/s4", "/s4": "",
				"/etc/icinga/icinga.cfg": "status_file=/gone",
			},
			written: map[string]time.Duration{"/s3": time.Minute, "/s4": time.Hour},
			taken:   []Found{{Path: "/etc/nagios3/nagios.cfg", Flavour: Nagios, Why: "status file is the freshest"}},
			others:  []string{"/etc/icinga/icinga.cfg", "/etc/nagios4/nagios.cfg"},
		},
		{
			name: "two that are about as fresh",
			files: map[string]string{
				"/etc/nagios3/nagios.cfg": "status_file=/s3", "/s3": "",
				"/etc/nagios4/nagios.cfg": "status_file=/s4", "/s4": "",
			},
			written: map[string]time.Duration{"/s3": time.Minute, "/s4": 8 * time.Minute},
			errors:  []string{"several supervisors are installed", "/etc/nagios4/nagios.cfg, /etc/nagios3/nagios.cfg"},
		},
		{
			name:   "two without a status file",
			files:  map[string]string{"/etc/nagios/nagios.cfg": "", "/etc/icinga/icinga.cfg": "status_file=/gone"},
			errors: []string{"several supervisors are installed", "/etc/nagios/nagios.cfg, /etc/icinga/icinga.cfg"},
		},
		{
			name: "an OMD site",
			files: map[string]string{
				"/opt/omd/sites/prod/etc/omd/site.conf":      "CONFIG_ADMIN_MAIL=''\nCONFIG_CORE='naemon'\n",
				"/opt/omd/sites/prod/etc/nagios/nagios.cfg":  "",
				"/opt/omd/sites/prod/etc/naemon/naemon.cfg":  "",
				"/opt/omd/sites/prod/tmp/naemon/naemon.cfg":  "",
				"/opt/omd/sites/prod/etc/icinga/icinga.cfg":  "",
				"/opt/omd/sites/agent/etc/omd/site.conf":     "CONFIG_CORE='none'\n",
				"/opt/omd/sites/agent/etc/naemon/naemon.cfg": "",
			},
			links: map[string]string{"/omd": "opt/omd"},
			taken: []Found{{Path: "/omd/sites/prod/tmp/naemon/naemon.cfg", Flavour: Naemon, Why: "only configuration"}},
		},
		{
			name:  "an OMD site that is stopped",
			files: map[string]string{"/omd/sites/a/etc/icinga/icinga.cfg": ""},
			taken: []Found{{Path: "/omd/sites/a/etc/icinga/icinga.cfg", Flavour: Icinga, Why: "only configuration"}},
		},
		{
			name: "two OMD sites",
			files: map[string]string{
				"/omd/sites/a/tmp/naemon/naemon.cfg": "status_file=/sa", "/sa": "",
				"/omd/sites/b/tmp/nagios/nagios.cfg": "status_file=/sb", "/sb": "",
			},
			errors: []string{"/omd/sites/a/tmp/naemon/naemon.cfg, /omd/sites/b/tmp/nagios/nagios.cfg"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := tree(t, test.files)
			for from, to := range test.links {
				if err := os.Symlink(to, filepath.Join(root, from)); err != nil {
					t.Fatal(err)
				}
			}
			for path, age := range test.written {
				when := time.Now().Add(-age)
				if err := os.Chtimes(filepath.Join(root, path), when, when); err != nil {
					t.Fatal(err)
				}
			}
			taken, others, err := Find(root)
			if (err != nil) != (test.errors != nil) {
				t.Fatalf("got %+v, %v", taken, err)
			}
			for _, part := range test.errors {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v does not contain %q", err, part)
				}
			}
			isPart := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Why" },
				cmp.Comparer(func(a, b string) bool { return strings.Contains(a, b) || strings.Contains(b, a) }))
			if diff := cmp.Diff(test.taken, taken, isPart); diff != "" {
				t.Errorf("taken: %s", diff)
			}
			for _, f := range taken {
				if f.Why == "" {
					t.Errorf("no reason to take %s", f.Path)
				}
			}
			var paths []string
			for _, other := range others {
				if other.Running || other.Why == "" || other.Flavour == "" {
					t.Errorf("another one is %+v", other)
				}
				paths = append(paths, other.Path)
			}
			if diff := cmp.Diff(test.others, paths); diff != "" {
				t.Errorf("others: %s", diff)
			}
		})
	}
}

func TestParseCmdline(t *testing.T) {
	tests := []struct {
		args            string
		program, config string
		supervisor      bool
	}{
		{"/usr/sbin/nagios4 -d /etc/nagios4/nagios.cfg", "/usr/sbin/nagios4", "/etc/nagios4/nagios.cfg", true},
		{
			"/omd/sites/x/bin/naemon -ud /omd/sites/x/tmp/naemon/naemon.cfg", "/omd/sites/x/bin/naemon",
			"/omd/sites/x/tmp/naemon/naemon.cfg", true,
		},
		{"/usr/sbin/icinga -d /etc/icinga/icinga.cfg", "/usr/sbin/icinga", "/etc/icinga/icinga.cfg", true},
		{
			"/usr/bin/python2.7 /usr/bin/shinken-arbiter -d -c /etc/shinken/shinken.cfg", "/usr/bin/shinken-arbiter",
			"/etc/shinken/shinken.cfg", true,
		},
		{
			"/usr/bin/env python3 shinken-arbiter.py -c nagios.cfg -c specific.cfg", "shinken-arbiter.py", "nagios.cfg",
			true,
		},
		{"shinken-arbiter -d", "", "", false},
		{"shinken-arbiter -c", "", "", false},
		{"nagios -vp /etc/nagios/nagios.cfg", "nagios", "/etc/nagios/nagios.cfg", false},
		{"nagios -s /etc/nagios/nagios.cfg", "nagios", "/etc/nagios/nagios.cfg", false},
		{"nagios --worker /run/nagios.cfg", "nagios", "/run/nagios.cfg", false},
		{"nagios -V", "nagios", "-V", false},
		{"icinga2 daemon", "", "", false},
		{"nagios", "", "", false},
		{"", "", "", false},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			program, config, supervisor := parseCmdline(strings.Fields(test.args))
			if supervisor != test.supervisor {
				t.Fatalf("is a supervisor: %v", supervisor)
			}
			if supervisor && (program != test.program || config != test.config) {
				t.Errorf("got %q with %q, want %q with %q", program, config, test.program, test.config)
			}
		})
	}
}
