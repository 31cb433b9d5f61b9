package objectcache

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func TestMembers(t *testing.T) {
	tests := []struct {
		name   string
		scope  supervision.DowntimeScope
		entity supervision.Entity
		group  string
		want   []supervision.Entity
	}{
		{"the entity itself", supervision.ScopeEntity, service("h", "s"), "", []supervision.Entity{service("h", "s")}},
		{"services of a host", supervision.ScopeHostServices, host("srv-web-01"), "", []supervision.Entity{
			service("srv-web-01", "Certificate"), service("srv-web-01", "HTTP"), service("srv-web-01", "HTTPS"),
		}},
		{"services of a host without any", supervision.ScopeHostServices, host("switch-b"), "", []supervision.Entity{}},
		{"services of an unknown host", supervision.ScopeHostServices, host("x"), "", nil},
		{"children and their children", supervision.ScopeHostPropagated, host("core-router"), "", []supervision.Entity{
			host("core-router"), host("switch-a"), host("switch-b"), host("srv-web-01"),
		}},
		{
			"no children", supervision.ScopeHostPropagated, host("localhost"), "",
			[]supervision.Entity{host("localhost")},
		},
		{"children of an unknown host", supervision.ScopeHostPropagated, host("x"), "", nil},
		{"hosts of a host group", supervision.ScopeHostgroupHosts, host(""), "network", []supervision.Entity{
			host("core-router"), host("switch-a"), host("switch-b"),
		}},
		{
			"a host group without members", supervision.ScopeHostgroupHosts, host(""), "all-hosts",
			[]supervision.Entity{},
		},
		{"an unknown host group", supervision.ScopeHostgroupHosts, host(""), "web", nil},
		{
			"services of a host group", supervision.ScopeHostgroupServices, host(""), "linux-servers",
			[]supervision.Entity{
				service("localhost", "All Disks"),
				service("srv-web-01", "Certificate"), service("srv-web-01", "HTTP"), service("srv-web-01", "HTTPS"),
			},
		},
		{"services of an unknown host group", supervision.ScopeHostgroupServices, host(""), "x", nil},
		{"services of a service group", supervision.ScopeServicegroupServices, host(""), "disks", []supervision.Entity{
			service("localhost", "All Disks"), service("localhost", "Root Partition"),
		}},
		{"hosts of a service group", supervision.ScopeServicegroupHosts, host(""), "web", []supervision.Entity{
			host("srv-web-01"), host("srv-web-02"),
		}},
		{"hosts of an unknown service group", supervision.ScopeServicegroupHosts, host(""), "network", nil},
		{"an unknown scope", supervision.DowntimeScope(99), host("localhost"), "", nil},
	}
	inv := parseFile(t, "nagios-4.4.6.cache")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := inv.Members(test.scope, test.entity, test.group)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if again := inv.Members(test.scope, test.entity, test.group); !cmp.Equal(got, again) {
				t.Errorf("asked again it returned %v", again)
			}
		})
	}
}

// Icinga 2 names groups in the member and members in the group.
func TestMembersAreTheSameFromBothSides(t *testing.T) {
	inv := parseText(t, "define host {\n\thost_name\th1\n\thost_groups\ta,b\n\t}\n"+
		"define host {\n\thost_name\th2\n\thost_groups\t\n\t}\n"+
		"define hostgroup {\n\thostgroup_name\tb\n\tmembers\th2,h1\n\t}\n")
	for group, want := range map[string][]supervision.Entity{
		"a": {host("h1")},
		"b": {host("h1"), host("h2")},
	} {
		if diff := cmp.Diff(want,
			inv.Members(supervision.ScopeHostgroupHosts, supervision.Entity{}, group)); diff != "" {
			t.Errorf("%s: %s", group, diff)
		}
	}
	if diff := cmp.Diff([]string{"a", "b"}, inv.Object(host("h1")).Groups); diff != "" {
		t.Error(diff)
	}
}

func TestParentsInACircleEnd(t *testing.T) {
	inv := parseText(t,
		"define host {\n\thost_name\ta\n\tparents\tb\n\t}\ndefine host {\n\thost_name\tb\n\tparents\ta,c\n\t}\n")
	want := []supervision.Entity{host("a"), host("b")}
	if diff := cmp.Diff(want, inv.Members(supervision.ScopeHostPropagated, host("a"), "")); diff != "" {
		t.Error(diff)
	}
}

func TestExpand(t *testing.T) {
	const objects = "define host {\n\thost_name\th 1\n\talias\tthe host\n\taddress\t::1\n\thost_groups\ty,x\n" +
		"\tcheck_command\tping!5\n\t_RACK_ID\tA/7\n\t}\n" +
		"define service {\n\thost_name\th 1\n\tservice_description\tC: %\n\tdisplay_name\tdisk\n\tservice_groups\td\n" +
		"\tcheck_command\tdisk!C:\n\t_Owner\tJoe\n\t_GONE\tnull\n\t}\n" +
		"define service {\n\thost_name\torphan\n\tservice_description\ts\n\t}\n"
	inv := parseText(t, objects)
	tests := []struct {
		entity supervision.Entity
		text   string
		esc    escaping
		want   string
	}{
		{service("h 1", "C: %"), "no macro", verbatim, "no macro"},
		{service("h 1", "C: %"), "$HOSTNAME$, $HOSTALIAS$, $HOSTDISPLAYNAME$", verbatim, "h 1, the host, h 1"},
		{service("h 1", "C: %"), "$HOSTADDRESS$ $HOSTGROUPNAMES$ $HOSTCHECKCOMMAND$", verbatim, "::1 x,y ping!5"},
		{
			service("h 1", "C: %"), "$SERVICEDESC$ $SERVICEDISPLAYNAME$ $SERVICEGROUPNAMES$ $SERVICECHECKCOMMAND$",
			verbatim, "C: % disk d disk!C:",
		},
		{service("h 1", "C: %"), "$_HOSTRACK_ID$ $_SERVICEOWNER$ [$_SERVICEGONE$]", verbatim, "A/7 Joe []"},
		{
			service("h 1", "C: %"), "http://x/$HOSTNAME$/?a=b&c=$SERVICEDESC$&$_HOSTRACK_ID$", escapeForURL,
			"http://x/h%201/?a=b&c=C%3A%20%25&A%2F7",
		},
		{
			service("h 1", "C: %"),
			"$host.name$ $host.address$ $host.vars.rack_id$ $service.name$ $service.vars.Owner$", verbatim,
			"h 1 ::1 A/7 C: % Joe",
		},
		{service("h 1", "C: %"), "$$5 $HOSTSTATE$ $_HOSTNONE$ a$b", verbatim, "$5 $HOSTSTATE$ $_HOSTNONE$ a$b"},
		{service("h 1", "C: %"), "$", verbatim, "$"},
		{service("h 1", "C: %"), "$$", verbatim, "$"},
		{service("h 1", "C: %"), "$HOSTNAME", verbatim, "$HOSTNAME"},
		{host("h 1"), "$HOSTNAME$ $SERVICEDESC$ $_SERVICEOWNER$", verbatim, "h 1 $SERVICEDESC$ $_SERVICEOWNER$"},
		{service("orphan", "s"), "$HOSTNAME$ $HOSTADDRESS$ $SERVICEDISPLAYNAME$", verbatim, "orphan $HOSTADDRESS$ s"},
	}
	for _, test := range tests {
		t.Run(test.entity.String()+" "+test.text, func(t *testing.T) {
			rec := inv.lookup(test.entity.Host, test.entity.Service)
			if got := inv.expand(test.text, rec, test.esc); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
