package nagios

import (
	"path/filepath"
	"slices"
)

// icinga2Places lists where the main configuration of Icinga 2 is.
func icinga2Places() []string {
	return []string{"/etc/icinga2/icinga2.conf", "/usr/local/etc/icinga2/icinga2.conf"}
}

// HowToReadIcinga2 returns what to do where a path is the main configuration of
// Icinga 2, which names no files that could be read; empty for another path. The
// paths are the defaults of its features, of which StatusDataWriter was removed in
// 2.14 and CompatLogger in 2.18.
func HowToReadIcinga2(path string) string {
	if filepath.Base(path) != "icinga2.conf" {
		return ""
	}
	return path + " is of Icinga 2, whose files must be named: switch on its features perfdata, compatlog " +
		"(up to 2.17) and statusdata (up to 2.13), set option supervisor to none, readers.perfdata.spool.path to " +
		"/var/spool/icinga2/perfdata, readers.log.path to /var/log/icinga2/compat/icinga.log, " +
		"readers.status.path to /var/cache/icinga2/status.dat and readers.objects.path to " +
		"/var/cache/icinga2/objects.cache"
}

// hintAtIcinga2 returns what to do where only Icinga 2 is installed.
func hintAtIcinga2(root string) string {
	places := icinga2Places()
	if i := slices.IndexFunc(places, func(path string) bool { return exists(root, path) }); i >= 0 {
		return "; " + HowToReadIcinga2(places[i])
	}
	return ""
}
