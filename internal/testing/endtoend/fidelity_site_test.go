package endtoend

import (
	"maps"
	"strconv"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios"
)

// inventory is what the events of an object must hold about it, whatever happens.
type inventory map[string]any

// objects are the hosts and services of a test site, each with the inventory
// that is expected of it.
type objects struct {
	options testnagios.Options
	known   map[entity]inventory
}

// entity is a host, or a service of a host, in UTF-8.
type entity struct{ host, service string }

func (e entity) String() string {
	if e.service == "" {
		return e.host
	}
	return e.host + ";" + e.service
}

const (
	latinService    = "Journal syst\xe8me" // a name in Latin-1
	withoutPerfdata = "no perfdata"
)

func (o *objects) host(name string, interval, attempts int, directives map[string]string, expect inventory) {
	o.options.Hosts = append(o.options.Hosts,
		testnagios.Host{Name: name, Interval: interval, Attempts: attempts, Options: directives})
	all := inventory{
		"address": "127.0.0.1", "alias": name, "supervisor_display_name": "", "notes": "", "notes_url": "",
		"action_url": "", "hostgroups": []any{}, "servicegroups": []any{}, "contactgroups": []any{},
		"max_attempts": float64(attempts),
	}
	maps.Copy(all, expect)
	o.known[entity{utf8(name), ""}] = all
}

func (o *objects) service(host, name string, interval, attempts int, directives map[string]string, expect inventory) {
	o.options.Services = append(o.options.Services,
		testnagios.Service{Host: host, Name: name, Interval: interval, Attempts: attempts, Options: directives})
	of := o.known[entity{utf8(host), ""}]
	all := inventory{
		"address": of["address"], "alias": of["alias"], "supervisor_display_name": "", "notes": "", "notes_url": "",
		"action_url": "", "hostgroups": of["hostgroups"], "servicegroups": []any{}, "contactgroups": []any{},
		"max_attempts": float64(attempts),
	}
	maps.Copy(all, expect)
	o.known[entity{utf8(host), utf8(name)}] = all
}

// scenarioObjects are the objects that the scenario plays with.
func scenarioObjects(settings map[string]string) *objects {
	o := &objects{known: map[entity]inventory{}}
	o.options.Settings = map[string]string{"service_check_timeout": strconv.Itoa(int(checkTimeout.Seconds()))}
	maps.Copy(o.options.Settings, settings)
	o.options.Hostgroups = []string{"linux", "all"}
	o.options.Servicegroups = []string{"web", "critical"}

	o.host("gw", 3, 1, map[string]string{"alias": "The gateway", "address": "192.0.2.1", "hostgroups": "all"},
		inventory{"alias": "The gateway", "address": "192.0.2.1", "hostgroups": []any{"all"}})
	o.host("web", 3, 2, map[string]string{
		"parents": "gw", "alias": "Serveur été", "address": "2001:db8::11", "display_name": "Web server",
		"hostgroups": "linux,all", "notes": "Room 1, rack 3", "notes_url": "http://wiki/web?a=1&b=2",
		"action_url": "http://graphs/web", "contact_groups": "operators", "_SITE": "lyon", "_STATUS": "of the host",
	}, inventory{
		"alias": "Serveur été", "address": "2001:db8::11", "supervisor_display_name": "Web server",
		"hostgroups": []any{"all", "linux"}, "notes": "Room 1, rack 3", "notes_url": "http://wiki/web?a=1&b=2",
		"action_url": "http://graphs/web", "contactgroups": []any{"operators"},
		"SITE": "lyon", "cv_STATUS": "of the host",
	})
	o.host("db", 3, 2, map[string]string{"parents": "gw", "hostgroups": "linux"},
		inventory{"hostgroups": []any{"linux"}})
	o.host("Serveur été", 5, 1, nil, nil)
	o.host("gallery", 10, 1, nil, nil)
	o.host("trap", 0, 1, nil, nil)

	o.service("web", "HTTP", 2, 3, map[string]string{
		"servicegroups": "web,critical", "display_name": "The site", "notes": "Front page",
		"notes_url": "http://wiki/http", "action_url": "http://graphs/http", "contact_groups": "operators",
		"_SLA": "99.9", "_OWNER": "Équipe Web", "_output": "reserved",
	}, inventory{
		"servicegroups": []any{"critical", "web"}, "supervisor_display_name": "The site", "notes": "Front page",
		"notes_url": "http://wiki/http", "action_url": "http://graphs/http", "contactgroups": []any{"operators"},
		"SLA": "99.9", "OWNER": "Équipe Web", "cv_OUTPUT": "reserved",
	})
	o.service("web", "Disque /", 2, 2, nil, nil)
	o.service("web", "unknown", 2, 2, nil, nil)
	o.service("web", "timeout", 6, 1, nil, nil)
	o.service("db", "flap", 1, 1,
		map[string]string{"flap_detection_enabled": "1", "low_flap_threshold": "14", "high_flap_threshold": "20"}, nil)
	for _, name := range []string{
		"ack sticky", "ack normal", "ack removed", "ack recovery", "ack twice", "ack refused", "comment",
		"dt fixed", "dt flexible", "dt triggered", "dt cancelled", "dt never", "dt by id",
	} {
		o.service("db", name, 2, 1, nil, nil)
	}
	o.service("Serveur été", "soft", 2, 8, nil, nil)
	o.service("Serveur été", latinService, 3, 2, nil, nil)
	o.service("Serveur été", withoutPerfdata, 2, 1, map[string]string{"process_perf_data": "0"}, nil)
	o.service("trap", "passive", 0, 1, nil, nil)
	o.service("trap", "trap été", 0, 3, nil, nil)
	for _, s := range gallery {
		o.service("gallery", s.name, 4, 1, nil, nil)
	}
	o.service("gallery", "exit 4", 4, 1, nil, nil)
	return o
}
