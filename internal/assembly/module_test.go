package assembly

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
)

const moduleLine = "broker_module=/usr/lib/nagios2canopsis/nagios2canopsis.so spool={DIR}/neb"

// writes makes a module's spool look as if it had been written to some time ago.
func writes(t *testing.T, dir string, ago time.Duration) {
	t.Helper()
	spool := filepath.Join(dir, "neb")
	if err := os.MkdirAll(spool, 0o755); err != nil {
		t.Fatal(err)
	}
	segment := filepath.Join(spool, "neb-1700000000000000-1-1.log")
	if err := os.WriteFile(segment, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-ago)
	if err := os.Chtimes(segment, at, at); err != nil {
		t.Fatal(err)
	}
}

func planOf(t *testing.T, dir, mainConfig, yaml string) *Plan {
	t.Helper()
	l, err := config.Parse(strings.NewReader("supervisor: "+mainConfig+"\n"+strings.ReplaceAll(yaml, "{DIR}", dir)),
		"c.yml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Resolve(l, "/")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheModuleIsChosenWhileItWrites(t *testing.T) {
	const never = 1 << 40
	files := []string{"log", "perfdata-host", "perfdata-service", "status"}
	withModule := append([]string{"module"}, files...)
	for _, c := range []struct {
		name    string
		line    string
		wrote   time.Duration // ago
		yaml    string
		readers []string
		choice  string
	}{
		{
			"it writes", moduleLine, time.Second, "", []string{"module", "status"},
			"the broker module brings everything ({DIR}/neb, from {DIR}/nagios.cfg:",
		},
		{
			"it is configured, and not loaded yet", moduleLine, never, "", withModule,
			"does not write now: the files are read until it does",
		},
		{"it has stopped", moduleLine, time.Hour, "", withModule, "does not write now"},
		{"there is none", "", never, "", files, "no broker module"},
		{"another one", "broker_module=/usr/lib/mod_gearman.o config=x", never, "", files, "no broker module"},
		{"it is switched off", moduleLine, time.Second, "readers: {module: {enabled: off}}", files, "no broker module"},
		{
			"it is the source in any case", moduleLine, never, "readers: {module: {enabled: on}}",
			[]string{"module", "status"}, "does not write now, and readers.module.enabled is on",
		},
		{
			"it is wanted in any case and writes", moduleLine, time.Second, "readers: {module: {enabled: on}}",
			[]string{"module", "status"}, "brings everything",
		},
		{
			"the log is wanted besides", moduleLine, time.Second, "readers: {log: {enabled: on}}",
			[]string{"module", "log", "status"}, "brings everything",
		},
		{
			"a directory of our own", "", time.Second, "readers: {module: {path: {DIR}/neb}}",
			[]string{"module", "status"}, "from readers.module.path",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, mainConfig := site(t, perfdataOn, withState, c.line)
			if c.wrote != never {
				writes(t, dir, c.wrote)
			}
			p := planOf(t, dir, mainConfig, c.yaml)
			if diff := cmp.Diff(c.readers, readers(p.Sites[0])); diff != "" {
				t.Error(diff)
			}
			want := strings.ReplaceAll(c.choice, "{DIR}", dir)
			if got := p.Sites[0].ResultsFrom(); !strings.Contains(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			if p.Outdated(time.Now()) {
				t.Error("outdated at once")
			}
		})
	}
}

// Where our own configuration insists on a module that does not write, nothing
// else is read: that is said, and is a trouble if the directory is not there.
func TestAModuleThatIsOnAndDoesNotWriteIsReported(t *testing.T) {
	dir, mainConfig := site(t, perfdataOn, withState)
	const yaml = "readers: {module: {enabled: on, path: {DIR}/neb}}"
	p := planOf(t, dir, mainConfig, yaml).Sites[0]
	if len(p.Troubles) != 1 || !strings.Contains(p.Troubles[0].Error(), "c.yml:2: readers.module.path: the spool "+
		"directory "+dir+"/neb, from readers.module.path, does not exist; until a module writes there") {
		t.Errorf("troubles %q", p.Troubles)
	}
	writes(t, dir, time.Hour)
	p = planOf(t, dir, mainConfig, yaml).Sites[0]
	if !strings.Contains(strings.Join(p.Notices, "\n"), "the module has written nothing to "+dir+"/neb") ||
		len(p.Troubles) > 0 {
		t.Errorf("notices %q, troubles %q", p.Notices, p.Troubles)
	}
	writes(t, dir, time.Second)
	p = planOf(t, dir, mainConfig, yaml).Sites[0]
	if strings.Contains(strings.Join(p.Notices, "\n"), "has written nothing") || len(p.Troubles) > 0 {
		t.Errorf("notices %q, troubles %q", p.Notices, p.Troubles)
	}
}

// The module is noticed when it begins to write, when it falls silent, and when
// its line comes or goes.
func TestAPlanIsOutdatedByTheModule(t *testing.T) {
	dir, mainConfig := site(t, perfdataOn, withState)
	p := planOf(t, dir, mainConfig, "")
	is := func(want bool, at time.Time, what string) {
		t.Helper()
		if got := p.Outdated(at); got != want {
			t.Errorf("%s: outdated %t", what, got)
		}
	}
	now := time.Now()
	is(false, now, "nothing has happened")

	text, err := os.ReadFile(mainConfig)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(mainConfig, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(mainConfig, at, at); err != nil {
			t.Fatal(err)
		}
	}
	write(string(text)+strings.ReplaceAll(moduleLine, "{DIR}", dir)+"\n", now.Add(time.Second))
	is(true, now, "its line was added")
	p = planOf(t, dir, mainConfig, "")
	is(false, now, "it is not loaded yet")
	writes(t, dir, time.Second)
	is(true, now, "it writes")
	p = planOf(t, dir, mainConfig, "")
	is(false, now, "it goes on writing")
	is(true, now.Add(3*time.Minute), "it is silent")
	write(string(text), now.Add(2*time.Second))
	is(true, now, "its line is gone")
}

func TestAModuleThatIsOnNeedsADirectory(t *testing.T) {
	dir, mainConfig := site(t)
	l, err := config.Parse(strings.NewReader("supervisor: "+mainConfig+"\nreaders:\n  module: {enabled: on}\n"),
		"c.yml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resolve(l, "/"); err == nil || !strings.Contains(err.Error(), "c.yml") ||
		!strings.Contains(err.Error(), "neb enable") {
		t.Errorf("%v in %s", err, dir)
	}
}
