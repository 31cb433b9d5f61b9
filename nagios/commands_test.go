package nagios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommandLines(t *testing.T) {
	root := tree(t, map[string]string{
		"/etc/nagios/nagios.cfg": "cfg_file=objects/commands.cfg\ncfg_dir=/etc/nagios/conf.d\n" +
			"resource_file=resource.cfg\nhost_perfdata_file_processing_command=move-host!spool!2\n" +
			"service_perfdata_file_processing_command=move-service\n",
		"/etc/nagios/other.cfg": "cfg_file=objects/commands.cfg\ncfg_dir=/etc/nagios/conf.d\n" +
			"resource_file=resource.cfg\nhost_perfdata_file_processing_command=deep\n" +
			"service_perfdata_file_processing_command=nowhere\n",
		"/etc/nagios/objects/commands.cfg": "define command{\n\tcommand_name   move-host ; comment\n" +
			"\tcommand_line\t/bin/mv $HOSTPERFDATAFILE$ $USER1$/$ARG1$/$ARG2$\\;$TIMET$ ; comment\n}\n" +
			"define host {\n\tcommand_name move-service\n\tcommand_line /bin/false\n}\n",
		"/etc/nagios/conf.d/b.cfg": "# define command {\ndefine\tcommand {\r\n" +
			"  command_line /bin/mv a \\\r\n    b\r\n  command_name move-service\r\n  }\r\n",
		"/etc/nagios/conf.d/sub/c.cfg":      "define command {\ncommand_name deep\ncommand_line $USER3$\n}",
		"/etc/nagios/conf.d/sub/.hid.cfg":   "define command {\ncommand_name nowhere\ncommand_line x\n}",
		"/etc/nagios/conf.d/sub/c.cfg.orig": "define command {\ncommand_name nowhere\ncommand_line x\n}",
		"/etc/nagios/resource.cfg":          "# $USER1$=wrong\n$USER1$=/var/spool/x=y\n$USER2$=/unused\n",
	})
	// A circular link must not be followed for ever.
	if err := os.Symlink(".", filepath.Join(root, "/etc/nagios/conf.d/loop")); err != nil {
		t.Fatal(err)
	}
	cfg, other := mustRead(t, root, "/etc/nagios/nagios.cfg"), mustRead(t, root, "/etc/nagios/other.cfg")
	got := []Command{
		cfg.HostPerfdata.ProcessingCommand, cfg.ServicePerfdata.ProcessingCommand,
		other.HostPerfdata.ProcessingCommand, other.ServicePerfdata.ProcessingCommand,
	}
	want := []Command{
		{"move-host!spool!2", "/bin/mv $HOSTPERFDATAFILE$ /var/spool/x=y/spool/2;$TIMET$"},
		{"move-service", "/bin/mv a b"},
		{"deep", "$USER3$"},
		{"nowhere", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	wantWarnings := []string{
		"option service_perfdata_file_processing_command (from /etc/nagios/other.cfg:5): " +
			`no file that could be read defines the command "nowhere"`,
	}
	if diff := cmp.Diff(wantWarnings, append(messages(cfg.Warnings), messages(other.Warnings)...)); diff != "" {
		t.Error(diff)
	}
}

func TestCommandLinesOfFilesThatCannotBeRead(t *testing.T) {
	root := tree(t, map[string]string{
		"/n.cfg": "cfg_file=gone.cfg\ncfg_dir=gone.d\ncfg_file=here.cfg\nresource_file=gone.resources\n" +
			"host_perfdata_file_processing_command=c\n",
		"/here.cfg": "define command {\ncommand_name c\ncommand_line $USER1$/x\n}",
	})
	cfg := mustRead(t, root, "/n.cfg")
	if got := cfg.HostPerfdata.ProcessingCommand.Line; got != "$USER1$/x" {
		t.Errorf("got %q", got)
	}
	if got := strings.Join(messages(cfg.Warnings), "\n"); !strings.Contains(got, "/gone.cfg") ||
		!strings.Contains(got, "/gone.resources") {
		t.Errorf("warnings are %q", got)
	}
}
