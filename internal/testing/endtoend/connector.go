package endtoend

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
)

// Build builds the program once for the tests of a package, into dir; without cgo,
// as it is released.
func Build(dir string) (string, error) {
	binary := filepath.Join(dir, "nagios2canopsis")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", binary,
		"github.com/nagios2canopsis/nagios2canopsis/cmd/nagios2canopsis")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return binary, nil
}

// BuildModule builds the NEB module into dir, and returns its path.
func BuildModule(dir string) (string, error) {
	_, file, _, _ := runtime.Caller(0)
	source := filepath.Join(filepath.Dir(file), "../../../nagios/neb")
	out, err := exec.Command("make", "-C", source, "OUT="+dir).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make: %w\n%s", err, out)
	}
	return filepath.Join(dir, "nagios2canopsis.so"), nil
}

// Connector is a nagios2canopsis process, that can be stopped, killed and
// started again on the same configuration file.
type Connector struct {
	t       testing.TB
	before  []string // words in front of the program's command, such as setpriv
	binary  string
	config  string
	process *process // nil while it is stopped
	log     *testlog.Buffer
	out     *testlog.Buffer // standard output, if it is kept apart from the log; nil: it is not
}

// process is one run.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // how it ended; valid after ended
}

// NewConnector writes a configuration file; nothing runs yet.
func NewConnector(t testing.TB, binary, config string) *Connector {
	t.Helper()
	c := &Connector{t: t, binary: binary, config: filepath.Join(t.TempDir(), "config.yml"), log: &testlog.Buffer{}}
	c.Configure(config)
	t.Cleanup(func() {
		if c.process != nil {
			c.Kill()
		}
		if t.Failed() {
			t.Logf("the connector's log:\n%s", c.Log())
		}
	})
	return c
}

// Configure writes the configuration file anew. A running process does not look
// at it before SIGHUP.
func (c *Connector) Configure(config string) {
	c.t.Helper()
	if err := os.WriteFile(c.config, []byte(config), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// Start starts the process. It dies with us: the kernel sends the death signal
// when the thread that forked ends, so a goroutine keeps that thread.
func (c *Connector) Start() {
	c.t.Helper()
	words := append(slices.Clone(c.before), c.binary, "run", "--config", c.config)
	p := &process{cmd: exec.Command(words[0], words[1:]...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = c.log, c.log
	if c.out != nil {
		p.cmd.Stdout = c.out
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		c.t.Fatal(err)
	}
	c.process = p
}

// stopLimit is what a stop may take.
const stopLimit = 5 * time.Second

// Stop stops the process as systemd does, and returns the time that it took. It
// fails the test if that is longer than 5 seconds, or the exit code is not 0.
func (c *Connector) Stop() time.Duration {
	c.t.Helper()
	began := time.Now()
	c.Signal(syscall.SIGTERM)
	select {
	case <-c.process.ended:
		if err := c.process.err; err != nil {
			c.t.Errorf("stopped with %v", err)
		}
	case <-time.After(stopLimit):
		c.t.Errorf("not stopped within %s", stopLimit)
		c.Kill()
	}
	c.process = nil
	return time.Since(began)
}

// Kill ends the process with kill -9. It fails the test if the process had
// ended before.
func (c *Connector) Kill() {
	c.t.Helper()
	select {
	case <-c.process.ended:
		c.t.Errorf("the connector ended by itself: %v", c.process.err)
	default:
		c.process.cmd.Process.Kill()
		<-c.process.ended
	}
	c.process = nil
}

// Signal sends a signal.
func (c *Connector) Signal(s os.Signal) {
	c.t.Helper()
	if err := c.process.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// PID is the process' id.
func (c *Connector) PID() int { return c.process.cmd.Process.Pid }

// PeakMemory returns the largest resident size of the running process, in bytes.
func (c *Connector) PeakMemory() int64 {
	c.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.PID()))
	if err != nil {
		c.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	if _, err := fmt.Sscanf(rest, "%d kB", &kilobytes); err != nil {
		c.t.Fatalf("reading VmHWM: %v", err)
	}
	return kilobytes << 10
}

// Log returns what the process has logged, in all its runs.
func (c *Connector) Log() string { return c.log.String() }

// Logged counts the lines of the log that hold a text.
func (c *Connector) Logged(text string) int { return strings.Count(c.Log(), text) }

// AwaitLog waits until the log holds a text.
func (c *Connector) AwaitLog(text string, limit time.Duration) {
	c.t.Helper()
	Eventually(c.t, fmt.Sprintf("%q in the log", text), limit, func() bool { return c.Logged(text) > 0 })
}

// Eventually polls until ok returns true, or fails the test.
func Eventually(t testing.TB, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s: not within %s", what, limit)
}
