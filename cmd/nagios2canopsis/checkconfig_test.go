package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestCheckConfigOfAPlaceInOrder(t *testing.T) {
	code, stdout, stderr := newPlace(t, "").check()
	if code != 0 || !strings.HasSuffix(stdout, "\nAll is well.\n") || strings.Contains(stdout, "Trouble") ||
		stderr != "" {
		t.Errorf("code %d\n%s\n%s", code, stdout, stderr)
	}
}

// What makes run fail, lose something or show a password is a trouble. Each is
// tried as a user without further rights.
func TestCheckConfigFindsWhatRunWouldMeet(t *testing.T) {
	const module = "broker_module=/x/nagios2canopsis.so spool=@/neb\n"
	segment := fmt.Sprintf("neb/neb-%016d-1-1.log", time.Now().UnixMicro())
	for _, c := range []struct {
		name    string
		publish string
		spoil   func(p place)
		want    []string
	}{
		{
			"the journal's directory can't be written", "", func(p place) { p.mode("state", 0o555) },
			[]string{"journal.path: ", "can't create files in @/state: permission denied", "quarantine.path: "},
		},
		{
			"there is no directory for the journal", "",
			func(p place) { p.rename("state", "moved") }, []string{"journal.path: ", "create the directory"},
		},
		{
			"another user has run it once", "",
			func(p place) {
				p.write("state/journal.db", "")
				p.write("state/journal.db.lock", "")
				p.mode("state/journal.db", 0o400)
				p.mode("state/journal.db.lock", 0o400)
			},
			[]string{"can't write to @/state/journal.db, @/state/journal.db.lock: permission denied", "chown "},
		},
		{
			"the disk is too small for the journal", "",
			func(p place) {
				text, err := os.ReadFile(p.path("config.yml"))
				if err != nil {
					t.Fatal(err)
				}
				p.write("config.yml", strings.Replace(string(text), "journal.db}",
					"journal.db, reserve: 8TiB, max_size: 16TiB}", 1))
				p.mode("config.yml", 0o640)
			},
			[]string{"journal.path: @/state has room for "},
		},
		{
			"the quarantine can't be written", "",
			func(p place) { p.write("state/quarantine.ndjson", ""); p.mode("state/quarantine.ndjson", 0o400) },
			[]string{"quarantine.path: @/state/quarantine.ndjson: permission denied", "would be lost"},
		},
		{
			"the quarantine is a directory", "", func(p place) { p.mkdir("state/quarantine.ndjson") },
			[]string{"quarantine.ndjson is not a regular file"},
		},
		{
			"the log's directory can't be listed", "", func(p place) { p.mode("log", 0o311) },
			[]string{"the directory of @/log/nagios.log, @/log: permission denied", "rotated files can't be found"},
		},
		{
			"the archive can't be listed", "", func(p place) { p.mode("log/archives", 0o311) },
			[]string{"the directory of rotated logs, @/log/archives: permission denied"},
		},
		{
			"the object cache can't be read", "", func(p place) { p.mode("var/objects.cache", 0) },
			[]string{"object_cache_file=@/var/objects.cache", "permission denied"},
		},
		{
			"the module's spool can't be listed", "",
			func(p place) { p.append("nagios.cfg", module); p.mode("neb", 0o300) },
			[]string{
				"the spool directory of the broker module, @/neb: permission denied",
				"may write, but its directory can't be listed",
			},
		},
		{
			"the module's segments can't be deleted", "",
			func(p place) { p.append("nagios.cfg", module); p.mode("neb", 0o555) },
			[]string{
				"the spool directory of the broker module, @/neb: permission denied", "not deleted once it is read",
			},
		},
		{
			"the module's segments can't be read", "",
			func(p place) {
				p.append("nagios.cfg", module)
				p.write(segment, "")
				p.write(segment[:len(segment)-5]+"2.log", "")
				p.mode(segment, 0)
				p.mode(segment[:len(segment)-5]+"2.log", 0)
			},
			[]string{"a segment of the broker module, @/" + segment + " (and 1 more): permission denied"},
		},
		{
			"the perfdata spool can't be emptied", "",
			func(p place) {
				p.configure("", "readers: {perfdata: {enabled: on, spool: {path: @/perfdata, after: delete}}}\n")
				p.mode("perfdata", 0o555)
			},
			[]string{"the perfdata spool directory, @/perfdata: permission denied", "not taken away"},
		},
		{
			"there is no perfdata spool", "",
			func(p place) { p.configure("", "readers: {perfdata: {enabled: on, spool: {path: @/none}}}\n") },
			[]string{"the perfdata spool directory, @/none: no such file or directory"},
		},
		{
			"a perfdata file of the spool can't be read", "",
			func(p place) {
				p.configure("", "readers: {perfdata: {enabled: on, spool: {path: @/perfdata, pattern: 'perf*'}}}\n")
				p.write("perfdata/perfdata.1", "")
				p.mode("perfdata/perfdata.1", 0)
			},
			[]string{"a file of the perfdata spool directory, @/perfdata/perfdata.1: permission denied"},
		},
		{
			"the perfdata pipe can't be written", "",
			func(p place) {
				if err := syscall.Mkfifo(p.path("var/pipe"), 0o444); err != nil {
					t.Fatal(err)
				}
				p.append("nagios.cfg", "process_performance_data=1\nservice_perfdata_file=@/var/pipe\n"+
					"service_perfdata_file_mode=p\n")
			},
			[]string{"the perfdata pipe, @/var/pipe: permission denied"},
		},
		{
			"the perfdata file is moved to a closed directory", "",
			func(p place) {
				p.mode("perfdata", 0o300)
				p.write("objects.cfg", "define command {\n command_name move\n command_line /bin/mv "+
					p.path("var/perf")+" "+p.path("perfdata/perf.$TIMET$")+"\n}\n")
				p.append("nagios.cfg", "process_performance_data=1\ncfg_file=@/objects.cfg\n"+
					"service_perfdata_file=@/var/perf\nservice_perfdata_file_processing_command=move\n")
			},
			[]string{"the directory to which the processing command moves perf, @/perfdata: permission denied"},
		},
		{
			"no password file", "password_file: @/password", func(place) {},
			[]string{"publish.amqp.password_file: ", "no such file"},
		},
		{
			"an unreadable password file", "password_file: @/password",
			func(p place) { p.write("password", "x\n"); p.mode("password", 0) },
			[]string{"publish.amqp.password_file: @/password: permission denied", "chmod 640 @/password)"},
		},
		{
			"everybody can read the password file", "password_file: @/password",
			func(p place) { p.write("password", "x\n") },
			[]string{"publish.amqp.password_file: every user can read @/password"},
		},
		{
			"everybody can read the password", "password: hush", func(p place) { p.mode("config.yml", 0o644) },
			[]string{"publish.amqp.password: holds a password, and every user can read @/config.yml"},
		},
		{
			"no certificates", "tls: {ca_file: @/ca.pem}",
			func(p place) {
				text, err := os.ReadFile(p.path("config.yml"))
				if err != nil {
					t.Fatal(err)
				}
				p.write("config.yml", strings.Replace(string(text), "amqp://", "amqps://", 1))
			},
			[]string{"publish.amqp.tls.ca_file: ", "no such file"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t, c.publish)
			c.spoil(p)
			code, stdout, stderr := p.check()
			if code != 1 || !strings.Contains(stderr, "listed first") || strings.Contains(stdout, "All is well") {
				t.Errorf("code %d\n%s\n%s", code, stdout, stderr)
			}
			for _, want := range c.want {
				contains(t, stdout, strings.ReplaceAll(want, "@", p.dir))
			}
			trouble, rest := strings.Index(stdout, "Trouble: "), strings.Index(stdout, "\nConfiguration file: ")
			if trouble < 0 || trouble > strings.Index(stdout, "\nReads:") || rest < strings.Index(stdout, "\nReads:") {
				t.Errorf("troubles are not first, or the configuration is not last:\n%s", stdout)
			}
		})
	}
}

func (p place) rename(from, to string) {
	p.t.Helper()
	if err := os.Rename(p.path(from), p.path(to)); err != nil {
		p.t.Fatal(err)
	}
}

// What is usual while a supervisor is stopped is one note. So is what is slower
// than it could be, and what the service's own environment decides.
func TestCheckConfigKeepsTheUsualApart(t *testing.T) {
	p := newPlace(t, "password_env: N2C_TEST_IS_NOT_SET")
	for _, name := range []string{"var/status.dat", "var/objects.cache"} {
		if err := os.Remove(p.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	p.mode("var", 0o311)
	code, stdout, stderr := p.check()
	if code != 0 || strings.Contains(stdout, "Trouble") {
		t.Fatalf("code %d\n%s\n%s", code, stdout, stderr)
	}
	contains(t, stdout, "\nNote: not there yet, and read as soon as the supervisor writes it: status_file="+p.dir+
		"/var/status.dat, object_cache_file="+p.dir+"/var/objects.cache\n",
		"\nNote: the directory of the status file, "+p.dir+"/var: permission denied", "can't be watched",
		"\nNote: "+p.path("config.yml")+":4: publish.amqp.password_env: ", "a service has an environment of its own",
		"(version unknown)", "\nAll is well.\n")
}

// A connector that runs is what an administrator wants: a changed configuration
// is checked beside it, and then taken over by a reload.
func TestCheckConfigBesideARunningConnector(t *testing.T) {
	p := newPlace(t, "")
	cmd, log := p.begin()
	var seen bytes.Buffer
	for b := make([]byte, 4096); !strings.Contains(seen.String(), "sending as"); {
		n, err := log.Read(b)
		if seen.Write(b[:n]); err != nil {
			t.Fatalf("%v\n%s", err, seen.String())
		}
	}
	code, stdout, stderr := p.check()
	if want := fmt.Sprintf("\nProcess %d runs with this journal already: reload it", cmd.Process.Pid); code != 0 ||
		!strings.Contains(stdout, want) || strings.Contains(stdout, "All is well") {
		t.Errorf("code %d, want %q\n%s\n%s", code, want, stdout, stderr)
	}
}

// run begins all the same, and reports what check-config reports.
func TestRunReportsWhatCheckConfigFinds(t *testing.T) {
	p := newPlace(t, "password_file: @/password")
	p.write("password", "x\n")
	p.mkdir("state/quarantine.ndjson")
	p.mode("log/archives", 0)
	_, log := p.begin()
	want := []string{
		"quarantine.ndjson is not a regular file", "every user can read " + p.path("password"),
		"the directory of rotated logs, " + p.path("log/archives") + ": permission denied",
	}
	for lines := bufio.NewScanner(log); len(want) > 0; {
		if !lines.Scan() {
			t.Fatalf("the log ends without %q", want)
		}
		want = slices.DeleteFunc(want, func(part string) bool {
			return strings.Contains(lines.Text(), "level=WARN") && strings.Contains(lines.Text(), part)
		})
	}
	_, stdout, _ := p.check()
	if n := strings.Count(stdout, "Trouble: "); n != 3 {
		t.Errorf("%d troubles of 3 causes:\n%s", n, stdout)
	}
}

// The later user learns which files another one has left.
func TestRunNamesTheFilesThatAnotherUserHasLeft(t *testing.T) {
	p := newPlace(t, "")
	p.write("state/journal.db", "")
	p.mode("state/journal.db", 0o400)
	out, err := p.runs().CombinedOutput()
	if want := "can't write to " + p.path("state/journal.db") + ": permission denied"; err == nil ||
		!strings.Contains(string(out), want) || !strings.Contains(string(out), ": chown ") {
		t.Errorf("%v, want %q\n%s", err, want, out)
	}
}

// root leaves no files that the later user can't open.
func TestRootIsRefusedWhereTheDirectoryIsAnothers(t *testing.T) {
	if os.Geteuid() != 0 {
		return // every other user is refused by the system
	}
	p := newPlace(t, "")
	code, _, stderr := call(t, "run", "--config", p.path("config.yml"))
	if want := "journal.path: " + p.dir + "/state belongs to user nobody, and this is root"; code != 1 ||
		!strings.Contains(stderr, want) {
		t.Errorf("code %d: %s", code, stderr)
	}
	if left, err := filepath.Glob(p.path("state/*")); err != nil || len(left) > 0 {
		t.Errorf("root has left %q, %v", left, err)
	}
	// check-config of root tries as that user, and finds nothing wrong.
	code, stdout, stderr := call(t, "check-config", "--config", p.path("config.yml"))
	if code != 0 || !strings.Contains(stdout, "Tried as user nobody (uid 65534, ") {
		t.Errorf("code %d\n%s\n%s", code, stdout, stderr)
	}
	code, stdout, _ = call(t, "check-config", "--config", p.path("config.yml"), "--as", "root")
	if code != 1 || !strings.Contains(stdout, "belongs to user nobody, and this is root") {
		t.Errorf("as root: code %d\n%s", code, stdout)
	}
	// The quarantine's directory may be another one.
	if err := os.Chown(p.path("state"), 0, 0); err != nil {
		t.Fatal(err)
	}
	p.mkdir("quarantine")
	p.write("config.yml", strings.ReplaceAll("supervisor: @/nagios.cfg\njournal: {path: @/state/j.db}\n"+
		"quarantine: {path: @/quarantine/deeper/q.ndjson}\n", "@", p.dir))
	code, _, stderr = call(t, "run", "--config", p.path("config.yml"))
	if code != 1 || !strings.Contains(stderr, "quarantine.path: "+p.dir+"/quarantine belongs to user nobody") {
		t.Errorf("code %d: %s", code, stderr)
	}
}

func TestCheckConfigAsAnotherUser(t *testing.T) {
	p := newPlace(t, "")
	code, _, stderr := call(t, "check-config", "--config", p.path("config.yml"), "--as", "no-such-user")
	if code != 1 || !strings.Contains(stderr, "--as: user no-such-user: ") {
		t.Errorf("code %d: %s", code, stderr)
	}
	p.mode("config.yml", 0)
	code, stdout, stderr := p.check()
	if code != 1 || !strings.Contains(stderr, p.path("config.yml")+": permission denied for user ") ||
		!strings.Contains(stderr, "; give access with ") {
		t.Errorf("code %d for a configuration that only another user can read\n%s\n%s", code, stdout, stderr)
	}
}

// A reader that has seen enough ("| head") is no error worth a line.
func TestCheckConfigAsAnotherUserBeforeAClosedPipe(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root tries as another user
	}
	p := newPlace(t, "")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "check-config", "--config", p.path("config.yml"),
		"--as", "nobody")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = writer, &stderr
	if err := cmd.Run(); err == nil || stderr.Len() > 0 {
		t.Errorf("%v\n%s", err, stderr.String())
	}
}
