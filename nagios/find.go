package nagios

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// aliveGap is by how much one supervisor's status file must be newer than
// another's, so that the other counts as out of use.
const aliveGap = 10 * time.Minute

// knownPlaces lists where main configurations are, outside of OMD sites.
func knownPlaces() []string {
	return []string{
		"/etc/nagios4/nagios.cfg",             // Debian, Ubuntu
		"/etc/nagios3/nagios.cfg",             // Debian up to 9
		"/etc/nagios/nagios.cfg",              // EPEL, SUSE, Alpine, Arch
		"/usr/local/nagios/etc/nagios.cfg",    // built from source; Nagios XI, Opsview
		"/usr/local/etc/nagios/nagios.cfg",    // FreeBSD
		"/opt/nagios/etc/nagios.cfg",          // containers
		"/etc/naemon/naemon.cfg",              // packages of the project
		"/usr/local/etc/naemon/naemon.cfg",    // built from source
		"/opt/naemon/etc/naemon/naemon.cfg",   // built from source
		"/opt/monitor/etc/naemon.cfg",         // op5 Monitor 7
		"/opt/monitor/etc/nagios.cfg",         // op5 Monitor up to 6
		"/etc/icinga/icinga.cfg",              // Debian up to 9, EPEL
		"/usr/local/icinga/etc/icinga.cfg",    // built from source
		"/etc/centreon-engine/centengine.cfg", // Centreon
		"/etc/shinken/shinken.cfg",            // Shinken 2
		"/etc/shinken/nagios.cfg",             // Shinken 1
		"/usr/local/shinken/etc/shinken.cfg",  // Shinken 2
		"/usr/local/shinken/etc/nagios.cfg",   // Shinken 1
	}
}

// omdCores are the cores that an OMD site may run.
func omdCores() []string { return []string{"naemon", "nagios", "icinga", "shinken"} }

// Found is a supervisor that Find found.
type Found struct {
	Path    string // of its main configuration
	Flavour Flavour
	Running bool
	// Why is one phrase, fit for a log line: why the supervisor was taken, or
	// was not.
	Why string
}

// Find looks for the supervisors of a machine whose file system is at root
// ("/"). Each configuration is returned once, whatever links lead to it; both
// lists are sorted by path.
//
// If daemons run, all that run are taken, and the configurations that are only
// installed are the others. If none runs, the only configuration is taken, or of
// several the one whose status file is clearly the freshest. If that decides
// nothing, the error lists the candidates; if nothing was found, the places that
// were searched.
//
// A daemon whose configuration is not in this file system, because it runs in a
// container or a chroot, is not found.
func Find(root string) (taken, others []Found, err error) {
	searched, installed := places(root)
	running := runningSupervisors(root)
	if len(running) > 0 {
		taken, others = takeRunning(root, running, installed)
		return taken, others, nil
	}
	switch len(installed) {
	case 0:
		return nil, nil, fmt.Errorf("no supervisor found: none runs, and none of these files exists: %s "+
			"(set option supervisor to the path of its main configuration)%s",
			strings.Join(searched, ", "), hintAtIcinga2(root))
	case 1:
		return []Found{{
			Path: installed[0], Flavour: flavourOf(root, installed[0]),
			Why: "it is the only configuration on this machine; no daemon is seen to run with it",
		}}, nil, nil
	}
	return takeFreshest(root, installed)
}

// runningSupervisors returns the first process of each configuration that runs
// and exists.
func runningSupervisors(root string) []Process {
	var found []Process
	for _, p := range Processes(filepath.Join(root, "/proc")) {
		known := func(other Process) bool { return sameFile(root, other.Config, p.Config) }
		if strings.HasSuffix(p.Config, ".cfg") && exists(root, p.Config) && !slices.ContainsFunc(found, known) {
			found = append(found, p)
		}
	}
	return found
}

func takeRunning(root string, running []Process, installed []string) (taken, others []Found) {
	for _, p := range running {
		taken = append(taken, Found{
			Path: p.Config, Flavour: flavourOf(root, p.Config), Running: true,
			Why: fmt.Sprintf("%s runs with it (process %d)", filepath.Base(p.Program), p.PID),
		})
	}
	for _, path := range installed {
		runs := func(f Found) bool { return sameFile(root, path, f.Path) }
		if !slices.ContainsFunc(taken, runs) {
			others = append(others, Found{
				Path: path, Flavour: flavourOf(root, path), Why: "it is installed; no daemon is seen to run with it",
			})
		}
	}
	sortByPath(taken)
	sortByPath(others)
	return taken, others
}

func takeFreshest(root string, installed []string) (taken, others []Found, err error) {
	type candidate struct {
		path    string
		written time.Time
	}
	var candidates []candidate
	for _, path := range installed {
		candidates = append(candidates, candidate{path, statusWritten(root, path)})
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return b.written.Compare(a.written) })
	first, second := candidates[0], candidates[1]
	if first.written.IsZero() || first.written.Sub(second.written) < aliveGap {
		return nil, nil, fmt.Errorf("several supervisors are installed, none runs, and their status files do not show "+
			"which one is in use: %s (set option supervisor to one of them)", strings.Join(installed, ", "))
	}
	taken = []Found{{
		Path: first.path, Flavour: flavourOf(root, first.path),
		Why: "its status file is the freshest, of " + first.written.UTC().Format(time.RFC3339),
	}}
	for _, other := range candidates[1:] {
		others = append(others, Found{
			Path: other.path, Flavour: flavourOf(root, other.path), Why: "its status file is older, or missing",
		})
	}
	sortByPath(others)
	return taken, others, nil
}

func sortByPath(found []Found) {
	slices.SortFunc(found, func(a, b Found) int { return strings.Compare(a.Path, b.Path) })
}

// flavourOf returns the flavour of a configuration. If that can't be read, its
// path shows the flavour.
func flavourOf(root, path string) Flavour {
	l := newLoader(root, path)
	if err := l.readMain(path); err != nil {
		l.cfg = defaults(path)
	}
	flavour, _ := l.identify()
	return flavour
}

// statusWritten returns when a supervisor last wrote its status file, zero if
// that is unknown.
func statusWritten(root, path string) time.Time {
	cfg, err := readBelow(root, path)
	if err != nil || cfg.StatusFile == "" {
		return time.Time{}
	}
	info, err := os.Stat(filepath.Join(root, cfg.StatusFile))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// places returns all places that are searched, and the configurations that are
// there, each once. One that exists and can't be read counts.
func places(root string) (searched, installed []string) {
	known := func(path string) bool {
		return slices.ContainsFunc(installed, func(p string) bool { return sameFile(root, p, path) })
	}
	for _, path := range knownPlaces() {
		searched = append(searched, path)
		if exists(root, path) && !known(path) {
			installed = append(installed, path)
		}
	}
	searched = append(searched, "/omd/sites/*/{tmp,etc}/CORE/CORE.cfg")
	sites, err := filepath.Glob(filepath.Join(root, "/omd/sites/*"))
	if err != nil {
		return searched, installed // the pattern is sound, so this does not happen
	}
	for _, site := range sites {
		below, err := filepath.Rel(root, site)
		if err != nil {
			continue
		}
		if path, found := omdConfig(root, "/"+below); found && !known(path) {
			installed = append(installed, path)
		}
	}
	return searched, installed
}

// omdConfig finds the main configuration of an OMD site. A site has the
// configuration of every core; etc/omd/site.conf names the one in use. The core
// reads a merged file below tmp, which is written when the site starts.
func omdConfig(root, site string) (string, bool) {
	cores := omdCores()
	if text, err := readConfigFile(filepath.Join(root, site, "etc/omd/site.conf")); err == nil {
		for _, line := range logicalLines(text) {
			if core, found := strings.CutPrefix(line, "CONFIG_CORE="); found {
				cores = []string{strings.Trim(core, `'"`)}
			}
		}
	}
	for _, dir := range []string{"tmp", "etc"} {
		for _, core := range cores {
			path := filepath.Join(site, dir, core, core+".cfg")
			if exists(root, path) {
				return path, true
			}
		}
	}
	return "", false
}

func exists(root, path string) bool {
	_, err := os.Stat(filepath.Join(root, path))
	return err == nil || errors.Is(err, fs.ErrPermission)
}

func sameFile(root, a, b string) bool {
	infoA, errA := os.Stat(filepath.Join(root, a))
	infoB, errB := os.Stat(filepath.Join(root, b))
	return a == b || errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
