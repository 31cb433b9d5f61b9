package assembly

import (
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// Site is one supervisor: what would be read of it, and as whose it would be
// sent.
type Site struct {
	// Name is for people: as configured, else the path of the supervisor's main
	// configuration if there are several; empty for the only one.
	Name string
	// Scope is the key of what is stored of the site. It is taken over from the
	// first of Formerly that anything is stored of, if nothing is stored of it.
	Scope    outbox.Scope
	Formerly []outbox.Scope

	Supervisor *nagios.Config // nil: every path is set in our own configuration
	Why        string         // how the supervisor was found

	Connector, ConnectorName string

	Readers []Choice
	Objects string // path of the object cache; empty: none

	// Troubles keep a reader from its file now. They may pass: the reader goes
	// on trying.
	Troubles []error
	// Notices are worth knowing, and harm nothing.
	Notices []string

	config  config.SiteSection
	found   nagios.Found
	mapping eventmap.Options
	module  module
	// livestatus is how to reach the Livestatus server; it has no address if there is
	// none.
	livestatus livestatus.Options
	noted      []Choice // not read while the module is the source
	nothing    string   // why nothing is read of it; empty: something is

	// latest is the supervisor's configuration as it was last seen, readAt when
	// that was written.
	latest *nagios.Config
	readAt time.Time
}

// newSite decides everything about a site. It goes on after a fault, to find
// the others.
func newSite(at place) (*Site, []error) {
	s := &Site{config: at.config, found: at.found, Why: at.found.Why, Name: at.config.Name}
	if s.Name == "" && at.among {
		s.Name = at.found.Path
	}
	s.setScope()
	var faults []error
	switch {
	case at.unreadable != nil:
		faults = append(faults, s.config.Fault("supervisor", at.unreadable.Error()))
		at.lost = true
	case at.supervisor != nil:
		s.Supervisor, s.latest, s.readAt = at.supervisor, at.supervisor, at.readAt
		for _, w := range at.supervisor.Warnings {
			s.Notices = append(s.Notices, w.Error())
		}
	}
	faults = append(faults, s.setNames()...)
	faults = append(faults, s.setMapping()...)
	return s, append(faults, s.choose(at.lost)...)
}

// setScope sets the key of what is stored: the configured name, else the path
// of the supervisor's main configuration. The empty scope is that of a single
// site of version 0.1, and of one without a supervisor.
func (s *Site) setScope() {
	byPath := outbox.Scope(s.found.Path)
	switch {
	case s.config.Name != "":
		s.Scope = outbox.Scope(s.config.Name)
		if byPath != "" {
			s.Formerly = append(s.Formerly, byPath)
		}
	default:
		s.Scope = byPath
	}
	if s.Scope != "" {
		s.Formerly = append(s.Formerly, "")
	}
}

// setNames sets connector and connector_name.
func (s *Site) setNames() []error {
	s.Connector, s.ConnectorName = s.config.Connector, s.config.ConnectorName
	if s.Connector == "" {
		s.Connector = string(nagios.Nagios)
		if s.Supervisor != nil {
			s.Connector = string(s.Supervisor.Flavour)
		}
	}
	if s.ConnectorName == "" {
		s.ConnectorName = s.config.Name
	}
	if s.ConnectorName == "" {
		name, err := os.Hostname()
		if err != nil {
			return []error{s.config.Fault("connector_name", "must be set: this machine has no name: "+err.Error())}
		}
		s.ConnectorName, _, _ = strings.Cut(name, ".")
	}
	return nil
}

// setMapping translates the mapping section, and lets eventmap check it.
func (s *Site) setMapping() (faults []error) {
	m := &s.config.Mapping
	note := func(err error) {
		for _, e := range option.Split(err) {
			faults = append(faults, s.mappingFault(e))
		}
	}
	version, err := eventmap.ParseVersion(m.Canopsis)
	if err != nil {
		note(err)
		version = eventmap.Canopsis2410 // to find the other faults
	}
	hosts, err := eventmap.ParseHostStates(m.HostStates.Name, m.HostStates.Table)
	note(err)
	services, err := eventmap.ParseServiceStates(m.ServiceStates.Name, m.ServiceStates.Table)
	note(err)
	s.mapping = eventmap.Options{
		Scope: s.Scope, Connector: s.Connector, ConnectorName: s.ConnectorName, Canopsis: version,
		HostStates: hosts, ServiceStates: services, SoftStates: m.SoftStates,
		Events: eventmap.EventTypes{
			Check: m.Events.Check, Ack: m.Events.Ack, AckRemove: m.Events.AckRemove, Comment: m.Events.Comment,
			Downtime: m.Events.Downtime, DowntimeComment: m.Events.DowntimeComment, Flapping: m.Events.Flapping,
		},
		Include: rules(m.Include), Exclude: rules(m.Exclude), Extra: m.Extra, Tags: m.Tags,
		Component: m.Component, Resource: m.Resource, Charset: m.Charset,
		MaxOutput: int(m.MaxOutput), MaxLongOutput: int(m.MaxLongOutput), MaxPerfdata: int(m.MaxPerfdata),
	}
	_, err = eventmap.New(s.mapping)
	note(err)
	return faults
}

// mappingFault names a fault that eventmap found by its key in the
// configuration file.
func (s *Site) mappingFault(err error) error {
	fault, ok := option.Of(err)
	switch {
	case !ok:
		return s.config.Fault("mapping", err.Error())
	case fault.Name == "connector", fault.Name == "connector_name":
		return s.config.Fault(fault.Name, fault.Err.Error())
	}
	return s.config.Fault("mapping."+fault.Name, fault.Err.Error())
}

func rules(in []config.Rule) []eventmap.Rule {
	var out []eventmap.Rule
	for _, r := range in {
		out = append(out, eventmap.Rule{
			Host: r.Host, Service: r.Service, Hostgroup: r.HostGroup, Servicegroup: r.ServiceGroup,
			CustomVars: r.Vars, State: r.State,
		})
	}
	return out
}

// supervisorPath returns the path of the main configuration, empty if there is
// none.
func (s *Site) supervisorPath() string { return s.found.Path }

// Same reports whether another plan of the site would run as this one does. The
// name may differ: it is only shown where there are several sites.
func (s *Site) Same(o *Site) bool {
	choices := func(all []Choice) (shown []string) {
		for _, c := range all {
			shown = append(shown, c.Name, c.Path, c.Note)
		}
		return shown
	}
	return s.Scope == o.Scope && s.Objects == o.Objects && s.module == o.module &&
		reflect.DeepEqual(choices(s.Readers), choices(o.Readers)) &&
		reflect.DeepEqual(s.config.Site, o.config.Site) &&
		reflect.DeepEqual(s.mapping, o.mapping) &&
		reflect.DeepEqual(s.Supervisor, o.Supervisor)
}

// outdated reports whether a broker module has begun to write or has fallen
// silent, so that other readers would be chosen.
func (s *Site) outdated(now time.Time) bool {
	if s.Supervisor != nil {
		if written := modTime(s.Supervisor.Path); !written.Equal(s.readAt) {
			s.readAt = written
			if read, err := nagios.Read(s.Supervisor.Path); err == nil {
				s.latest = read
			}
		}
	}
	return findModule(&s.config.Readers.Module, s.latest, now) != s.module
}

// modTime returns when a file was written; zero if that is unknown.
func modTime(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
