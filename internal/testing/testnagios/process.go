package testnagios

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios/truth"
)

// Set decides what a check returns from now on; service is empty for the host.
// {{n}} in the output is replaced by a number that no other run has.
func (s *Site) Set(host, service string, exit int, output string) {
	s.SetSlow(host, service, exit, output, 0)
}

// SetSlow is Set for a plugin that takes its time.
func (s *Site) SetSlow(host, service string, exit int, output string, takes time.Duration) {
	s.t.Helper()
	path := s.path("state/" + s.key(host, service))
	s.must(os.WriteFile(path+".new", fmt.Appendf(nil, "%d %g\n%s", exit, takes.Seconds(), output), 0o644))
	s.must(os.Rename(path+".new", path))
}

// Hang makes a check's plugin run until Nagios kills it. It writes down that it
// began, with no end.
func (s *Site) Hang(host, service string) { s.SetSlow(host, service, 3, "", -time.Second) }

// Passive hands a check result over by command. Further lines of the output
// follow after \n, the performance data after |.
func (s *Site) Passive(host, service string, code int, output string) {
	s.t.Helper()
	output = strings.ReplaceAll(strings.ReplaceAll(output, `\`, `\\`), "\n", `\n`)
	if service == "" {
		s.Command("PROCESS_HOST_CHECK_RESULT;%s;%d;%s", host, code, output)
		return
	}
	s.Command("PROCESS_SERVICE_CHECK_RESULT;%s;%s;%d;%s", host, service, code, output)
}

// Start starts Nagios and waits until it takes commands.
func (s *Site) Start() {
	s.t.Helper()
	before := s.launches()
	out, err := os.OpenFile(s.path("nagios.stdout"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	s.must(err)
	defer out.Close()
	s.cmd = exec.Command(nagiosBinary, s.MainConfig())
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.must(s.cmd.Start())
	cmd, done := s.cmd, make(chan error, 1)
	s.done = done
	go func() { done <- cmd.Wait() }()
	s.wait("starting Nagios", 30*time.Second, func() bool { return s.launches() > before })
}

// PID is the process id of the running Nagios.
func (s *Site) PID() int { return s.cmd.Process.Pid }

// launches counts the starts of the command worker, which is the last thing
// that Nagios starts.
func (s *Site) launches() int {
	b, _ := os.ReadFile(s.path("nagios.log"))
	return bytes.Count(b, []byte("Successfully launched command file worker"))
}

// Stop stops Nagios as an administrator does.
func (s *Site) Stop() {
	s.t.Helper()
	s.must(s.cmd.Process.Signal(syscall.SIGTERM))
	s.waitEnd()
}

// Kill ends Nagios with kill -9.
func (s *Site) Kill() {
	s.t.Helper()
	s.must(syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL))
	s.waitEnd()
}

func (s *Site) waitEnd() {
	s.t.Helper()
	select {
	case <-s.done:
		s.cmd = nil
	case <-time.After(30 * time.Second):
		s.t.Fatal("Nagios did not end within 30 s")
	}
}

// Reload makes Nagios read its configuration again.
func (s *Site) Reload() {
	s.t.Helper()
	s.must(s.cmd.Process.Signal(syscall.SIGHUP))
}

// RenameLog moves the log away, as logrotate does. Nagios goes on writing to
// the moved file until Reload.
func (s *Site) RenameLog(name string) {
	s.t.Helper()
	s.must(os.Rename(s.path("nagios.log"), s.path("archives/"+name)))
}

// Command sends Nagios an external command, without the time in brackets.
func (s *Site) Command(format string, args ...any) {
	s.t.Helper()
	f, err := os.OpenFile(s.path("rw/nagios.cmd"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
	s.must(err)
	defer f.Close()
	_, err = fmt.Fprintf(f, "[%d] %s\n", time.Now().Unix(), fmt.Sprintf(format, args...))
	s.must(err)
}

// WaitLog waits until the log holds a text.
func (s *Site) WaitLog(text string) {
	s.t.Helper()
	s.wait("waiting for "+text+" in the log", 30*time.Second, func() bool {
		b, _ := os.ReadFile(s.path("nagios.log"))
		return strings.Contains(string(b), text)
	})
}

// Checks returns the executions that the plugin wrote down, in their order.
func (s *Site) Checks() []truth.Check {
	s.t.Helper()
	b, err := os.ReadFile(s.path("checks.ndjson"))
	s.must(err)
	var out []truth.Check
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var c truth.Check
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			s.t.Fatalf("%q: %v", sc.Text(), err)
		}
		out = append(out, c)
	}
	s.must(sc.Err())
	return out
}

// Read returns a file of the site's directory.
func (s *Site) Read(name string) []byte {
	s.t.Helper()
	b, err := os.ReadFile(s.path(name))
	s.must(err)
	return b
}
