package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "rewrite the files that are made from the code")

func parse(t *testing.T, text string) (*Loaded, error) {
	t.Helper()
	l, err := Parse(strings.NewReader(text), "config.yml")
	if err == nil {
		err = Join(l.Faults...)
	}
	return l, err
}

func TestEmptyFileIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "# only a comment\n", "---\n"} {
		l, err := parse(t, text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(Default(), l.Config); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestReadsEveryForm(t *testing.T) {
	l, err := parse(t, `
supervisor: /etc/nagios4/nagios.cfg
connector_name: 012
readers:
  status: {enabled: on, poll: 5s, resync: always}
mapping:
  service_states: {ok: 0, warning: 1, critical: 2, unknown: 3}
  host_states: nagios
  max_output: 4KiB
  tags: {Env: prod}
  extra: {site: paris, rank: 3}
  include: [{host: "web*", vars: {ENV: prod}}]
journal: {max_size: 2GiB, max_age: 36h}
publish:
  amqp:
    urls: ["amqp://u:p@a/canopsis", "amqps://b/%2F"]
`)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Supervisor, want.ConnectorName = "/etc/nagios4/nagios.cfg", "012"
	want.Readers.Status = StatusReader{Enabled: On, Poll: 5 * time.Second, Resync: "always", Confirm: 10 * time.Minute}
	want.Mapping.ServiceStates = StateScale{Table: map[string]int{"ok": 0, "warning": 1, "critical": 2, "unknown": 3}}
	want.Mapping.HostStates = StateScale{Name: "nagios"}
	want.Mapping.MaxOutput = 4096
	want.Mapping.Tags = Texts{"Env": "prod"}
	want.Mapping.Extra = map[string]any{"site": "paris", "rank": 3}
	want.Mapping.Include = []Rule{{Host: "web*", Vars: Texts{"ENV": "prod"}}}
	want.Journal.MaxSize, want.Journal.MaxAge = 2<<30, 36*time.Hour
	want.Publish.AMQP.URLs = []Address{"amqp://u:p@a/canopsis", "amqps://b/%2F"}
	if diff := cmp.Diff(want, l.Config); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsNameFileLineAndKey(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{
			"unknown key with a near one", "conector: x",
			`config.yml:1: unknown key "conector", did you mean "connector"?`,
		},
		{
			"unknown nested key", "readers:\n  log:\n    pth: /x",
			`config.yml:3: readers.log: unknown key "pth", did you mean "path"?`,
		},
		{
			"unknown key with nothing near", "log:\n  zzzzzzzzzzz: 1",
			`config.yml:2: log: unknown key "zzzzzzzzzzz", known here are format, level`,
		},
		{
			"unknown key in a rule", "mapping:\n  include:\n    - hosts: a",
			`config.yml:3: mapping.include[0]: unknown key "hosts", did you mean "host"?`,
		},
		{
			"a key twice", "connector: a\nconnector: b",
			`config.yml:2: mapping key "connector" already defined at line 1`,
		},
		{
			"wrong type", "mapping: {soft_states: maybe}",
			`config.yml:1: mapping.soft_states: true or false is expected here, not "maybe"`,
		},
		{"a list for a map", "journal: [1]", `config.yml:1: journal: a map of keys is expected here, not a list`},
		{"bad duration", "readers: {status: {poll: 5}}\n", ``},
		{
			"bad size", "journal: {max_size: 3 bananas}",
			`config.yml:1: journal.max_size: "3 bananas" is not a size, write it like 64KiB, 16MiB or 1GiB`,
		},
		{
			"bad state", "mapping:\n  host_states: {up: 7}",
			`config.yml:2: mapping.host_states: "7" is not a Canopsis state, which is 0, 1, 2 or 3`,
		},
		{
			"bad switch", "readers: {log: {enabled: yes}}",
			`config.yml:1: readers.log.enabled: "yes" is not one of auto, on, off`,
		},
		{
			"relative path", "readers: {log: {path: nagios.log}}",
			`config.yml:1: readers.log.path: "nagios.log" is not an absolute path`,
		},
		{
			"no target", "publish: {amqp: {enabled: false}}",
			`config.yml:1: publish: no target is enabled: enable amqp or stdout, or write targets`,
		},
		{
			"tags as a list", "mapping: {tags: [a, b]}",
			`config.yml:1: mapping.tags: a map of keys is expected here, not a list`,
		},
		{
			"second document", "connector: a\n---\nconnector: b\n",
			`config.yml: a second document after '---' would be ignored: put everything into one`,
		},
		{
			"a tab", "log:\n\tlevel: info",
			"config.yml:2: not valid YAML: found character that cannot start any token " +
				"(indent by blanks, not by tabs, and quote a value that begins with @, % or a backquote)",
		},
		{"broken YAML", "a: [", `config.yml:1: not valid YAML: did not find expected node content`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(t, c.text)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if c.want == "" {
				if got == "" {
					t.Error("no error")
				}
				return
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAllFaultsAreShownTogether(t *testing.T) {
	_, err := parse(t,
		"conector: a\nreaders:\n  log: {begin: middle}\njournal:\n  max_size: 1KiB\nlog: {level: loud}\n")
	want := []string{
		`config.yml:1: unknown key "conector", did you mean "connector"?`,
		`config.yml:3: readers.log.begin: "middle" is not one of end, beginning`,
		`config.yml:5: journal.max_size: 1KiB is less than 1MiB`,
		`config.yml:6: log.level: "loud" is not one of debug, info, warn, error`,
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
}

const twoSites = `
mapping: {tags: {Env: prod, Team: a}, max_output: 4KiB, include: [{host: "web*"}]}
sites:
  - name: paris
    supervisor: /etc/nagios4/nagios.cfg
    readers: {log: {begin: beginning}}
    mapping: {tags: {Team: b}, component: "paris-$HOSTNAME$", include: []}
  - name: lyon
    connector_name: lyon-1
targets:
  - {type: amqp, urls: ["amqp://a/canopsis"], window: 7}
  - {name: second, type: amqp, urls: ["amqp://b/canopsis"]}
  - {name: screen, type: stdout}
`

func TestSitesOverrideTheCommonMapping(t *testing.T) {
	l, err := parse(t, twoSites)
	if err != nil {
		t.Fatal(err)
	}
	common := defaultMapping()
	common.Tags, common.MaxOutput, common.Include = Texts{"Env": "prod", "Team": "a"}, 4<<10, []Rule{{Host: "web*"}}
	paris, lyon := common.clone(), common.clone()
	paris.Tags["Team"], paris.Component, paris.Include = "b", "paris-$HOSTNAME$", []Rule{}
	readers := defaultReaders()
	readers.Log.Begin = FromBeginning
	want := []Site{
		{Name: "paris", Supervisor: "/etc/nagios4/nagios.cfg", Readers: readers, Mapping: paris},
		{Name: "lyon", Supervisor: "auto", ConnectorName: "lyon-1", Readers: defaultReaders(), Mapping: lyon},
	}
	if diff := cmp.Diff(want, l.Sites); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(common, l.Mapping); diff != "" {
		t.Errorf("the common mapping: %s", diff)
	}
}

func TestTargetsHaveTheDefaultsOfTheirType(t *testing.T) {
	l, err := parse(t, twoSites)
	if err != nil {
		t.Fatal(err)
	}
	first, second := defaultAMQP(), defaultAMQP()
	first.URLs, first.Window = []Address{"amqp://a/canopsis"}, 7
	second.URLs = []Address{"amqp://b/canopsis"}
	want := []Target{
		{Name: "amqp", Type: "amqp", Options: &first}, {Name: "second", Type: "amqp", Options: &second},
		{Name: "screen", Type: "stdout", Options: &Stdout{Enabled: true}},
	}
	if diff := cmp.Diff(want, l.Targets); diff != "" {
		t.Error(diff)
	}
}

func TestTheShortFormIsOneSiteAndATargetOfEachType(t *testing.T) {
	l, err := parse(t, "connector_name: x\npublish: {stdout: {enabled: true}}\n")
	if err != nil {
		t.Fatal(err)
	}
	sites, targets := l.EachSite(), l.EachTarget()
	if len(sites) != 1 || sites[0].Name != "" || sites[0].ConnectorName != "x" || sites[0].Supervisor != "auto" {
		t.Errorf("sites %+v", sites)
	}
	if len(targets) != 2 || !targets[0].Enabled() || !targets[1].Enabled() || targets[1].Name != "stdout" {
		t.Errorf("targets %+v", targets)
	}
}

func TestFaultsOfSitesAndTargets(t *testing.T) {
	_, err := parse(t, `connector: x
sites:
  - {name: a, readers: {log: {path: rel}}}
  - {name: a, supervisor: rel}
  - {name: "a/b", conector: x}
publish: {}
targets:
  - {type: kafka}
  - {type: amqp, widow: 3}
  - {type: amqp}
`)
	want := []string{
		`config.yml:1: connector: belongs to the short form of one site: move it into sites`,
		`config.yml:3: sites[0].readers.log.path: "rel" is not an absolute path`,
		`config.yml:4: sites[1].supervisor: "rel" is not an absolute path`,
		`config.yml:4: sites[1].name: two sites are called "a"`,
		`config.yml:5: sites[2]: unknown key "conector", did you mean "connector"?`,
		`config.yml:5: sites[2].name: "a/b" is no name of a site: write 1 to 64 letters, digits, '.', '_' or '-'`,
		`config.yml:6: publish: is the short form of targets: move it there`,
		`config.yml:8: targets[0].type: "kafka" is not one of amqp, stdout`,
		`config.yml:9: targets[1]: unknown key "widow", did you mean "window"?`,
		`config.yml:9: targets[1].name: two targets are called "amqp"`,
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
}

func TestAFaultOfAMappingNamesTheMappingThatHasIt(t *testing.T) {
	l, err := parse(t, "mapping:\n  charset: klingon\nsites:\n  - name: a\n    mapping:\n      canopsis: new\n")
	if err != nil {
		t.Fatal(err)
	}
	site := l.EachSite()[0]
	for key, want := range map[string]string{
		"mapping.charset":   "config.yml:2: mapping.charset: x",
		"mapping.canopsis":  "config.yml:6: sites[0].mapping.canopsis: x",
		"readers.log.path":  "config.yml:4: sites[0].readers.log.path: x",
		"mapping.component": "config.yml:5: sites[0].mapping.component: x",
	} {
		if got := site.Fault(key, "x").Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	const secret = "hunter2"
	l, err := parse(t, "publish:\n  amqp:\n    password: "+secret+"\n    urls: ['amqp://u:"+secret+"@h/v']\n")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := yaml.Marshal(l.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		string(shown), fmt.Sprint(l.Publish.AMQP),
		fmt.Sprintf("%v %+v %#v", l.Publish.AMQP.Password, l.Publish.AMQP.Password, l.Publish.AMQP.Password),
	} {
		if strings.Contains(text, secret) {
			t.Errorf("the password is shown: %s", text)
		}
	}
}

func TestWhatIsShownIsReadAgain(t *testing.T) {
	shown, err := yaml.Marshal(Default())
	if err != nil {
		t.Fatal(err)
	}
	l, err := parse(t, string(shown))
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	l.Publish.AMQP.URLs = Default().Publish.AMQP.URLs // shown masked
	again, _ := yaml.Marshal(l.Config)
	if diff := cmp.Diff(string(shown), string(again)); diff != "" {
		t.Error(diff)
	}
}

func TestMergedMaps(t *testing.T) {
	l, err := parse(t,
		"mapping:\n  <<: &common {max_output: 4KiB, charset: cp437}\n  charset: utf-8\njournal: {<<: [*common]}\n")
	if l.Mapping.MaxOutput != 4096 || l.Mapping.Charset != "utf-8" {
		t.Errorf("mapping %+v", l.Mapping)
	}
	want := `config.yml:2: journal: unknown key "max_output"`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
	if _, err := parse(t, "readers: &r\n  <<: *r\n"); err == nil {
		t.Error("a map that is merged with itself is taken")
	}
}

func TestTargetsMayBeAliases(t *testing.T) {
	l, err := parse(t, "targets:\n  - &a {name: a, type: stdout}\n  - {<<: *a, name: b, type: stdout}\n")
	if err != nil || len(l.Targets) != 2 || l.Targets[1].Name != "b" {
		t.Errorf("targets %+v, error %v", l.Targets, err)
	}
	if _, err := parse(t, "targets:\n  - &a {name: a, type: stdout}\n  - *a\n"); err == nil ||
		!strings.Contains(err.Error(), `two targets are called "a"`) {
		t.Errorf("the same target twice: %v", err)
	}
}

func TestATypeThatIsUnknownIsOneFault(t *testing.T) {
	_, err := parse(t, "targets: [{name: a, type: carrier}]\n")
	if want := `config.yml:1: targets[0].type: "carrier" is not one of amqp, stdout`; fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = parse(t, "targets: [{name: a, type: stdout, enabled: false}]\n")
	if want := `config.yml:1: targets: none of them is enabled`; fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestTheLongFormIsReadAgain(t *testing.T) {
	l, err := parse(t, twoSites)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := yaml.Marshal(l.Config)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse(t, string(shown))
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	shownAgain, err := yaml.Marshal(again.Config)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(shown), string(shownAgain)); diff != "" {
		t.Error(diff)
	}
}

// A pipe that nobody writes to would keep the process from its start, or from its
// end.
func TestAPipeIsRefusedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yml")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	refused := make(chan error, 1)
	go func() { _, err := Load(path); refused <- err }()
	select {
	case err := <-refused:
		if err == nil || !strings.Contains(err.Error(), path+": is a pipe") {
			t.Errorf("error %v, want one that names the path", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits")
	}
}

func TestMissingFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yml"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "none.yml") {
		t.Errorf("error %v", err)
	}
}

func TestReferenceIsUpToDate(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "CONFIGURATION.md")
	want := Reference()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s differs from the code; run: go test ./internal/config -update\n%s", path, diff)
	}
}

// TestEveryKeyIsDocumented holds that every option has a meaning in the
// reference, and every meaning an option.
func TestEveryKeyIsDocumented(t *testing.T) {
	sections := []reflect.Type{reflect.TypeFor[Config]()}
	for _, target := range targetTypes() {
		sections = append(sections, reflect.TypeOf(target).Elem())
	}
	for i := 0; i < len(sections); i++ {
		section := reflect.Zero(sections[i])
		docs := section.Interface().(documented).docs()
		for key, field := range fieldsOf(section) {
			if docs[key] == "" {
				t.Errorf("%s: no meaning of %s", section.Type(), key)
			}
			delete(docs, key)
			if typ := field.Type(); isSection(typ) {
				sections = append(sections, typ)
			} else if isList(typ) {
				sections = append(sections, typ.Elem())
			}
		}
		for key, doc := range docs {
			t.Errorf("%s: no option %s for %q", section.Type(), key, doc)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("connector: a\nreaders: {log: {begin: end}}")
	f.Add("mapping: {host_states: {up: 0}, extra: {a: [1, b]}}")
	f.Add("a: &a [*a, *a]")
	f.Add("sites: [{name: a, mapping: {tags: {x: y}}}, {name: b}]\n" +
		"targets: [{type: amqp, urls: [amqp://h]}, {name: x, type: stdout}]")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Parse(strings.NewReader(text), "f.yml")
		if (l == nil) == (err == nil) {
			t.Fatalf("configuration %v, error %v", l, err)
		}
		if l != nil {
			l.EachSite()
			l.EachTarget()
			if _, err := yaml.Marshal(l.Config); err != nil {
				t.Fatal(err)
			}
		}
	})
}
