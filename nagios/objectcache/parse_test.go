package objectcache

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func parseFile(t *testing.T, name string) *Inventory {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inv, err := Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func parseText(t *testing.T, text string) *Inventory {
	t.Helper()
	inv, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func host(name string) supervision.Entity { return supervision.Entity{Host: name} }

func service(host, name string) supervision.Entity {
	return supervision.Entity{Host: host, Service: name}
}

// The files are excerpts of what the supervisors that they are named after
// wrote.
func TestParseStats(t *testing.T) {
	for name, want := range map[string]Stats{
		"nagios-4.4.6.cache":  {Hosts: 6, Services: 5, Hostgroups: 4, Servicegroups: 2},
		"icinga-2.13.6.cache": {Hosts: 6, Services: 5, Hostgroups: 4, Servicegroups: 2},
		"shinken-2.0.3.cache": {Hosts: 4, Services: 3, Hostgroups: 5, Servicegroups: 3},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, parseFile(t, name).Stats()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestObject(t *testing.T) {
	tests := []struct {
		file   string
		entity supervision.Entity
		want   *supervision.Object
	}{
		{"nagios-4.4.6.cache", host("core-router"), &supervision.Object{
			Alias: "Core router", DisplayName: "Routeur de cœur", Address: "192.0.2.1",
			Groups: []string{"network"}, CheckCommand: "check_truth!h0002", MaxAttempts: 3,
			Notes:     "Salle 1; baie 3",
			NotesURL:  "http://wiki.example/core-router?a=1&b=2",
			ActionURL: "http://graphs.example/192.0.2.1/",
			CustomVars: []supervision.CustomVar{
				{Name: "ASSET", Value: "R-0001"}, {Name: "CONTACT", Value: "équipe réseau"},
				{Name: "RACK_ID", Value: "42"},
			},
			ContactGroups: []string{"admins"},
		}},
		{"nagios-4.4.6.cache", service("srv-web-01", "HTTP"), &supervision.Object{
			DisplayName: "Site web", Groups: []string{"web"}, CheckCommand: "check_truth!s0025", MaxAttempts: 3,
			Notes:     "Front; page",
			NotesURL:  "http://wiki.example/srv-web-01/HTTP",
			ActionURL: "http://graphs.example/?h=srv-web-01&s=HTTP",
			CustomVars: []supervision.CustomVar{
				{Name: "OWNER", Value: "Équipe Web"}, {Name: "PORT", Value: "443"}, {Name: "SLA", Value: "99.9"},
			},
			ContactGroups: []string{"admins"},
		}},
		{"nagios-4.4.6.cache", service("Serveur été", "Espace disque"), &supervision.Object{
			CheckCommand: "check_truth!s0055", MaxAttempts: 3, ContactGroups: []string{"admins"},
		}},
		{"nagios-4.4.6.cache", service("core-router", "HTTP"), nil},
		{"nagios-4.4.6.cache", host("no such host"), nil},
		{"nagios-4.4.6.cache", supervision.Entity{}, nil},
		{"icinga-2.13.6.cache", host("srv-web-01"), &supervision.Object{
			Alias: "Web server 01", DisplayName: "Web server 01", Address: "192.0.2.11",
			Groups:       []string{"downtime-group", "linux-servers"},
			CheckCommand: "check_check_truth!key=h0005!", MaxAttempts: 3,
			NotesURL: "http://wiki.example/srv-web-01",
			CustomVars: []supervision.CustomVar{
				{Name: "CRITICALITY", Value: "9"}, {Name: "ENV", Value: "préprod r3"},
				{Name: "JSONVAR", Value: `{"a": 1, "b": "c"}`}, {Name: "key", Value: "h0005"},
			},
			ContactGroups: []string{"admins"},
		}},
		{"icinga-2.13.6.cache", service("srv-web-01", "HTTP"), &supervision.Object{
			DisplayName: "Site web", Groups: []string{"web"}, CheckCommand: "check_check_truth!key=s0025!",
			MaxAttempts: 3, Notes: "Front; page",
			NotesURL:  "http://wiki.example/srv-web-01/HTTP",
			ActionURL: "http://graphs.example/?h=srv-web-01&s=HTTP",
			CustomVars: []supervision.CustomVar{
				{Name: "OWNER", Value: "Équipe r3"}, {Name: "PORT", Value: "443"},
				{Name: "SLA", Value: "99.9"}, {Name: "key", Value: "s0025"},
			},
			ContactGroups: []string{"admins"},
		}},
		// This Shinken drops what isn't ASCII; its members stand before its
		// names.
		{"shinken-2.0.3.cache", service("gw-paris", "Ping"), &supervision.Object{
			Groups: []string{"systeme"}, CheckCommand: "check_dummy!ok", MaxAttempts: 3,
		}},
	}
	for _, test := range tests {
		t.Run(test.file+"/"+test.entity.String(), func(t *testing.T) {
			got := parseFile(t, test.file).Object(test.entity)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseTakesWhatItUnderstands(t *testing.T) {
	inv := parseText(t, strings.Join([]string{
		"stray line",
		"define host{",
		"  host_name  a b  ",
		"\tmax_check_attempts\tmany",
		"\tprocess_perf_data\t0",
		"\t_EMPTY\tnull",
		"\t_BLANK",
		"\tcontact_groups\tz,y",
		"}",
		"define host {\r",
		"\talias\tnameless\r",
		"\t}\r",
		"define service {",
		"\thost_name\ta b",
		"define service {",
		"\thost_name\ta b",
		"\tservice_description\ts;1",
		"\t}",
		"define servicegroup {",
		"\tservicegroup_name\tg",
		"\tmembers\ta b,s;1,a b",
		"\t}",
		"}",
	}, "\n"))
	wantStats := Stats{
		Hosts: 1, Services: 1, Servicegroups: 1, Malformed: 6,
		FirstMalformed: "line 1: neither a definition nor inside of one",
	}
	if diff := cmp.Diff(wantStats, inv.Stats()); diff != "" {
		t.Error(diff)
	}
	wantHost := &supervision.Object{
		PerfdataOff:   true,
		CustomVars:    []supervision.CustomVar{{Name: "EMPTY"}, {Name: "BLANK"}},
		ContactGroups: []string{"y", "z"},
	}
	if diff := cmp.Diff(wantHost, inv.Object(host("a b"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&supervision.Object{Groups: []string{"g"}}, inv.Object(service("a b", "s;1"))); diff != "" {
		t.Error(diff)
	}
}

func TestOfTwoDefinitionsTheLastCounts(t *testing.T) {
	inv := parseText(t,
		"define host {\n\thost_name\th\n\taddress\told\n\t_A\t1\n\t}\ndefine host {\n\thost_name\th\n\taddress\tnew\n"+
			"\t_B\t2\n\t}\n")
	want := &supervision.Object{Address: "new", CustomVars: []supervision.CustomVar{{Name: "B", Value: "2"}}}
	if diff := cmp.Diff(want, inv.Object(host("h"))); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefusesHalfAFile(t *testing.T) {
	whole, err := os.ReadFile("testdata/nagios-4.4.6.cache")
	if err != nil {
		t.Fatal(err)
	}
	lastBrace := strings.LastIndex(string(whole), "}")
	for _, text := range []string{
		"",
		"########################################\n#       NAGIOS OBJECT CACHE FILE\n",
		"define host {",
		"define host {\n\thost_name\th\n",
		"define host {\n\thost_name\th\n\t}\ndefine service {\n\thost_name\th",
		string(whole[:lastBrace]),
	} {
		if _, err := Parse(strings.NewReader(text)); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%.60q: got %v, want ErrIncomplete", text, err)
		}
	}
}

func TestParseRefusesAnEndlessLine(t *testing.T) {
	text := "define host {\n\thost_name\th\n\tnotes\t" + strings.Repeat("x", maxLine+1)
	if _, err := Parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "after line 2") {
		t.Errorf("got %v, want an error that names the line", err)
	}
}
