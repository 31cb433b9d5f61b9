package brokermodule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

const (
	modulePath = "/usr/lib/nagios2canopsis/nagios2canopsis.so"
	ourLine    = "broker_module=" + modulePath + " spool=" + DefaultSpool
)

// configuration writes a main configuration, with {DIR} for its directory.
func configuration(t *testing.T, files map[string]string) *nagios.Config {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "{DIR}", dir)),
			0o644); err != nil {
			t.Fatal(err)
		}
	}
	return read(t, filepath.Join(dir, "nagios.cfg"))
}

func read(t *testing.T, path string) *nagios.Config {
	t.Helper()
	cfg, err := nagios.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestEnable(t *testing.T) {
	const all = "event_broker_options=-1\n"
	for _, c := range []struct {
		name, before, spool, after string
		remarks                    int
	}{
		{"behind the options", "a=1\n" + all + "b=2\n", "", "a=1\n" + all + ourLine + "\nb=2\n", 0},
		{"behind another module", "broker_module=/x/one.o\nbroker_module=/x/two.o a=b\nb=2\n" + all, "",
			"broker_module=/x/one.o\nbroker_module=/x/two.o a=b\n" + ourLine + "\nb=2\n" + all, 0},
		{
			"behind a line in two parts", "broker_module=/x/one.o \\\n  a=b\nb=2\n" + all, "",
			"broker_module=/x/one.o \\\n  a=b\n" + ourLine + "\nb=2\n" + all, 0,
		},
		{"at the end", "a=1\n", "", "a=1\n" + "event_broker_options=-1\n" + ourLine + "\n", 1},
		{"no line feed at the end", "a=1\nb=2", "", "a=1\nb=2\n" + all + ourLine + "\n", 1},
		{
			"no line feed at the end, options replaced", "a=1\nevent_broker_options=0", "",
			"a=1\n" + all + ourLine + "\n", 1,
		},
		{"empty", "", "", all + ourLine + "\n", 1},
		{"options replaced", "event_broker_options = 1048575 \nb=2\n", "", all + ourLine + "\nb=2\n", 1},
		{"the last options count", all + "a=1\nevent_broker_options=0\n", "", all + "a=1\n" + all + ourLine + "\n", 1},
		{
			"CR LF", "a=1\r\nevent_broker_options=0\r\nb=2\r\n", "",
			"a=1\r\nevent_broker_options=-1\r\n" + ourLine + "\r\nb=2\r\n", 1,
		},
		{
			"CR LF, nothing at the end", "a=1\r\nb=2", "",
			"a=1\r\nb=2\r\nevent_broker_options=-1\r\n" + ourLine + "\r\n", 1,
		},
		{"comments are none", "#" + ourLine + "\n;" + ourLine + "\n#event_broker_options=0\n" + all, "",
			"#" + ourLine + "\n;" + ourLine + "\n#event_broker_options=0\n" + all + ourLine + "\n", 0},
		{
			"a comment in two parts", "# see \\\n" + ourLine + "\n" + all, "",
			"# see \\\n" + ourLine + "\n" + all + ourLine + "\n", 0,
		},
		{"another spool", all, "/srv/neb/", all + "broker_module=" + modulePath + " spool=/srv/neb\n", 0},
		{"enabled", all + ourLine + "\n", "", all + ourLine + "\n", 0},
		{
			"enabled with arguments", all + "broker_module=" + modulePath + " segment_size=1M\n", "",
			all + "broker_module=" + modulePath + " segment_size=1M\n", 0,
		},
		{"repaired: options", ourLine + "\nb=2\n", "", all + ourLine + "\nb=2\n", 1},
		{
			"repaired: path", all + "broker_module=/old/nagios2canopsis.so  spool=/s segment_age=5\n", "",
			all + "broker_module=" + modulePath + " spool=/s segment_age=5\n", 0,
		},
		{
			"repaired: spool", all + "broker_module=" + modulePath + " segment_age=5,spool=/s,events=all\n", "/t",
			all + "broker_module=" + modulePath + " segment_age=5,spool=/t,events=all\n", 0,
		},
		{
			"repaired: spool without its name", all + "broker_module=" + modulePath + " segment_age=5 /s\n", "/t",
			all + "broker_module=" + modulePath + " segment_age=5 spool=/t\n", 0,
		},
		{
			"the path of the spool alone", all + "broker_module=" + modulePath + " /s\n", "",
			all + "broker_module=" + modulePath + " /s\n", 0,
		},
		{
			"repaired: spool added", all + "broker_module=" + modulePath + " segment_age=5\n", "/t",
			all + "broker_module=" + modulePath + " spool=/t segment_age=5\n", 0,
		},
		{
			"repaired: in two parts", all + "broker_module=/old/nagios2canopsis.so \\\n  spool=/s\nb=2\n", "",
			all + "broker_module=" + modulePath + " spool=/s\nb=2\n", 0,
		},
		{"twice", ourLine + "\na=1\n" + ourLine + "\n" + all, "", ourLine + "\na=1\n" + all, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := configuration(t, map[string]string{"nagios.cfg": c.before})
			e, err := Enable(cfg, modulePath, c.spool)
			if err != nil {
				t.Fatal(err)
			}
			after := apply(e.lines, e.changes)
			if diff := cmp.Diff(c.after, after); diff != "" {
				t.Fatal(diff)
			}
			if e.Empty() != (c.before == c.after) || len(e.Remarks) != c.remarks {
				t.Errorf("empty %v, remarks %q", e.Empty(), e.Remarks)
			}
			if err := os.WriteFile(cfg.Path, []byte(after), 0o644); err != nil {
				t.Fatal(err)
			}
			again := read(t, cfg.Path)
			if err := e.achieves(again); err != nil {
				t.Errorf("the new text does not do: %v", err)
			}
			if e, err := Enable(again, modulePath, c.spool); err != nil || !e.Empty() {
				t.Errorf("not enabled the second time: %v", err)
			}
		})
	}
}

func TestDisable(t *testing.T) {
	for _, c := range []struct{ name, before, after string }{
		{
			"ours alone", "a=1\n" + ourLine + "\nbroker_module=/x/other.so\nevent_broker_options=-1\n",
			"a=1\nbroker_module=/x/other.so\nevent_broker_options=-1\n",
		},
		{"with other arguments", "broker_module=/own/libnagios2canopsis-1.o\n", ""},
		{"every one", ourLine + "\r\na=1\r\n" + ourLine, "a=1\r\n"},
		{"in two parts", "a=1\nbroker_module=" + modulePath + " \\\n  spool=/s\nb=2\n", "a=1\nb=2\n"},
		{"a comment", "#" + ourLine + "\n", "#" + ourLine + "\n"},
		{
			"a neighbour", "broker_module=/x/nagios2canopsis.cfg.d/other.so\n",
			"broker_module=/x/nagios2canopsis.cfg.d/other.so\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := Disable(configuration(t, map[string]string{"nagios.cfg": c.before}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.after, apply(e.lines, e.changes)); diff != "" || e.Empty() != (c.before == c.after) {
				t.Errorf("empty %v\n%s", e.Empty(), diff)
			}
		})
	}
}

func TestIncludedFilesAreLeftAlone(t *testing.T) {
	const include = "include_file={DIR}/more.cfg\n"
	enable := func(cfg *nagios.Config) (*Edit, error) { return Enable(cfg, modulePath, "") }
	for _, c := range []struct {
		name, main, more string
		plan             func(*nagios.Config) (*Edit, error)
		fault            string // of the plan, or of what it leads to; empty: nothing to do
	}{
		{"enabled there", include, "event_broker_options=-1\n" + ourLine + "\n", enable, ""},
		{
			"wrong there", "event_broker_options=-1\n" + include, "\nbroker_module=/old/nagios2canopsis.so a=b\n",
			enable, "/more.cfg:2 has the module's broker_module line",
		},
		{
			"options there", "event_broker_options=-1\n" + include, "event_broker_options=0\n", enable,
			"event_broker_options is 0, set at {DIR}/more.cfg:1",
		},
		{
			"twice", ourLine + "\nevent_broker_options=-1\n" + include, ourLine + "\n", enable,
			"/more.cfg:1 has the module's broker_module line",
		},
		{
			"disabled", "a=1\n" + include, "a=1\n" + ourLine + "\n", Disable,
			"/more.cfg:2 has the module's broker_module line",
		},
		{
			"disabled in both", ourLine + "\n" + include, ourLine + "\n", Disable,
			"/more.cfg:1 has the module's broker_module line",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := configuration(t, map[string]string{"nagios.cfg": c.main, "more.cfg": c.more})
			e, err := c.plan(cfg)
			if err == nil {
				trial := cfg.Path + ".trial"
				if err := os.WriteFile(trial, []byte(apply(e.lines, e.changes)), 0o644); err != nil {
					t.Fatal(err)
				}
				err = e.achieves(read(t, trial))
			}
			fault := strings.ReplaceAll(c.fault, "{DIR}", filepath.Dir(cfg.Path))
			switch {
			case fault == "" && (err != nil || !e.Empty()):
				t.Errorf("%v, a change is planned: %v", err, !e.Empty())
			case fault != "" && (err == nil || !strings.Contains(err.Error(), fault)):
				t.Errorf("error %v, want %q", err, fault)
			}
		})
	}
}

func TestEnableRefuses(t *testing.T) {
	cfg := configuration(t, map[string]string{"nagios.cfg": "a=1\n"})
	for _, c := range []struct{ module, spool, fault string }{
		{"/a b/nagios2canopsis.so", "", "blank or a comma"},
		{modulePath, "/a,b", "blank or a comma"},
		{modulePath, "spool", "relative"},
		{modulePath, "/a\nb=c", "blank or a comma"},
	} {
		if _, err := Enable(cfg, c.module, c.spool); err == nil || !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%q %q: error %v, want %q", c.module, c.spool, err, c.fault)
		}
	}
	cfg.Flavour = nagios.Shinken
	if _, err := Enable(cfg, modulePath, ""); err == nil || !strings.Contains(err.Error(), "Shinken") {
		t.Errorf("Shinken: %v", err)
	}
	cfg.Flavour = nagios.Centreon
	if _, err := Enable(cfg, modulePath, ""); err == nil || !strings.Contains(err.Error(), "Centreon Engine's") {
		t.Errorf("Centreon Engine: %v", err)
	}
}

func TestFind(t *testing.T) {
	cfg := configuration(t, map[string]string{
		"nagios.cfg": "broker_module=/x/mod.so spool=/x\n" +
			"broker_module=/y/nagios2canopsis.so segment_age=5,spool=/y//z/ x\n",
	})
	m, found := Find(cfg)
	want := Module{
		Path: "/y/nagios2canopsis.so", Args: "segment_age=5,spool=/y//z/ x", Spool: "/y/z", Origin: cfg.Path + ":2",
	}
	if diff := cmp.Diff(want, m); diff != "" || !found {
		t.Errorf("found %v\n%s", found, diff)
	}
	cfg = configuration(t, map[string]string{"nagios.cfg": "# " + ourLine + "\n\n" + ourLine + "\n"})
	if m, found := Find(cfg); !found || m.Spool != DefaultSpool || m.Origin != cfg.Path+":3" {
		t.Errorf("%+v, %v", m, found)
	}
	cfg = configuration(t, map[string]string{
		"nagios.cfg": "icinga_user=icinga\ncfg_file=m.cfg\n",
		"m.cfg":      "define module {\nmodule_name n2c\npath /y/nagios2canopsis.so\nargs /srv/spool\n}\n",
	})
	if m, found := Find(cfg); !found || m.Spool != "/srv/spool" || !strings.HasSuffix(m.Origin, "/m.cfg:1") {
		t.Errorf("%+v, %v", m, found)
	}
	if m, found := Find(configuration(t, map[string]string{"nagios.cfg": "broker_module=/x/mod.so\n"})); found {
		t.Errorf("found %+v", m)
	}
}
