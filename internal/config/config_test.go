package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "rewrite the files that are made from the code")

func parse(t *testing.T, text string) (*Loaded, error) {
	t.Helper()
	return Parse(strings.NewReader(text), "config.yml")
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
	want.Readers.Status = StatusReader{Enabled: On, Poll: 5 * time.Second, Resync: "always"}
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
		{"unknown key with a near one", "conector: x", `config.yml:1: unknown key "conector", did you mean "connector"?`},
		{"unknown nested key", "readers:\n  log:\n    pth: /x", `config.yml:3: unknown key "pth", did you mean "path"?`},
		{"unknown key with nothing near", "log:\n  zzzzzzzzzzz: 1", `config.yml:2: unknown key "zzzzzzzzzzz", known here are format, level`},
		{"unknown key in a rule", "mapping:\n  include:\n    - hosts: a", `config.yml:3: unknown key "hosts", did you mean "host"?`},
		{"a key twice", "connector: a\nconnector: b", `config.yml:2: mapping key "connector" already defined at line 1`},
		{"wrong type", "mapping: {soft_states: maybe}", `config.yml:1: true or false is expected here, not "maybe"`},
		{"a list for a map", "journal: [1]", `config.yml:1: a map of keys is expected here, not a list`},
		{"bad duration", "readers: {status: {poll: 5}}\n", ``},
		{"bad size", "journal: {max_size: 3 bananas}", `config.yml:1: "3 bananas" is not a size, write it like 64KiB, 16MiB or 1GiB`},
		{"bad state", "mapping:\n  host_states: {up: 7}", `config.yml:2: "7" is not a Canopsis state, which is 0, 1, 2 or 3`},
		{"bad switch", "readers: {log: {enabled: yes}}", `config.yml:1: readers.log.enabled: "yes" is not one of auto, on, off`},
		{"relative path", "readers: {log: {path: nagios.log}}", `config.yml:1: readers.log.path: "nagios.log" is not an absolute path`},
		{"no target", "publish: {amqp: {enabled: false}}", `config.yml:1: publish: no target is enabled: enable amqp or stdout`},
		{"window", "publish: {amqp: {window: 5000}}", `config.yml:1: publish.amqp.window: 5000 is not between 1 and 1000`},
		{"scheme", "publish: {amqp: {urls: ['http://x']}}", `config.yml:1: publish.amqp.urls[0]: its scheme "http" is not amqp or amqps`},
		{"tags as a list", "mapping: {tags: [a, b]}", `config.yml:1: a map of keys is expected here, not a list`},
		{"external without certificate", "publish: {amqp: {mechanism: EXTERNAL}}", `config.yml:1: publish.amqp.mechanism: EXTERNAL needs tls.cert_file and tls.key_file`},
		{"second document", "connector: a\n---\nconnector: b\n", `config.yml: a second document after '---' would be ignored: put everything into one`},
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
	_, err := parse(t, "conector: a\nreaders:\n  log: {begin: middle}\njournal:\n  max_size: 1KiB\nlog: {level: loud}\n")
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

func TestSecretsAreNeverShown(t *testing.T) {
	const secret = "hunter2"
	_, err := parse(t, "publish:\n  amqp:\n    password: "+secret+"\n    urls: ['amqp://u:"+secret+"@h/v', 'amqp://%zz:"+secret+"@h']\n")
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("error %v, want one without the password", err)
	}
	l, err := parse(t, "publish:\n  amqp:\n    password: "+secret+"\n    urls: ['amqp://u:"+secret+"@h/v']\n")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := yaml.Marshal(l.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(shown), fmt.Sprint(l.Publish.AMQP), fmt.Sprintf("%v %+v %#v", l.Publish.AMQP.Password, l.Publish.AMQP.Password, l.Publish.AMQP.Password)} {
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

func TestEveryKeyIsDocumented(t *testing.T) {
	for _, line := range strings.Split(Reference(), "\n") {
		if strings.HasPrefix(line, "| `") && strings.HasSuffix(line, "|  |") {
			t.Errorf("no meaning: %s", line)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("connector: a\nreaders: {log: {begin: end}}")
	f.Add("mapping: {host_states: {up: 0}, extra: {a: [1, b]}}")
	f.Add("a: &a [*a, *a]")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Parse(strings.NewReader(text), "f.yml")
		if (l == nil) == (err == nil) {
			t.Fatalf("configuration %v, error %v", l, err)
		}
	})
}
