package assembly

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// machine is a file system in which supervisors run. Their configurations are
// where they really are.
func machine(t *testing.T) (root string, runs func(pid int, mainConfig string)) {
	t.Helper()
	root = t.TempDir()
	if err := os.Symlink("/tmp", filepath.Join(root, "tmp")); err != nil {
		t.Fatal(err)
	}
	return root, func(pid int, mainConfig string) {
		t.Helper()
		dir := filepath.Join(root, "proc", strconv.Itoa(pid))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "cmdline"), []byte("/usr/sbin/nagios\x00-d\x00"+mainConfig+"\x00"),
			0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// hosts writes a site's object cache.
func hosts(t *testing.T, dir string, names ...string) {
	t.Helper()
	var text strings.Builder
	for _, name := range names {
		text.WriteString("define host {\n\thost_name\t" + name + "\n\t}\n")
	}
	path := filepath.Join(dir, "objects.cache")
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	settled := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, settled, settled); err != nil {
		t.Fatal(err)
	}
}

func parsed(t *testing.T, yaml string) *config.Loaded {
	t.Helper()
	l, err := config.Parse(strings.NewReader(yaml), "c.yml")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAutoTakesEverySupervisorThatRuns(t *testing.T) {
	root, runs := machine(t)
	dirA, a := site(t)
	dirB, b := site(t)
	hosts(t, dirA, "localhost", "web")
	hosts(t, dirB, "db", "localhost")
	runs(10, a)

	one, err := Resolve(parsed(t, ""), root)
	if err != nil {
		t.Fatal(err)
	}
	if s := one.Sites[0]; len(one.Sites) != 1 || s.Name != "" || s.Scope != outbox.Scope(a) ||
		!cmp.Equal(s.Formerly, []outbox.Scope{""}) {
		t.Errorf("one runs: name %q, scope %q, formerly %q", s.Name, s.Scope, s.Formerly)
	}
	if w := one.SharedNames(t.Context()); w != nil {
		t.Errorf("a single site shares names: %q", w)
	}

	// A second one begins to run.
	if one.Outdated(time.Now().Add(2 * findEvery)) {
		t.Error("outdated, and nothing has changed")
	}
	runs(20, b)
	if !one.Outdated(time.Now().Add(4 * findEvery)) {
		t.Fatal("the second supervisor is not noticed")
	}
	two, err := one.Again()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]outbox.Scope{a: outbox.Scope(a), b: outbox.Scope(b)}
	got := map[string]outbox.Scope{}
	for _, s := range two.Sites {
		got[s.Name] = s.Scope
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	warnings := two.SharedNames(t.Context())
	if len(warnings) != 1 || !strings.Contains(warnings[0], "share the name of 1 host (localhost)") ||
		!strings.Contains(warnings[0], "mapping.component") {
		t.Errorf("warnings %q", warnings)
	}

	// The first one is restarted just now.
	if err := os.RemoveAll(filepath.Join(root, "proc/10")); err != nil {
		t.Fatal(err)
	}
	if again, err := two.Again(); err != nil || len(again.Sites) != 2 {
		t.Errorf("a supervisor that doesn't run at the moment is dropped: %v", err)
	}
}

func TestAnUnreadableSupervisorDoesNotKeepTheOthersFromWork(t *testing.T) {
	root, runs := machine(t)
	_, a := site(t)
	_, b := site(t)
	runs(10, a)
	runs(20, b)
	both, err := Resolve(parsed(t, ""), root)
	if err != nil || len(both.Sites) != 2 {
		t.Fatalf("%d sites, %v", len(both.Sites), err)
	}
	if err := os.Remove(b); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(b, 0o755); err != nil { // present, and no file
		t.Fatal(err)
	}
	one, err := Resolve(parsed(t, ""), root)
	if err != nil {
		t.Fatal(err)
	}
	if len(one.Sites) != 1 || one.Sites[0].Supervisor.Path != a || len(one.Troubles) != 1 ||
		!strings.Contains(one.Troubles[0].Error(), b) {
		t.Errorf("%d sites, troubles %v", len(one.Sites), one.Troubles)
	}
	later := time.Now().Add(2 * findEvery)
	if one.Outdated(later) {
		t.Error("the plan is made anew although the supervisor still can't be read")
	}
	if err := os.Remove(b); err != nil {
		t.Fatal(err)
	}
	restored, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b, restored, 0o644); err != nil {
		t.Fatal(err)
	}
	if !one.Outdated(later.Add(2 * findEvery)) {
		t.Error("the supervisor can be read again, and the plan stays")
	}
}

func TestNamedSites(t *testing.T) {
	root, runs := machine(t)
	dirA, a := site(t)
	dirB, b := site(t)
	hosts(t, dirA, "localhost")
	hosts(t, dirB, "localhost")
	runs(10, a)
	runs(20, b)
	yaml := "sites:\n  - {name: paris, supervisor: " + a +
		"}\n  - {name: lyon, mapping: {component: 'lyon-$HOSTNAME$'}}\n"
	p, err := Resolve(parsed(t, yaml), root)
	if err != nil {
		t.Fatal(err)
	}
	paris, lyon := p.Sites[0], p.Sites[1]
	if paris.Scope != "paris" || !cmp.Equal(paris.Formerly, []outbox.Scope{outbox.Scope(a), ""}) ||
		paris.ConnectorName != "paris" {
		t.Errorf("paris: scope %q, formerly %q, connector_name %q", paris.Scope, paris.Formerly, paris.ConnectorName)
	}
	if lyon.Supervisor.Path != b {
		t.Errorf("'auto' beside a site that names %s is %s", a, lyon.Supervisor.Path)
	}
	if w := p.SharedNames(t.Context()); w != nil {
		t.Errorf("a template that makes the names differ, and still %q", w)
	}
}

func TestWhatSitesCannotShare(t *testing.T) {
	dirA, a := site(t, strings.ReplaceAll(moduleLine, "{DIR}/neb", "/nowhere/spool"))
	_, b := site(t, strings.ReplaceAll(moduleLine, "{DIR}/neb", "/nowhere/spool"))
	link := filepath.Join(t.TempDir(), "nagios.cfg")
	if err := os.Symlink(a, link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, second, want string }{
		{"a spool", b, "c.yml:3: sites[1].readers.module.path: the module's spool /nowhere/spool (from "},
		{
			"a supervisor by a link", link,
			"c.yml:3: sites[1].supervisor: the supervisor " + link + " belongs to the site paris already",
		},
		{
			"a supervisor", a,
			"c.yml:3: sites[1].supervisor: the supervisor " + dirA + "/nagios.cfg belongs to the site paris already",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			yaml := "sites:\n  - {name: paris, supervisor: " + a + "}\n  - {name: lyon, supervisor: " + c.second + "}\n"
			_, err := Resolve(parsed(t, yaml), "/")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant  %s", err, c.want)
			}
		})
	}
}

func TestASiteIsTheSameUntilItsPlanChanges(t *testing.T) {
	dir, mainConfig := site(t, perfdataOn, withState)
	first := planOf(t, dir, mainConfig, "").Sites[0]
	if !first.Same(planOf(t, dir, mainConfig, "log: {level: warn}").Sites[0]) {
		t.Error("a change elsewhere is a change of the site")
	}
	for _, yaml := range []string{
		"connector_name: x", "mapping: {soft_states: false}", "readers: {status: {poll: 3s}}",
		"readers: {log: {enabled: off}}",
	} {
		if first.Same(planOf(t, dir, mainConfig, yaml).Sites[0]) {
			t.Errorf("%s changes nothing", yaml)
		}
	}
}
