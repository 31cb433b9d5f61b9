package objectcache

import (
	"bytes"
	"cmp"
	"slices"
)

// membership is an object in a group.
type membership struct {
	group ref
	objectKey
}

// groups holds the host groups or the service groups of a cache. Nagios names
// the members in the group, Icinga 2 the groups in the member too.
type groups struct {
	all   []membership // sorted by group, host, service once finished
	spans map[ref]span // of each group in all
}

type span struct{ first, end uint32 }

// declare adds a group, which may have no members.
func (g *groups) declare(group ref) {
	if g.spans == nil {
		g.spans = make(map[ref]span)
	}
	g.spans[group] = span{}
}

func (g *groups) add(group ref, member objectKey) {
	g.all = append(g.all, membership{group, member})
}

// finish puts what was added in order.
func (g *groups) finish() {
	slices.SortFunc(g.all, func(a, b membership) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.host, b.host), cmp.Compare(a.service, b.service))
	})
	g.all = slices.Clip(slices.Compact(g.all))
	for first := 0; first < len(g.all); {
		group, end := g.all[first].group, first
		for end < len(g.all) && g.all[end].group == group {
			end++
		}
		g.declare(group)
		g.spans[group] = span{uint32(first), uint32(end)}
		first = end
	}
}

// members returns a group's members, nil only if the group is unknown.
func (g *groups) members(table *stringTable, group string) []membership {
	name, known := table.find(group)
	if !known {
		return nil
	}
	s, known := g.spans[name]
	if !known {
		return nil
	}
	if s.first == s.end {
		return []membership{}
	}
	return g.all[s.first:s.end]
}

// eachMember calls back for every object that is in a group. It passes the names
// of the object's groups in order, separated by newlines, in memory that is used
// again.
func (g *groups) eachMember(table *stringTable, call func(objectKey, []byte) error) error {
	byMember := slices.Clone(g.all)
	slices.SortFunc(byMember, func(a, b membership) int {
		return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.service, b.service),
			bytes.Compare(table.bytes(a.group), table.bytes(b.group)))
	})
	var names []byte
	for i, m := range byMember {
		if i == 0 || m.objectKey != byMember[i-1].objectKey {
			names = names[:0]
		} else {
			names = append(names, '\n')
		}
		names = append(names, table.bytes(m.group)...)
		if i+1 < len(byMember) && byMember[i+1].objectKey == m.objectKey {
			continue
		}
		if err := call(m.objectKey, names); err != nil {
			return err
		}
	}
	return nil
}
