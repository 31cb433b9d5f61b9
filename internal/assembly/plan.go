package assembly

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// Plan is what would be read, and where it would be sent.
type Plan struct {
	Config  *config.Loaded
	Sites   []*Site
	Targets []Target
	// Others are the configurations of other supervisors on this machine.
	Others []string
	// Troubles are about supervisors that were found and can't be read now, beside
	// others that can.
	Troubles []error

	root    string // of the file system
	looked  time.Time
	mayGrow bool    // supervisors that begin to run are taken as well
	leftOut []place // the supervisors of Troubles
}

// Resolve makes the plan of a configuration. root is the root of the file
// system, "/" but for tests. The error joins all faults: those of the file and
// those of its meaning.
func Resolve(l *config.Loaded, root string) (*Plan, error) { return resolve(l, root, nil) }

// Again makes the plan of the same configuration as things are now. A
// supervisor that was found before stays, whether it runs at this moment or not.
func (p *Plan) Again() (*Plan, error) {
	var known []nagios.Found
	for _, s := range p.Sites {
		if s.found.Path != "" {
			known = append(known, s.found)
		}
	}
	return resolve(p.Config, p.root, known)
}

func resolve(l *config.Loaded, root string, known []nagios.Found) (*Plan, error) {
	p := &Plan{Config: l, root: root, looked: time.Now()}
	faults := slices.Clone(l.Faults)
	places, more := p.locate(known)
	faults = append(faults, more...)
	for i := range places {
		places[i].read()
	}
	sites, more := p.newSites(p.readable(places))
	faults = append(faults, more...)
	p.Sites = sites
	for _, section := range l.EachTarget() {
		if !section.Enabled() {
			continue
		}
		target, more := newTarget(section)
		faults = append(faults, more...)
		p.Targets = append(p.Targets, target)
	}
	faults = append(faults, p.collisions()...)
	p.noteTwins()
	if err := config.Join(faults...); err != nil {
		return nil, err
	}
	return p, nil
}

// readable leaves out the supervisors that were found beside others and whose
// configuration can't be read: one of them must not keep the others from work.
func (p *Plan) readable(places []place) (rest []place) {
	for _, at := range places {
		if at.among && at.unreadable != nil {
			p.leaveOut(at, at.unreadable.Error())
			continue
		}
		rest = append(rest, at)
	}
	if len(rest) == 0 {
		p.Troubles, p.leftOut = nil, nil // newSite reports them as faults
		return places
	}
	return rest
}

// newSites decides everything about the sites. A supervisor of which nothing can
// be read is left out if it was found beside others.
func (p *Plan) newSites(places []place) (sites []*Site, faults []error) {
	for _, at := range places {
		site, more := newSite(at)
		if at.among && site.nothing != "" {
			p.leaveOut(at, site.nothing)
			continue
		}
		faults = append(faults, more...)
		sites = append(sites, site)
	}
	if len(sites) == 0 {
		faults = append(faults, p.Troubles...)
	}
	return sites, faults
}

func (p *Plan) leaveOut(at place, why string) {
	p.Troubles = append(p.Troubles, at.config.Fault("supervisor", "left out: "+why))
	p.leftOut = append(p.leftOut, at)
}

// noteTwins notes sites that send under the same name: in Canopsis nobody can
// know which of them an event is from.
func (p *Plan) noteTwins() {
	first := map[string]*Site{}
	for _, s := range p.Sites {
		identity := s.Connector + "/" + s.ConnectorName
		if other := first[identity]; other != nil {
			s.Notices = append(s.Notices, fmt.Sprintf("connector %s, connector_name %s are those of the site %s too: "+
				"list the sites in the configuration (sites), each with a name",
				s.Connector, s.ConnectorName, other.Name))
			continue
		}
		first[identity] = s
	}
}

// collisions finds what two sites can't share: a supervisor, and the spool
// directory of a broker module, whose files are deleted once they are read.
func (p *Plan) collisions() (faults []error) {
	supervisors, spools := map[string]*Site{}, map[string]*Site{}
	for _, s := range p.Sites {
		if path := s.supervisorPath(); path != "" {
			if other := taken(supervisors, path, s); other != nil {
				faults = append(faults, s.config.Fault("supervisor",
					fmt.Sprintf("the supervisor %s belongs to the site %s already", path, other.Name)))
			}
		}
		if spool := s.module.spool; spool != "" {
			if other := taken(spools, spool, s); other != nil {
				faults = append(faults, s.config.Fault("readers.module.path",
					fmt.Sprintf("the module's spool %s (from %s) belongs to the site %s already: set a spool of its "+
						"own in that broker_module line, such as spool=%s-2, and restart the supervisor",
						spool, s.module.from, other.Name, spool)))
			}
		}
	}
	return faults
}

// taken returns the site that has a path already; if there is none, it is this
// one from now on.
func taken(sites map[string]*Site, path string, s *Site) *Site {
	path = real(path)
	other := sites[path]
	if other == nil {
		sites[path] = s
	}
	return other
}

// real returns a path without the links on its way; as it is where that can't be
// known.
func real(path string) string {
	if followed, err := filepath.EvalSymlinks(path); err == nil {
		return followed
	}
	return filepath.Clean(path)
}

// Routes returns the routes that the targets serve.
func (p *Plan) Routes() []outbox.Route {
	served := map[outbox.Route]bool{}
	for _, t := range p.Targets {
		for _, r := range t.Routes {
			served[r] = true
		}
	}
	return slices.Sorted(maps.Keys(served))
}

// Serves reports whether a target takes a route.
func (p *Plan) Serves(r outbox.Route) bool { return slices.Contains(p.Routes(), r) }

// findEvery is the time between two looks for further supervisors.
const findEvery = time.Minute

// Outdated reports whether Again would make another plan: a broker module has
// begun to write or has fallen silent, or a further supervisor runs. One
// goroutine may ask.
func (p *Plan) Outdated(now time.Time) bool {
	for _, s := range p.Sites {
		if s.outdated(now) {
			return true
		}
	}
	if !p.mayGrow || now.Sub(p.looked) < findEvery {
		return false
	}
	p.looked = now
	taken, _, err := nagios.Find(p.root)
	return err == nil &&
		slices.ContainsFunc(taken, func(f nagios.Found) bool { return f.Running && p.wouldTake(f.Path) })
}

// wouldTake reports whether a supervisor would be a further site: it is none
// yet, and the configuration of one that was left out can be read by now, or has
// changed.
func (p *Plan) wouldTake(path string) bool {
	for _, at := range p.leftOut {
		if at.found.Path != path {
			continue
		}
		if at.unreadable == nil {
			return !modTime(path).Equal(at.readAt)
		}
		_, err := nagios.Read(path)
		return err == nil
	}
	return !slices.ContainsFunc(p.Sites, func(s *Site) bool { return s.supervisorPath() == path })
}
