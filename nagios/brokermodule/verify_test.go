package brokermodule

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestUsualPrograms(t *testing.T) {
	for _, c := range []struct {
		path    string
		flavour nagios.Flavour
		want    string
	}{
		{"/etc/nagios3/nagios.cfg", nagios.Nagios, "/usr/sbin/nagios3"},
		{"/usr/local/nagios/etc/nagios.cfg", nagios.Nagios, "/usr/sbin/nagios"},
		{"/etc/nagios.cfg", nagios.Nagios, "/usr/sbin/nagios4"},
		{"/etc/naemon/naemon.cfg", nagios.Naemon, "/usr/sbin/naemon"},
		{"/etc/icinga/icinga.cfg", nagios.Icinga, "/usr/sbin/icinga"},
	} {
		if got := usualPrograms(&nagios.Config{Path: c.path, Flavour: c.flavour}); got[0] != c.want {
			t.Errorf("%s: %q, want %s first", c.path, got, c.want)
		}
	}
}

func TestVerifyShowsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "core")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"reading $2\"\necho 'Error: bad' >&2\nexit 1\n"),
		0o755); err != nil {
		t.Fatal(err)
	}
	err := Verify(t.Context(), program, "/x.cfg")
	if diff := cmp.Diff(program+" -v refuses the new configuration (exit status 1):\n  Error: bad",
		err.Error()); diff != "" {
		t.Error(diff)
	}
	if err := Verify(t.Context(), filepath.Join(dir, "absent"), "/x.cfg"); err == nil ||
		!strings.Contains(err.Error(), "--binary") {
		t.Errorf("no program: %v", err)
	}
	if err := Verify(t.Context(), "/bin/true", "/x.cfg"); err != nil {
		t.Error(err)
	}
}
