package endtoend

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAllThreadsHaveTimerSlack: one thread without it would wake up as often as
// all did before.
func TestAllThreadsHaveTimerSlack(t *testing.T) {
	if testing.Short() {
		t.Skip("needs root: make test runs it")
	}
	dir := t.TempDir()
	c := NewConnector(t, program(t), Settings{
		"readers.log.path": filepath.Join(dir, "nagios.log"), "connector_name": "t", "supervisor": "none",
		"journal.path": filepath.Join(dir, "journal.db"), "quarantine.path": filepath.Join(dir, "quarantine.ndjson"),
		"publish.amqp.enabled": false, "publish.stdout.enabled": true,
	}.YAML(t))
	c.Start()
	c.AwaitLog("sending to", 10*time.Second)
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", c.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		slack, err := os.ReadFile(fmt.Sprintf("/proc/%s/timerslack_ns", thread.Name()))
		if err != nil || string(slack) != "300000\n" {
			t.Errorf("thread %s: %q %v", thread.Name(), slack, err)
		}
	}
	c.Stop()
}
