package objectcache

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Inventory is one version of an object cache. It doesn't change after Parse,
// and implements supervision.Inventory.
type Inventory struct {
	table         *stringTable
	records       []record
	index         map[objectKey]uint32 // into records
	vars          []customVar
	hostgroups    groups
	servicegroups groups
	children      []edge // sorted by parent, then child

	stats Stats
}

// Stats counts what a file held.
type Stats struct {
	Hosts, Services, Hostgroups, Servicegroups int

	// Malformed counts the lines and blocks that were left out. FirstMalformed is
	// the line of the first, and what is wrong with it.
	Malformed      int
	FirstMalformed string
}

type objectKey struct {
	host, service ref // service 0: the host itself
}

// record is a host or a service.
type record struct {
	objectKey
	alias, displayName, address ref
	command                     ref
	notes, notesURL, actionURL  ref
	groups                      ref    // names in order, separated by newlines
	contactGroups               ref    // names as in the file, separated by commas
	firstVar                    uint32 // into Inventory.vars
	varCount                    uint16
	maxAttempts                 uint16
	perfdataOff                 bool
}

type customVar struct {
	name, value ref
}

// edge is the relation between a host and one of its parents.
type edge struct {
	parent, child ref
}

func compareEdges(a, b edge) int {
	return cmp.Or(cmp.Compare(a.parent, b.parent), cmp.Compare(a.child, b.child))
}

// Stats returns the counts of what the file held.
func (inv *Inventory) Stats() Stats { return inv.stats }

// Object returns what the cache holds of an entity, nil if it is unknown. Macros
// in notes and links are expanded as Nagios does it for $HOSTNOTES$,
// $HOSTNOTESURL$ and their like. A macro that is no property of the object, such
// as $HOSTSTATE$, stays as it is.
func (inv *Inventory) Object(e supervision.Entity) *supervision.Object {
	rec := inv.lookup(e.Host, e.Service)
	if rec == nil {
		return nil
	}
	get := inv.table.get
	return &supervision.Object{
		Alias:         get(rec.alias),
		DisplayName:   get(rec.displayName),
		Address:       get(rec.address),
		Groups:        splitNames(get(rec.groups), "\n"),
		CheckCommand:  get(rec.command),
		MaxAttempts:   int(rec.maxAttempts),
		Notes:         inv.expand(get(rec.notes), rec, verbatim),
		NotesURL:      inv.expand(get(rec.notesURL), rec, escapeForURL),
		ActionURL:     inv.expand(get(rec.actionURL), rec, escapeForURL),
		PerfdataOff:   rec.perfdataOff,
		CustomVars:    inv.customVars(rec),
		ContactGroups: slices.Sorted(slices.Values(splitNames(get(rec.contactGroups), ","))),
	}
}

// Members returns the entities that a downtime of that scope covers, in a fixed
// order: nil if the host or group that the scope is about is unknown, and an
// empty list if it has no members.
func (inv *Inventory) Members(
	scope supervision.DowntimeScope, e supervision.Entity, group string,
) []supervision.Entity {
	switch scope {
	case supervision.ScopeEntity:
		return []supervision.Entity{e}
	case supervision.ScopeHostServices:
		return inv.hostServices(e.Host)
	case supervision.ScopeHostPropagated:
		return inv.withDescendants(e.Host)
	case supervision.ScopeHostgroupHosts:
		return inv.entities(inv.hostgroups.members(inv.table, group))
	case supervision.ScopeHostgroupServices:
		return inv.hostgroupServices(group)
	case supervision.ScopeServicegroupHosts:
		return hostsOf(inv.entities(inv.servicegroups.members(inv.table, group)))
	case supervision.ScopeServicegroupServices:
		return inv.entities(inv.servicegroups.members(inv.table, group))
	}
	return nil
}

// Hosts returns the names of all hosts, in the order of the file.
func (inv *Inventory) Hosts() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range inv.records {
			if key := inv.records[i].objectKey; key.service == 0 && !yield(inv.table.get(key.host)) {
				return
			}
		}
	}
}

func (inv *Inventory) lookup(host, service string) *record {
	h, known := inv.table.find(host)
	if !known {
		return nil
	}
	s, known := inv.table.find(service)
	if !known {
		return nil
	}
	return inv.record(objectKey{h, s})
}

func (inv *Inventory) record(key objectKey) *record {
	if i, known := inv.index[key]; known {
		return &inv.records[i]
	}
	return nil
}

func (inv *Inventory) customVars(rec *record) []supervision.CustomVar {
	if rec.varCount == 0 {
		return nil
	}
	vars := make([]supervision.CustomVar, 0, rec.varCount)
	for _, v := range inv.vars[rec.firstVar : rec.firstVar+uint32(rec.varCount)] {
		vars = append(vars, supervision.CustomVar{Name: inv.table.get(v.name), Value: inv.table.get(v.value)})
	}
	return vars
}

func (inv *Inventory) hostServices(host string) []supervision.Entity {
	rec := inv.lookup(host, "")
	if rec == nil {
		return nil
	}
	services := []supervision.Entity{}
	for i := range inv.records {
		if key := inv.records[i].objectKey; key.host == rec.host && key.service != 0 {
			services = append(services, inv.entity(key))
		}
	}
	return services
}

// withDescendants returns the host, its children, their children and so on, as
// SCHEDULE_AND_PROPAGATE_HOST_DOWNTIME takes them.
func (inv *Inventory) withDescendants(host string) []supervision.Entity {
	rec := inv.lookup(host, "")
	if rec == nil {
		return nil
	}
	found := []ref{rec.host}
	seen := map[ref]bool{rec.host: true}
	for i := 0; i < len(found); i++ {
		first, _ := slices.BinarySearchFunc(inv.children, edge{parent: found[i]}, compareEdges)
		for _, e := range inv.children[first:] {
			if e.parent != found[i] {
				break
			}
			if !seen[e.child] {
				seen[e.child] = true
				found = append(found, e.child)
			}
		}
	}
	hosts := make([]supervision.Entity, len(found))
	for i, h := range found {
		hosts[i] = inv.entity(objectKey{host: h})
	}
	return hosts
}

func (inv *Inventory) hostgroupServices(group string) []supervision.Entity {
	members := inv.hostgroups.members(inv.table, group)
	if members == nil {
		return nil
	}
	hosts := make(map[ref]bool, len(members))
	for _, m := range members {
		hosts[m.host] = true
	}
	services := []supervision.Entity{}
	for i := range inv.records {
		if key := inv.records[i].objectKey; key.service != 0 && hosts[key.host] {
			services = append(services, inv.entity(key))
		}
	}
	return services
}

func (inv *Inventory) entities(members []membership) []supervision.Entity {
	if members == nil {
		return nil
	}
	list := make([]supervision.Entity, len(members))
	for i, m := range members {
		list[i] = inv.entity(m.objectKey)
	}
	return list
}

func (inv *Inventory) entity(key objectKey) supervision.Entity {
	return supervision.Entity{Host: inv.table.get(key.host), Service: inv.table.get(key.service)}
}

// hostsOf returns the hosts of services that are grouped by host.
func hostsOf(services []supervision.Entity) []supervision.Entity {
	for i := range services {
		services[i].Service = ""
	}
	return slices.Compact(services)
}

// splitNames returns the names of a list, nil for an empty one.
func splitNames(list, separator string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, separator)
}
