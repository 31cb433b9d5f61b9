package nagios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
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
	// What was not read does not matter: the command was found.
	if got := strings.Join(messages(cfg.Warnings), "\n"); strings.Contains(got, "/gone.cfg") ||
		!strings.Contains(got, "/gone.resources") {
		t.Errorf("warnings are %q", got)
	}
}

// TestIncludesOfObjectFiles follows include_file and include_dir of object files,
// once each.
func TestIncludesOfObjectFiles(t *testing.T) {
	root := tree(t, map[string]string{
		"/n/nagios.cfg": "cfg_file=objects.cfg\nhost_perfdata_file_processing_command=a\n" +
			"service_perfdata_file_processing_command=b\n",
		"/n/objects.cfg": "include_file=/n/sub/one.cfg ; commands\ninclude_dir=more\n" +
			"define command{\ninclude_file=/n/wrong.cfg\n}\n",
		"/n/sub/one.cfg":   "include_file=/n/objects.cfg\ndefine command {\ncommand_name a\ncommand_line /bin/a\n}\n",
		"/n/more/two.cfg":  "include_dir=/n/more\ninclude_file=three\n",
		"/n/three":         "define command\t{ ; b\ncommand_name b\ncommand_line /bin/b\n}\n",
		"/n/wrong.cfg":     "define command{\ncommand_name a\ncommand_line wrong\n}\n",
		"/n/more/none.txt": "define command{\ncommand_name b\ncommand_line wrong\n}\n",
	})
	cfg := mustRead(t, root, "/n/nagios.cfg")
	if a, b := cfg.HostPerfdata.ProcessingCommand.Line, cfg.ServicePerfdata.ProcessingCommand.Line; a != "/bin/a" ||
		b != "/bin/b" {
		t.Errorf("the commands are %q and %q", a, b)
	}
	if len(cfg.Warnings) > 0 {
		t.Errorf("warnings are %q", messages(cfg.Warnings))
	}
	root = tree(t, map[string]string{
		"/n.cfg": "cfg_file=/o.cfg\nhost_perfdata_file_processing_command=a\ncfg_dir=/gone.d\n",
		"/o.cfg": "include_file=/gone.cfg",
	})
	cfg = mustRead(t, root, "/n.cfg")
	want := []string{"option host_perfdata_file_processing_command (from /n.cfg:2): no file that could be read " +
		`defines the command "a" (/gone.cfg: no such file or directory (running as ` + access.Who().String() +
		"), and 1 more)"}
	if diff := cmp.Diff(want, messages(cfg.Warnings)); diff != "" {
		t.Error(diff)
	}
}

// TestModuleObjects reads the modules that Icinga 1 loads as objects. Other cores
// have none.
func TestModuleObjects(t *testing.T) {
	files := map[string]string{
		"/icinga.cfg": "broker_module=/usr/lib/a.so x\ncfg_dir=/modules\ncfg_file=/all.cfg\n",
		"/all.cfg":    "include_file=/elsewhere/m.cfg\n",
		"/modules/b.cfg": "# one\ndefine module{\n\tmodule_name n2c ; ours\n\tmodule_type neb\n" +
			"\tpath /usr/lib/b.so\n\targs spool=/s y=1\n}\n" +
			"define module {\nname t\nregister 0\nmodule_name no\npath /no.so\n}\n" +
			"define module {\nmodule_name nothing\n}\ndefine host{\npath /no.so\nmodule_name x\n}\n",
		"/elsewhere/m.cfg": "define module {\nmodule_name c\npath c.so\n}\n",
	}
	files["/nagios.cfg"] = files["/icinga.cfg"]
	root := tree(t, files)
	want := []BrokerModule{
		{Path: "/usr/lib/a.so", Args: "x", Origin: "/icinga.cfg:1"},
		{Path: "/c.so", Origin: "/elsewhere/m.cfg:1"},
		{Path: "/usr/lib/b.so", Args: "spool=/s y=1", Origin: "/modules/b.cfg:2"},
	}
	if diff := cmp.Diff(want, mustRead(t, root, "/icinga.cfg").BrokerModules); diff != "" {
		t.Error(diff)
	}
	gone := mustRead(t, tree(t, map[string]string{"/icinga.cfg": "cfg_dir=/gone.d\n"}), "/icinga.cfg")
	if got := messages(gone.Warnings); len(got) != 1 || !strings.HasPrefix(got[0], "looking for modules: /gone.d: ") {
		t.Errorf("warnings are %q", got)
	}
	if n := len(mustRead(t, root, "/nagios.cfg").BrokerModules); n != 1 {
		t.Errorf("Nagios has %d modules", n)
	}
}
