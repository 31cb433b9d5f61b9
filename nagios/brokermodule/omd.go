package brokermodule

import (
	"fmt"
	"path/filepath"
	"regexp"
)

// omdSite is a site of OMD. Its start script merges the files of etc/CORE/CORE.d
// and etc/CORE/CORE.cfg into tmp/CORE/CORE.cfg, anew at each start and reload
// (OMD's packages/naemon/skel/etc/init.d/naemon; the other cores are alike).
type omdSite struct {
	name, root, core string
}

var omdConfig = regexp.MustCompile(`^(/.*/sites/([^/]+))/(?:tmp|etc)/([^/]+)/[^/]+\.cfg$`)

// omdSiteOf returns the site of a configuration. OMD's sites are below /omd, which
// is a link to /opt/omd.
func omdSiteOf(config string) (omdSite, bool) {
	m := omdConfig.FindStringSubmatch(config)
	if m == nil || filepath.Base(filepath.Dir(filepath.Dir(m[1]))) != "omd" {
		return omdSite{}, false
	}
	return omdSite{root: m[1], name: m[2], core: m[3]}, true
}

// fragment is the file of the site that is to have the module's lines.
func (s omdSite) fragment() string {
	return filepath.Join(s.root, "etc", s.core, s.core+".d", "nagios2canopsis.cfg")
}

// spool is a directory that belongs to the site.
func (s omdSite) spool() string { return filepath.Join(s.root, "var/nagios2canopsis/neb") }

// errEnable describes how an administrator of the site enables the module.
func (s omdSite) errEnable(config, modulePath, spool string) error {
	return fmt.Errorf("%s is made anew whenever the OMD site %s starts, so a change would be lost. "+
		"Nothing was changed. As user %s (omd su %s) create the spool directory:\n"+
		"  install -d -m 2770 %s\n"+
		"write to %s these two lines:\n"+
		"  broker_module=%s spool=%s\n"+
		"  event_broker_options=%s\n"+
		"and restart the core: omd restart %s",
		config, s.name, s.name, s.name, spool, s.fragment(), modulePath, spool, allEvents, s.core)
}

// errDisable describes how an administrator of the site disables the module.
func (s omdSite) errDisable(config string) error {
	return fmt.Errorf("%s is made anew whenever the OMD site %s starts, so a change would be lost. "+
		"Nothing was changed. Remove the module's broker_module line from the files in %s, as user %s, and "+
		"restart the core: omd restart %s",
		config, s.name, filepath.Dir(s.fragment()), s.name, s.core)
}
