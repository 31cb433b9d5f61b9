package testicinga

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

// Site is a directory with an Icinga 2 of its own: the host h, and its services.
type Site struct {
	t        testing.TB
	dir      string
	services []string
	cmd      *exec.Cmd
	ended    chan error
	uid, gid int
}

// Host is the name of the only host.
const Host = "h"

// limit bounds each wait for Icinga 2.
const limit = time.Minute

// Start starts an Icinga 2 with these services, which are checked each second, and waits
// until it answers. It ends with the test.
func Start(t testing.TB, services ...string) *Site {
	t.Helper()
	dir, err := os.MkdirTemp("", "icinga") // a test's own directory is closed to the user nagios
	if err != nil {
		t.Fatal(err)
	}
	s := &Site{t: t, dir: dir, services: services, uid: os.Getuid(), gid: os.Getgid()}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			out, _ := os.ReadFile(s.path("icinga2.out"))
			t.Logf("Icinga 2:\n%s", out)
		}
		os.RemoveAll(dir)
	})
	s.layOut()
	s.Run()
	return s
}

// Address is that of the Livestatus socket.
func (s *Site) Address() string { return "unix:" + s.path("run/live") }

func (s *Site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// plugin prints what the file of a check holds, and exits with the code beside it.
const plugin = `cat "$1" 2>/dev/null || { echo "OK - fine|a=1"; exit 0; }
exit $(cat "$1.exit")
`

func (s *Site) layOut() {
	s.t.Helper()
	s.must(os.Chmod(s.dir, 0o755))
	for _, name := range []string{"data", "log", "run", "cache", "spool", "compat/archives", "state"} {
		s.must(os.MkdirAll(s.path(name), 0o755))
	}
	check := func(name string) string {
		return fmt.Sprintf(`check_command = "file"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 2
  vars.path = %q
`, s.statePath(name))
	}
	text := fmt.Sprintf(`include <itl>
const NodeName = "test"
const ZoneName = NodeName
object Endpoint NodeName {}
object Zone ZoneName { endpoints = [ NodeName ] }
object CheckerComponent "checker" {}
object FileLogger "main" { severity = "warning"; path = "%[1]s/log/icinga2.log" }
object CompatLogger "compat" { log_dir = "%[1]s/compat"; rotation_method = "DAILY" }
object LivestatusListener "live" {
  socket_type = "unix"
  socket_path = "%[1]s/run/live"
  compat_log_path = "%[1]s/compat"
}
object CheckCommand "file" { command = [ "/bin/sh", "%[1]s/check", "$path$" ] }
object HostGroup "all" { assign where true }
object Host %[2]q {
  address = "192.0.2.1"
  vars.os = "Linux"
  %[3]s}
`, s.dir, Host, check(""))
	for _, name := range s.services {
		text += fmt.Sprintf("object Service %q {\n  host_name = %q\n  enable_flapping = true\n  %s}\n",
			name, Host, check(name))
	}
	s.must(os.WriteFile(s.path("icinga2.conf"), []byte(text), 0o644))
	s.must(os.WriteFile(s.path("check"), []byte(plugin), 0o644))
	if s.uid != 0 {
		return
	}
	nagios, err := user.Lookup("nagios")
	s.must(err)
	s.uid, err = strconv.Atoi(nagios.Uid)
	s.must(err)
	s.gid, err = strconv.Atoi(nagios.Gid)
	s.must(err)
	s.must(filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, s.uid, s.gid)
	}))
}

func (s *Site) statePath(service string) string { return s.path("state/check-" + service) }

// Set decides what a check returns from now on; an empty service is the host.
func (s *Site) Set(service string, exit int, output string) {
	s.t.Helper()
	path := s.statePath(service)
	s.must(os.WriteFile(path+".exit", fmt.Appendf(nil, "%d\n", exit), 0o644))
	s.must(os.WriteFile(path+".new", []byte(output+"\n"), 0o644))
	s.must(os.Rename(path+".new", path))
}

// Run starts Icinga 2 again, after Stop.
func (s *Site) Run() {
	s.t.Helper()
	found, err := filepath.Glob("/usr/lib/*/icinga2/sbin/icinga2")
	if err != nil || len(found) == 0 {
		s.t.Fatal("Icinga 2 is not installed: make test-tools installs it")
	}
	args := []string{"--no-stack-rlimit", "daemon", "-c", s.path("icinga2.conf")}
	account, err := user.LookupId(strconv.Itoa(s.uid))
	s.must(err)
	group, err := user.LookupGroupId(strconv.Itoa(s.gid))
	s.must(err)
	for _, define := range []string{
		"DataDir=" + s.path("data"), "LogDir=" + s.path("log"), "CacheDir=" + s.path("cache"),
		"SpoolDir=" + s.path("spool"), "InitRunDir=" + s.path("run"), "RunAsUser=" + account.Username,
		"RunAsGroup=" + group.Name, "PidPath=" + s.path("run/icinga2.pid"), "StatePath=" + s.path("data/icinga2.state"),
		"ObjectsPath=" + s.path("cache/icinga2.debug"), "VarsPath=" + s.path("cache/icinga2.vars"),
		"ModAttrPath=" + s.path("data/modified-attributes.conf"), "Concurrency=1",
	} {
		args = append(args, "-D", define)
	}
	out, err := os.OpenFile(s.path("icinga2.out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	s.must(err)
	defer out.Close()
	cmd := exec.Command(found[0], args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.gid)}
	}
	s.must(cmd.Start())
	ended := make(chan error, 1)
	s.cmd, s.ended = cmd, ended
	go func() { ended <- cmd.Wait() }()
	s.await("it answers", func() bool { return s.started() > 0 })
}

// started returns when Icinga 2 started, by its own account; 0 if it does not answer.
func (s *Site) started() int64 {
	client, err := livestatus.New(livestatus.Options{Address: s.Address(), FirstByte: 5 * time.Second})
	s.must(err)
	defer client.Close()
	server, err := client.Probe(context.Background())
	if err != nil {
		return 0
	}
	return server.Started.Unix()
}

func (s *Site) await(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("Icinga 2: %s: not within %s", what, limit)
		}
	}
}

// Reload makes Icinga 2 read its configuration again, and waits until the new process
// answers.
func (s *Site) Reload() {
	s.t.Helper()
	before := s.started()
	s.await("a second has passed", func() bool { return time.Now().Unix() > before })
	text, err := os.ReadFile(s.path("run/icinga2.pid"))
	s.must(err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	s.must(err)
	s.must(syscall.Kill(pid, syscall.SIGHUP))
	s.await("the new process answers", func() bool { return s.started() > before })
}

// Stop stops Icinga 2 as an administrator does, if it runs.
func (s *Site) Stop() {
	if s.cmd == nil {
		return
	}
	syscall.Kill(s.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(limit):
		syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
		<-s.ended
	}
	s.cmd = nil
}

// Command sends an external command over Livestatus, without the time in brackets.
func (s *Site) Command(format string, args ...any) {
	s.t.Helper()
	conn, err := net.Dial("unix", s.path("run/live"))
	s.must(err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "COMMAND [%d] %s\n\n", time.Now().Unix(), fmt.Sprintf(format, args...))
	s.must(err)
}

// State returns the state of a service; -1 if Icinga 2 does not answer.
func (s *Site) State(service string) (state int64) {
	client, err := livestatus.New(livestatus.Options{Address: s.Address(), FirstByte: 5 * time.Second})
	s.must(err)
	defer client.Close()
	state = -1
	q := livestatus.Query{Table: "services", Columns: []string{"state"},
		Filters: []livestatus.Filter{livestatus.Compare("description", "=", service)}}
	_, err = client.Query(context.Background(), q, func(row []livestatus.Value) error {
		state, _ = row[0].Integer()
		return nil
	})
	if err != nil {
		return -1
	}
	return state
}
