package assembly

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
)

// resolved makes the plan of a configuration.
func resolved(t *testing.T, yaml string) (*Plan, error) {
	t.Helper()
	loaded, err := config.Parse(strings.NewReader(yaml), "config.yml")
	if err != nil {
		t.Fatal(err)
	}
	return Resolve(loaded, t.TempDir())
}

// TestLivestatusBesideOtherReaders: what the files show is not read twice.
func TestLivestatusBesideOtherReaders(t *testing.T) {
	dir, mainConfig := site(t)
	for name, c := range map[string]struct {
		yaml    string
		readers []string
	}{
		"alone":         {"supervisor: none", []string{"livestatus", "livestatus-log"}},
		"beside files":  {"supervisor: " + mainConfig, []string{"log", "livestatus"}},
		"without a log": {"supervisor: none\nreaders: {livestatus: {log: off}}", []string{"livestatus"}},
		"its log, too": {"supervisor: " + mainConfig + "\nreaders: {livestatus: {log: on}}", []string{"log",
			"livestatus", "livestatus-log"}},
		"instead of log": {"supervisor: " + mainConfig + "\nreaders: {log: {enabled: off}}", []string{"livestatus",
			"livestatus-log"}},
		"with status": {"supervisor: " + mainConfig + "\nreaders: {status: {enabled: on}}", []string{"log",
			"livestatus", "status"}},
		"off": {"supervisor: " + mainConfig + "\nreaders: {livestatus: {enabled: off}}", []string{"log",
			"status"}},
	} {
		yaml := c.yaml
		address := "address: 'unix:" + filepath.Join(dir, "live") + "'"
		switch {
		case strings.Contains(yaml, "livestatus: {"):
			yaml = strings.Replace(yaml, "livestatus: {", "livestatus: {"+address+", ", 1)
		case strings.Contains(yaml, "readers: {"):
			yaml = strings.Replace(yaml, "readers: {", "readers: {livestatus: {"+address+"}, ", 1)
		default:
			yaml += "\nreaders: {livestatus: {" + address + "}}"
		}
		plan, err := resolved(t, yaml)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.readers, readers(plan.Sites[0])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestLivestatusFaults name their key.
func TestLivestatusFaults(t *testing.T) {
	for yaml, want := range map[string]string{
		"{enabled: on}":                               "readers.livestatus.address: must be set",
		"{address: /var/live}":                        `config.yml:2: readers.livestatus.address: "/var/live" is`,
		"{address: 'tcp://host'}":                     "readers.livestatus.address",
		"{address: 'tcp://h:1', poll: 0s}":            "readers.livestatus.poll",
		"{address: 'tcp://h:1', tls: {ca_file: /x}}":  "readers.livestatus.tls: is set, but",
		"{address: 'tls://h:1', tls: {key_file: /x}}": "readers.livestatus.tls.cert_file: cert_file and key_file",
	} {
		_, err := resolved(t, "supervisor: none\nreaders: {livestatus: "+yaml+"}")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", yaml, err, want)
		}
	}
}

// alone is the configuration of a site whose only source is Livestatus.
func alone(address string) string {
	return "supervisor: none\nreaders: {livestatus: {address: '" + address + "'}}"
}

// TestLivestatusSocket: what can be seen of it without connecting.
func TestLivestatusSocket(t *testing.T) {
	dir, _ := site(t)
	plan, err := resolved(t, alone("unix:"+dir+"/status.dat"))
	if err != nil {
		t.Fatal(err)
	}
	if s := plan.Sites[0]; len(s.Troubles) != 1 || !strings.Contains(s.Troubles[0].Error(), "is no socket") {
		t.Errorf("troubles %v", s.Troubles)
	}
	plan, err = resolved(t, alone("unix:"+dir+"/live"))
	if err != nil {
		t.Fatal(err)
	}
	s := plan.Sites[0]
	if len(s.Troubles) != 0 || len(s.Notices) != 1 || !strings.Contains(s.Notices[0], "is not there yet") {
		t.Errorf("troubles %v, notices %q", s.Troubles, s.Notices)
	}
	if got, want := s.ResultsFrom(), "Livestatus (unix:"+dir+"/live)"; got != want {
		t.Errorf("results from %q, want %q", got, want)
	}
}

// TestLivestatusNeeds: the rights that a run needs, once for both readers.
func TestLivestatusNeeds(t *testing.T) {
	plan, err := resolved(t, "supervisor: none\nreaders: {livestatus: {address: 'unix:/var/live'}}")
	if err != nil {
		t.Fatal(err)
	}
	needs := plan.Sites[0].Needs()
	if len(needs) != 1 || needs[0].Path != "/var/live" || needs[0].Rights != access.Read|access.Write {
		t.Errorf("needs %+v", needs)
	}
}

// TestLivestatusTry: the files of a connection are read, not only looked at.
func TestLivestatusTry(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "ca.pem")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	plan, err := resolved(t, "supervisor: none\n"+
		"readers: {livestatus: {address: 'tls://h:1', tls: {ca_file: "+pipe+", cert_file: /c, key_file: /k}}}")
	if err != nil {
		t.Fatal(err)
	}
	troubles := plan.Sites[0].Try()
	if len(troubles) != 2 ||
		!strings.Contains(troubles[0].Error(), "readers.livestatus.tls.ca_file: ") ||
		!strings.Contains(troubles[0].Error(), "is a pipe") ||
		!strings.Contains(troubles[1].Error(), "readers.livestatus.tls.cert_file: ") {
		t.Errorf("troubles %q", troubles)
	}
}
