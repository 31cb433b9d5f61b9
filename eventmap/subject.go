package eventmap

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// subject is what is known of the object of a record.
type subject struct {
	entity  supervision.Entity
	host    *supervision.Object // nil: unknown
	service *supervision.Object // nil: unknown, or the record is a host's
	extra   map[string]string   // macros that came with the record
}

func newSubject(entity supervision.Entity, inv supervision.Inventory, check *supervision.Check) subject {
	s := subject{entity: entity}
	if inv != nil {
		s.host = inv.Object(supervision.Entity{Host: entity.Host})
		if !entity.IsHost() {
			s.service = inv.Object(entity)
		}
	}
	if check != nil {
		s.extra = check.Extra
	}
	return s
}

// own returns the object itself: the service, or the host for a host's record.
func (s *subject) own() *supervision.Object {
	if s.entity.IsHost() {
		return s.host
	}
	return s.service
}

// attribute is a text that the object cache has of an object. Where the object
// cache has none, the macro of that name in the record is used.
type attribute struct {
	hostMacro, serviceMacro string // serviceMacro is empty for what only hosts have
	of                      func(*supervision.Object) string
}

// The attributes, with the macros of Nagios.
var (
	alias       = attribute{"HOSTALIAS", "", func(o *supervision.Object) string { return o.Alias }}
	address     = attribute{"HOSTADDRESS", "", func(o *supervision.Object) string { return o.Address }}
	displayName = attribute{
		"HOSTDISPLAYNAME", "SERVICEDISPLAYNAME",
		func(o *supervision.Object) string { return o.DisplayName },
	}
	checkCommand = attribute{
		"HOSTCHECKCOMMAND", "SERVICECHECKCOMMAND",
		func(o *supervision.Object) string { return o.CheckCommand },
	}
	notes    = attribute{"HOSTNOTES", "SERVICENOTES", func(o *supervision.Object) string { return o.Notes }}
	notesURL = attribute{
		"HOSTNOTESURL", "SERVICENOTESURL",
		func(o *supervision.Object) string { return o.NotesURL },
	}
	actionURL = attribute{
		"HOSTACTIONURL", "SERVICEACTIONURL",
		func(o *supervision.Object) string { return o.ActionURL },
	}
	groupNames = attribute{
		"HOSTGROUPNAMES", "SERVICEGROUPNAMES",
		func(o *supervision.Object) string { return strings.Join(o.Groups, ",") },
	}
)

// attributes are all of them.
var attributes = [...]attribute{alias, address, displayName, checkCommand, notes, notesURL, actionURL, groupNames}

// ofHost returns an attribute of the host, also for a service's record.
func (s *subject) ofHost(a attribute) string { return s.attribute(s.host, a.of, a.hostMacro) }

// ofService returns an attribute of the service.
func (s *subject) ofService(a attribute) string { return s.attribute(s.service, a.of, a.serviceMacro) }

// ofOwn returns an attribute of the object itself.
func (s *subject) ofOwn(a attribute) string {
	if s.entity.IsHost() {
		return s.ofHost(a)
	}
	return s.ofService(a)
}

func (s *subject) attribute(object *supervision.Object, of func(*supervision.Object) string, macro string) string {
	if object != nil {
		if text := of(object); text != "" {
			return text
		}
	}
	return s.extra[macro]
}

// appendGroups appends the names of groups: of the host, or of the service.
func (s *subject) appendGroups(list []string, object *supervision.Object, macro string) []string {
	if object != nil && len(object.Groups) > 0 {
		return append(list, object.Groups...)
	}
	for name := range strings.SplitSeq(s.extra[macro], ",") {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, name)
		}
	}
	return list
}

func (s *subject) hostgroups(list []string) []string {
	return s.appendGroups(list, s.host, groupNames.hostMacro)
}

func (s *subject) servicegroups(list []string) []string {
	if s.entity.IsHost() {
		return list
	}
	return s.appendGroups(list, s.service, groupNames.serviceMacro)
}

// Macros of custom variables: $_HOSTSITE$ is the variable _SITE of the host.
const (
	hostVarMacro    = "_HOST"
	serviceVarMacro = "_SERVICE"
)

// hostVar returns a custom variable of the host; its name in any case.
func (s *subject) hostVar(name string) (string, bool) {
	return s.customVar(s.host, hostVarMacro, name)
}

// serviceVar returns a custom variable of the service.
func (s *subject) serviceVar(name string) (string, bool) {
	return s.customVar(s.service, serviceVarMacro, name)
}

func (s *subject) customVar(object *supervision.Object, macro, name string) (string, bool) {
	if len(s.extra) > 0 {
		if value, ok := s.extra[macro+strings.ToUpper(name)]; ok {
			return value, true
		}
	}
	if object != nil {
		for _, v := range object.CustomVars {
			if strings.EqualFold(v.Name, name) {
				return v.Value, true
			}
		}
	}
	return "", false
}
