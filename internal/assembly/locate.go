package assembly

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// place is where a site's supervisor is.
type place struct {
	config config.SiteSection
	found  nagios.Found // Path is empty for a site without a supervisor
	// among is true for one of several sites that one section amounts to.
	among bool
	// lost: the supervisor was not found. The rest of the section is checked all
	// the same.
	lost bool

	supervisor *nagios.Config
	readAt     time.Time // the age of the file that supervisor was read from
	unreadable error     // why supervisor is nil although it was found
}

// read reads the supervisor's configuration.
func (at *place) read() {
	if at.found.Path != "" {
		at.readAt = modTime(at.found.Path)
		at.supervisor, at.unreadable = nagios.Read(at.found.Path)
	}
}

// locate finds the supervisors of all sites. The short form with 'auto' is a
// site for each supervisor that runs; known are those of an earlier plan.
func (p *Plan) locate(known []nagios.Found) (places []place, faults []error) {
	sections := p.Config.EachSite()
	for _, section := range sections {
		switch section.Supervisor {
		case "none", "":
			places = append(places, place{config: section})
			continue
		case "auto":
		default:
			found := nagios.Found{Path: section.Supervisor, Why: "option supervisor names it"}
			places = append(places, place{config: section, found: found})
			continue
		}
		taken, others, err := nagios.Find(p.root)
		if err != nil && len(known) == 0 {
			faults = append(faults, section.Fault("supervisor", "auto: "+err.Error()))
			places = append(places, place{config: section, lost: true})
			continue
		}
		if section.Name == "" {
			p.mayGrow = true
			taken = union(known, taken)
			p.leaveAlone(taken, others)
		} else if taken, err = p.only(taken, section); err != nil {
			faults = append(faults, err)
			places = append(places, place{config: section, lost: true})
			continue
		}
		for _, found := range taken {
			places = append(places, place{config: section, found: found, among: len(taken) > 1})
		}
	}
	return places, faults
}

// union adds what is not yet in a list, by path.
func union(list, more []nagios.Found) []nagios.Found {
	all := slices.Clone(list)
	for _, f := range more {
		if !slices.ContainsFunc(all, func(o nagios.Found) bool { return o.Path == f.Path }) {
			all = append(all, f)
		}
	}
	return all
}

// leaveAlone notes the supervisors that are installed and not taken.
func (p *Plan) leaveAlone(taken, others []nagios.Found) {
	for _, o := range others {
		if !slices.ContainsFunc(taken, func(t nagios.Found) bool { return t.Path == o.Path }) {
			p.Others = append(p.Others, o.Path)
		}
	}
}

// only returns the one supervisor of a named site that is 'auto': the only one
// that no other site names.
func (p *Plan) only(taken []nagios.Found, section config.SiteSection) ([]nagios.Found, error) {
	free := slices.DeleteFunc(slices.Clone(taken), func(f nagios.Found) bool {
		return slices.ContainsFunc(p.Config.Sites, func(s config.Site) bool {
			return real(s.Supervisor) == real(f.Path)
		})
	})
	if len(free) == 1 {
		return free, nil
	}
	var paths []string
	for _, f := range free {
		paths = append(paths, f.Path)
	}
	if len(paths) == 0 {
		return nil, section.Fault("supervisor", "auto: every supervisor that was found belongs to another site")
	}
	return nil, section.Fault("supervisor",
		fmt.Sprintf("auto: several supervisors were found: write one of %s", strings.Join(paths, ", ")))
}
