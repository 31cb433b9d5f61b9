package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nobody is the user that tests of rights run as if they are started by root.
const nobody = 65534

// place is a supervisor and a configuration that belong to a user without rights
// to anything else.
type place struct {
	t   *testing.T
	dir string
}

func newPlace(t *testing.T, publish string) place {
	t.Helper()
	// t.TempDir is closed to other users.
	dir, err := os.MkdirTemp("/tmp", "nagios2canopsis-test-")
	if err != nil {
		t.Fatal(err)
	}
	p := place{t, dir}
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if d != nil && d.IsDir() {
				_ = os.Chmod(path, 0o700) // so that it can be removed
			}
			return err
		})
		os.RemoveAll(dir)
	})
	p.mode(".", 0o755)
	for _, sub := range []string{"log", "log/archives", "var", "state", "neb", "perfdata"} {
		p.mkdir(sub)
	}
	p.write("log/nagios.log", "")
	p.write("var/status.dat", "")
	p.write("var/objects.cache", "")
	p.write("nagios.cfg", strings.ReplaceAll("log_file=@/log/nagios.log\nlog_archive_path=@/log/archives\n"+
		"status_file=@/var/status.dat\nobject_cache_file=@/var/objects.cache\nstatus_update_interval=10\n"+
		"event_broker_options=-1\n", "@", dir))
	p.configure(publish, "")
	return p
}

// configure writes the configuration: publish is the section of RabbitMQ, more
// are further keys.
func (p place) configure(publish, more string) {
	p.t.Helper()
	p.write("config.yml", strings.ReplaceAll("supervisor: @/nagios.cfg\njournal: {path: @/state/journal.db}\n"+
		"quarantine: {path: @/state/quarantine.ndjson}\npublish: {amqp: {urls: ['amqp://u@rabbit/canopsis'], "+publish+
		"}}\n"+more, "@", p.dir))
	p.mode("config.yml", 0o640)
}

func (p place) path(name string) string { return filepath.Join(p.dir, name) }

func (p place) own(name string) {
	p.t.Helper()
	if os.Geteuid() == 0 {
		if err := os.Chown(p.path(name), nobody, nobody); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p place) mkdir(name string) {
	p.t.Helper()
	if err := os.Mkdir(p.path(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	p.own(name)
}

func (p place) write(name, text string) {
	p.t.Helper()
	write(p.t, p.path(name), text)
	p.own(name)
}

func (p place) append(name, text string) {
	p.t.Helper()
	old, err := os.ReadFile(p.path(name))
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(name, string(old)+strings.ReplaceAll(text, "@", p.dir))
}

func (p place) mode(name string, mode os.FileMode) {
	p.t.Helper()
	if err := os.Chmod(p.path(name), mode); err != nil {
		p.t.Fatal(err)
	}
}

// check runs check-config as the user without rights.
func (p place) check() (code int, stdout, stderr string) {
	p.t.Helper()
	args := []string{"check-config", "--config", p.path("config.yml")}
	if os.Geteuid() == 0 {
		args = append(args, "--as", "nobody")
	}
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	code = run(ctx, environment{args: args, stdout: &out, stderr: &errs})
	return code, out.String(), errs.String()
}

// runs returns the command run of the user without rights.
func (p place) runs() *exec.Cmd {
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	p.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "run", "--config", p.path("config.yml"))
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd
}

// begin starts it, and returns its log. It is killed at the end of the test.
func (p place) begin() (*exec.Cmd, io.Reader) {
	p.t.Helper()
	cmd := p.runs()
	log, err := cmd.StderrPipe()
	must(p.t, err)
	must(p.t, cmd.Start())
	p.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, log
}
