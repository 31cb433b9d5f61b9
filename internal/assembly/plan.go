package assembly

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// Plan is what would be read, and where it would be sent.
type Plan struct {
	Config     *config.Loaded
	Supervisor *nagios.Config // nil: every path is given by our own configuration
	Why        string         // how the supervisor was found
	Others     []string       // configurations of other supervisors on this machine

	Connector, ConnectorName string

	Readers []Reader
	Objects string // path of the object cache; empty: none

	// Troubles keep a reader from its file now. They may pass: the reader goes
	// on trying.
	Troubles []error
	// Notices are worth knowing, and harm nothing.
	Notices []string

	mapping eventmap.Options
	module  module

	// latest is the supervisor's configuration as it was last seen, readAt when
	// that was written.
	latest *nagios.Config
	readAt time.Time
}

// Reader is one reader of the plan.
type Reader struct {
	Name string // as in the journal: module, log, status, perfdata-host, …
	Path string
	Note string // one phrase: what it brings

	stateless bool // its check results come without a state
	consumes  bool // what it has read is gone for others
	build     buildReader
	preview   buildReader // instead of build where nothing may be taken away; nil: as build
}

// Resolve makes the plan of a configuration. root is the root of the file
// system, "/" but for tests. All faults are given together.
func Resolve(l *config.Loaded, root string) (*Plan, error) {
	p := &Plan{Config: l, ConnectorName: l.ConnectorName, Connector: l.Connector}
	if err := p.findSupervisor(root); err != nil {
		return nil, err
	}
	if p.Connector == "" {
		p.Connector = "nagios"
		if p.Supervisor != nil {
			p.Connector = string(p.Supervisor.Flavour)
		}
	}
	if p.ConnectorName == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("connector_name is not set, and this machine has no name: %w", err)
		}
		p.ConnectorName, _, _ = strings.Cut(name, ".")
	}
	faults := p.mapEvents()
	faults = append(faults, p.chooseReaders()...)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return p, nil
}

func (p *Plan) findSupervisor(root string) error {
	path := p.Config.Supervisor
	switch path {
	case "none":
		return nil
	case "auto":
		taken, others, err := nagios.Find(root)
		if err != nil {
			return fmt.Errorf("supervisor: auto: %w", err)
		}
		path, p.Why = taken[0].Path, taken[0].Why
		for _, other := range append(taken[1:], others...) {
			p.Others = append(p.Others, other.Path)
		}
	default:
		p.Why = "option supervisor names it"
	}
	supervisor, err := nagios.Read(path)
	if err != nil {
		return p.Config.Fault("supervisor", err.Error())
	}
	p.Supervisor, p.latest, p.readAt = supervisor, supervisor, modTime(path)
	for _, w := range supervisor.Warnings {
		p.Notices = append(p.Notices, w.Error())
	}
	return nil
}

// mapEvents translates the mapping section, and lets eventmap check it.
func (p *Plan) mapEvents() (faults []error) {
	m := &p.Config.Mapping
	version, err := eventmap.ParseVersion(m.Canopsis)
	if err != nil {
		faults = append(faults, p.mappingFault(err))
		version = eventmap.Canopsis2410
	}
	hosts, err := eventmap.ParseHostStates(m.HostStates.Name, m.HostStates.Table)
	if err != nil {
		faults = append(faults, p.mappingFault(err))
	}
	services, err := eventmap.ParseServiceStates(m.ServiceStates.Name, m.ServiceStates.Table)
	if err != nil {
		faults = append(faults, p.mappingFault(err))
	}
	p.mapping = eventmap.Options{
		Connector: p.Connector, ConnectorName: p.ConnectorName, Canopsis: version,
		HostStates: hosts, ServiceStates: services, SoftStates: m.SoftStates,
		Events: eventmap.EventTypes{
			Check: m.Events.Check, Ack: m.Events.Ack, AckRemove: m.Events.AckRemove, Comment: m.Events.Comment,
			Downtime: m.Events.Downtime, DowntimeComment: m.Events.DowntimeComment, Flapping: m.Events.Flapping,
		},
		Include: rules(m.Include), Exclude: rules(m.Exclude), Extra: m.Extra, Tags: m.Tags,
		Component: m.Component, Resource: m.Resource, Charset: m.Charset,
		MaxOutput: int(m.MaxOutput), MaxLongOutput: int(m.MaxLongOutput), MaxPerfdata: int(m.MaxPerfdata),
	}
	if _, err := eventmap.New(p.mapping); err != nil {
		for _, fault := range option.Split(err) {
			faults = append(faults, p.mappingFault(fault))
		}
	}
	return faults
}

// mappingFault adds the file and line of the option to a fault that eventmap
// found.
func (p *Plan) mappingFault(err error) error {
	f, ok := option.Of(err)
	if !ok {
		return p.Config.Fault("mapping", err.Error())
	}
	key := "mapping." + f.Name
	if f.Name == "connector" || f.Name == "connector_name" {
		key = f.Name
	}
	return p.Config.Fault(key, f.Err.Error())
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
