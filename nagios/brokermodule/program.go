package brokermodule

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// Binary returns the path of the supervisor's program: the one that runs with the
// configuration, else the one that is installed with it. A program of another
// installation may be of another version, and accept what the right one refuses.
func Binary(cfg *nagios.Config) (string, error) {
	if p, found := running(procDir, cfg.Path); found && isProgram(p.binary) {
		return p.binary, nil
	}
	places := programsOf(cfg.Path)
	for _, path := range places {
		if isProgram(path) {
			return path, nil
		}
	}
	text := "the program of the supervisor with " + cfg.Path + " is unknown: it is not seen to run"
	if len(places) > 0 {
		text += ", and none of " + strings.Join(places, ", ") + " exists"
	}
	return "", errors.New(text + " (name it with --binary)")
}

// programsOf lists where the program is that is installed with a configuration:
// PREFIX/bin/nagios for PREFIX/etc/nagios.cfg, /usr/sbin/nagios4 for
// /etc/nagios4/nagios.cfg, SITE/bin/naemon in an OMD site. Of a configuration that
// is in no directory etc it is unknown.
func programsOf(config string) (places []string) {
	if site, found := omdSiteOf(config); found {
		return []string{filepath.Join(site.root, "bin", site.core)}
	}
	dir, names := filepath.Dir(config), []string{strings.TrimSuffix(filepath.Base(config), ".cfg")}
	if own := filepath.Base(dir); own != "etc" { // such as nagios4
		if strings.HasPrefix(own, names[0]) {
			names = nil
		}
		dir, names = filepath.Dir(dir), append([]string{own}, names...)
	}
	if filepath.Base(dir) != "etc" {
		return nil
	}
	prefix := filepath.Dir(dir)
	if prefix == "/" {
		prefix = "/usr"
	}
	for _, name := range names {
		places = append(places, filepath.Join(prefix, "sbin", name), filepath.Join(prefix, "bin", name))
	}
	return places
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
