package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// arrival is what the expected events may take, on a busy machine.
	arrival = 30 * time.Second
	// quiet is how long nothing may come after them, so that one too many is seen.
	quiet = 700 * time.Millisecond
	// stopping is what the connector promises for SIGTERM.
	stopping = 5 * time.Second
)

// outcome is what came of a case.
type outcome struct {
	events      []event
	log         string
	quarantined string
	exit        int
}

// checkConfig runs check-config, and returns what it printed and its exit code.
func (s *site) checkConfig(binary string) (string, int) {
	out, err := exec.Command(binary, "check-config", "--config", s.path("config.yml")).CombinedOutput()
	return string(out), exitCode(s.t, err)
}

// run runs the connector until the events that are expected have come and no other
// came for a while, or until it ends by itself.
func (s *site) run(binary string, expected int) outcome {
	s.t.Helper()
	sent := &lines{arrived: make(chan struct{}, 1)}
	var log bytes.Buffer
	cmd := exec.CommandContext(s.t.Context(), binary, "run", "--config", s.path("config.yml"))
	cmd.Stdout, cmd.Stderr = sent, &log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.play("during")
	var o outcome
	if sent.await(expected, ended) {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			s.t.Fatal(err)
		}
	}
	select {
	case err := <-ended:
		o.exit = exitCode(s.t, err)
	case <-time.After(stopping):
		s.t.Errorf("not stopped within %s", stopping)
		cmd.Process.Kill()
		<-ended
	}
	o.events, o.log = sent.events(s.t), log.String()
	quarantine, err := os.ReadFile(s.path("quarantine.ndjson"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	o.quarantined = string(quarantine)
	return o
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

// lines collects the events that the connector prints, one on a line.
type lines struct {
	mu      sync.Mutex
	text    bytes.Buffer
	arrived chan struct{} // has room for one: something came
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.arrived <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.text.Bytes(), []byte("\n"))
}

// await returns true when that many events came and then none for a while, or when
// they did not come in time; false when the process ended.
func (l *lines) await(expected int, ended chan error) bool {
	limit := time.After(arrival)
	still := time.NewTimer(quiet)
	for {
		select {
		case err := <-ended:
			ended <- err
			return false
		case <-limit:
			return true
		case <-l.arrived:
			still.Reset(quiet)
		case <-still.C:
			if l.count() >= expected {
				return true
			}
			still.Reset(quiet)
		}
	}
}

func (l *lines) events(t *testing.T) []event {
	t.Helper()
	var all []event
	for line := range strings.Lines(l.text.String()) {
		var printed struct{ Body event }
		if err := json.Unmarshal([]byte(line), &printed); err != nil {
			t.Fatalf("no event: %q: %v", line, err)
		}
		all = append(all, printed.Body)
	}
	return all
}
