package brokermodule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// omd writes the merged configuration of a site.
func omd(t *testing.T, text string) *nagios.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "omd/sites/paris/tmp/naemon/naemon.cfg")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Dir(path), "naemon.cfg", text, testTime)
	return read(t, path)
}

// A line in the merged file would be lost at the next start of the site.
func TestTheMergedFileOfAnOMDSiteStaysAsItIs(t *testing.T) {
	cfg := omd(t, "event_broker_options=-1\n")
	root := strings.TrimSuffix(cfg.Path, "/tmp/naemon/naemon.cfg")
	for _, part := range []string{
		cfg.Path + " is made anew", "Nothing was changed", "install -d -m 2770 " + root + "/var/nagios2canopsis/neb\n",
		root + "/etc/naemon/naemon.d/nagios2canopsis.cfg",
		"  broker_module=" + modulePath + " spool=" + root + "/var/nagios2canopsis/neb\n",
		"  event_broker_options=-1\n", "omd restart naemon", "user paris",
	} {
		if e, err := Enable(cfg, modulePath, ""); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing: %v, %v", part, e, err)
		}
	}
	if _, err := Enable(cfg, modulePath, "/srv/neb"); err == nil ||
		!strings.Contains(err.Error(), " spool=/srv/neb\n") {
		t.Errorf("with a spool: %v", err)
	}
	if e, err := Disable(cfg); err != nil || !e.Empty() {
		t.Errorf("disabled already: %v, %v", e, err)
	}

	cfg = omd(t, "event_broker_options=-1\n"+ourLine+"\n")
	if e, err := Enable(cfg, modulePath, ""); err != nil || !e.Empty() {
		t.Errorf("enabled already: %v, %v", e, err)
	}
	if _, err := Disable(cfg); err == nil || !strings.Contains(err.Error(), "/etc/naemon/naemon.d") {
		t.Errorf("disable: %v", err)
	}
}

func TestOMDSiteOf(t *testing.T) {
	for config, want := range map[string]omdSite{
		"/omd/sites/paris/tmp/naemon/naemon.cfg":    {"paris", "/omd/sites/paris", "naemon"},
		"/opt/omd/sites/lyon/etc/nagios/nagios.cfg": {"lyon", "/opt/omd/sites/lyon", "nagios"},
		"/etc/nagios4/nagios.cfg":                   {},
		"/srv/sites/x/etc/nagios/nagios.cfg":        {},
	} {
		if got, found := omdSiteOf(config); got != want || found != (want != omdSite{}) {
			t.Errorf("%s: %+v", config, got)
		}
	}
}
