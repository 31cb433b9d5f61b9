package brokermodule

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/account"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

func TestComplaints(t *testing.T) {
	for _, c := range []struct {
		output string
		want   []string
	}{
		{
			"Nagios Core\n\nReading configuration data...\n" +
				"Error in configuration file 'x' - Line 19 (UNKNOWN VARIABLE)\n" +
				"   Error processing main config file!\n\nTotal Errors:   0\n",
			[]string{
				"Error in configuration file 'x' - Line 19 (UNKNOWN VARIABLE)", "Error processing main config file!",
			},
		},
		{"1\n2\n3\n4\n5\n6\n", []string{"2", "3", "4", "5", "6"}},
		{"", nil},
	} {
		if got := complaints(c.output); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestProgramsOf(t *testing.T) {
	for config, want := range map[string][]string{
		"/etc/nagios4/nagios.cfg":                   {"/usr/sbin/nagios4", "/usr/bin/nagios4"},
		"/etc/nagios/nagios.cfg":                    {"/usr/sbin/nagios", "/usr/bin/nagios"},
		"/etc/nagios.cfg":                           {"/usr/sbin/nagios", "/usr/bin/nagios"},
		"/usr/local/nagios/etc/nagios.cfg":          {"/usr/local/nagios/sbin/nagios", "/usr/local/nagios/bin/nagios"},
		"/usr/local/etc/naemon/naemon.cfg":          {"/usr/local/sbin/naemon", "/usr/local/bin/naemon"},
		"/omd/sites/paris/tmp/naemon/naemon.cfg":    {"/omd/sites/paris/bin/naemon"},
		"/opt/omd/sites/lyon/etc/icinga/icinga.cfg": {"/opt/omd/sites/lyon/bin/icinga"},
		"/etc/centreon-engine/centengine.cfg": {
			"/usr/sbin/centreon-engine", "/usr/bin/centreon-engine", "/usr/sbin/centengine", "/usr/bin/centengine",
		},
		"/tmp/nagios.cfg":             nil,
		"/srv/nagios/conf/nagios.cfg": nil,
	} {
		if diff := cmp.Diff(want, programsOf(config)); diff != "" {
			t.Errorf("%s: %s", config, diff)
		}
	}
}

// A program elsewhere may be that of another supervisor.
func TestBinaryIsNotThatOfAnotherInstallation(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"one/etc", "two/etc", "one/bin"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "one/bin/nagios")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := Binary(&nagios.Config{Path: filepath.Join(dir, "one/etc/nagios.cfg")}); got != program {
		t.Errorf("%q, %v", got, err)
	}
	for _, config := range []string{filepath.Join(dir, "two/etc/nagios.cfg"), filepath.Join(dir, "nagios.cfg")} {
		if got, err := Binary(&nagios.Config{Path: config, Flavour: nagios.Nagios}); err == nil ||
			!strings.Contains(err.Error(), "--binary") || !strings.Contains(err.Error(), config) {
			t.Errorf("%s: %q, %v", config, got, err)
		}
	}
}

// unprivileged returns a user other than root: nobody, or the current one.
func unprivileged(t *testing.T) account.Account {
	t.Helper()
	name := strconv.Itoa(os.Geteuid())
	if name == "0" {
		name = "nobody"
	}
	user, err := account.Lookup(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// open returns a directory that every user can enter.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "nagios2canopsis-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestVerifyShowsWhatIsWrong(t *testing.T) {
	dir := open(t)
	program := filepath.Join(dir, "core")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"reading $2\"\necho 'Error: bad' >&2\nexit 1\n"),
		0o755); err != nil {
		t.Fatal(err)
	}
	core, as := unprivileged(t), ""
	if os.Geteuid() == 0 {
		as = " as user nobody"
	}
	err := Verify(t.Context(), program, "/x.cfg", core)
	if diff := cmp.Diff(program+" -v"+as+" refuses the new configuration (exit status 1):\n  Error: bad",
		err.Error()); diff != "" {
		t.Error(diff)
	}
	if err := Verify(t.Context(), filepath.Join(dir, "absent"), "/x.cfg", core); err == nil ||
		!strings.Contains(err.Error(), "--binary") {
		t.Errorf("no program: %v", err)
	}
	if err := Verify(t.Context(), "/bin/true", "/x.cfg", core); err != nil {
		t.Error(err)
	}
}

// naemonAsRoot is what Naemon does when it is started by root, even to verify
// (src/naemon/naemon.c).
const naemonAsRoot = `#!/bin/sh
if [ "$(id -u)" = 0 ]; then
    echo "ERROR: do not start naemon as root user."
    exit 1
fi
[ -r "$2" ] || { echo "Error: Cannot open main configuration file '$2'"; exit 1; }
`

func TestVerifyAsTheUserOfTheCore(t *testing.T) {
	dir := open(t)
	program, config := filepath.Join(dir, "naemon"), filepath.Join(dir, "naemon.cfg")
	for path, text := range map[string]string{program: naemonAsRoot, config: ""} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	core := unprivileged(t)
	if err := Verify(t.Context(), program, config, core); err != nil {
		t.Error(err)
	}
	// What the core could not read at its start must not get in place.
	if err := os.Chmod(config, 0); err != nil {
		t.Fatal(err)
	}
	if err := Verify(t.Context(), program, config, core); err == nil ||
		!strings.Contains(err.Error(), "Cannot open main configuration file") {
		t.Errorf("an unreadable configuration: %v", err)
	}
}
