package eventmap

import "github.com/nagios2canopsis/nagios2canopsis/internal/supervision"

// EntityID returns the id that an entity has in Canopsis: "component" or
// "resource/component". The site is no part of it, and neither is the connector:
// objects of two sites with the same id share one entity and its alarm. It is
// empty for an entity that can't be named. inv may be nil.
func (m *Mapper) EntityID(e supervision.Entity, inv supervision.Inventory) string {
	s := newSubject(e, inv, nil)
	component, resource, _ := m.names(&s)
	if component == "" || !e.IsHost() && resource == "" {
		return ""
	}
	return string(appendEntityID(nil, component, resource))
}

// appendEntityID appends "component" or "resource/component".
func appendEntityID(buf []byte, component, resource string) []byte {
	if resource != "" {
		buf = append(buf, resource...)
		buf = append(buf, '/')
	}
	return append(buf, component...)
}

// names returns the names of component and resource. The resource is empty for a
// host; a name of nothing but control characters is empty too.
func (m *Mapper) names(s *subject) (component, resource string, repairs Repairs) {
	component, repairs = m.named(m.component, s, s.entity.Host)
	if s.entity.IsHost() {
		return component, "", repairs
	}
	resource, more := m.named(m.resource, s, s.entity.Service)
	return component, resource, repairs | more
}

// named returns the name that a template makes. It is the supervisor's own name
// when there is no template, or when the template expands to nothing. A name may
// not depend on what a single record brought, so only the object cache is used.
func (m *Mapper) named(t template, s *subject, own string) (string, Repairs) {
	if len(t) == 0 {
		return m.charset.cleanName(own)
	}
	stable := *s
	stable.extra = nil
	made, repairs := m.charset.cleanName(t.expand(&stable))
	if made != "" {
		return made, repairs
	}
	own, more := m.charset.cleanName(own)
	return own, repairs | more | NameReplaced
}
