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
// another's for the other to be taken for dead.
const aliveGap = 10 * time.Minute

// knownPlaces lists where main configurations are, outside of OMD sites.
func knownPlaces() []string {
	return []string{
		"/etc/nagios4/nagios.cfg",            // Debian, Ubuntu
		"/etc/nagios3/nagios.cfg",            // Debian up to 9
		"/etc/nagios/nagios.cfg",             // EPEL, SUSE, Alpine, Arch
		"/usr/local/nagios/etc/nagios.cfg",   // built from source; Nagios XI, Opsview
		"/usr/local/etc/nagios/nagios.cfg",   // FreeBSD
		"/opt/nagios/etc/nagios.cfg",         // containers
		"/etc/naemon/naemon.cfg",             // packages of the project
		"/usr/local/etc/naemon/naemon.cfg",   // built from source
		"/opt/naemon/etc/naemon/naemon.cfg",  // built from source
		"/opt/monitor/etc/naemon.cfg",        // op5 Monitor 7
		"/opt/monitor/etc/nagios.cfg",        // op5 Monitor up to 6
		"/etc/icinga/icinga.cfg",             // Debian up to 9, EPEL
		"/usr/local/icinga/etc/icinga.cfg",   // built from source
		"/etc/shinken/shinken.cfg",           // Shinken 2
		"/etc/shinken/nagios.cfg",            // Shinken 1
		"/usr/local/shinken/etc/shinken.cfg", // Shinken 2
		"/usr/local/shinken/etc/nagios.cfg",  // Shinken 1
	}
}

// omdCores are the cores that an OMD site may run.
func omdCores() []string { return []string{"naemon", "nagios", "icinga", "shinken"} }

// Found is the supervisor that Find took.
type Found struct {
	Path string // of its main configuration
	// Why is one phrase, fit for a log line.
	Why string
	// Others are the configurations that were there too.
	Others []string
}

// Find looks for the main configuration of the one supervisor of a machine
// whose file system is at root ("/"). A daemon that runs with a configuration
// wins; else the only configuration that is there is taken, or the one whose
// status file is clearly the freshest. The error of a vain search lists the
// places that were tried, that of an undecided one the candidates.
func Find(root string) (Found, error) {
	tried, present := places(root)
	running := runningSupervisors(root)
	if len(running) > 0 {
		return chooseRunning(root, running, present)
	}
	switch len(present) {
	case 0:
		return Found{}, fmt.Errorf("no supervisor found: none runs, and there is none of %s (set option supervisor to the path of its main configuration)",
			strings.Join(tried, ", "))
	case 1:
		return Found{Path: present[0], Why: "it is the only configuration on this machine; no daemon is seen to run with it"}, nil
	}
	return chooseFreshest(root, present)
}

func chooseRunning(root string, running []process, present []string) (Found, error) {
	paths := make([]string, len(running))
	for i, p := range running {
		paths[i] = p.config
	}
	if len(running) > 1 {
		return Found{}, errUndecided("several supervisors run", paths)
	}
	taken := Found{
		Path: running[0].config,
		Why:  fmt.Sprintf("%s runs with it (process %d)", running[0].name, running[0].pid),
	}
	for _, path := range present {
		if !sameFile(root, path, taken.Path) {
			taken.Others = append(taken.Others, path)
		}
	}
	return taken, nil
}

func chooseFreshest(root string, present []string) (Found, error) {
	type candidate struct {
		path    string
		written time.Time
	}
	var candidates []candidate
	for _, path := range present {
		candidates = append(candidates, candidate{path, statusWritten(root, path)})
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return b.written.Compare(a.written) })
	first, second := candidates[0], candidates[1]
	if first.written.IsZero() || first.written.Sub(second.written) < aliveGap {
		return Found{}, errUndecided("several supervisors are installed, and none can be told to be the one in use", present)
	}
	found := Found{Path: first.path, Why: "its status file is the freshest, of " + first.written.UTC().Format(time.RFC3339)}
	for _, other := range candidates[1:] {
		found.Others = append(found.Others, other.path)
	}
	return found, nil
}

func errUndecided(why string, candidates []string) error {
	return fmt.Errorf("%s: %s (set option supervisor to one of them)", why, strings.Join(candidates, ", "))
}

// statusWritten tells when a supervisor last wrote its status file; zero if
// that can't be told.
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

// places gives all places that are tried, and the configurations that are
// there, each once. One that is there and hidden from us counts as there.
func places(root string) (tried, present []string) {
	for _, path := range knownPlaces() {
		tried = append(tried, path)
		if exists(root, path) && !slices.ContainsFunc(present, func(p string) bool { return sameFile(root, p, path) }) {
			present = append(present, path)
		}
	}
	tried = append(tried, "/omd/sites/*/{tmp,etc}/CORE/CORE.cfg")
	sites, err := filepath.Glob(filepath.Join(root, "/omd/sites/*"))
	if err != nil {
		return tried, present // the pattern is sound, so this does not happen
	}
	for _, site := range sites {
		below, err := filepath.Rel(root, site)
		if err != nil {
			continue
		}
		if path, found := omdConfig(root, "/"+below); found {
			present = append(present, path)
		}
	}
	return tried, present
}

// omdConfig finds the main configuration of an OMD site. A site has the
// configuration of every core; etc/omd/site.conf names the one in use. What the
// core reads is merged below tmp when the site starts.
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
