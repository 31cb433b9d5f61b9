package endtoend

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// How often the connector is killed by kill -9 under load, and how often with
// SOAK=1 in the environment; how often the broker is stopped and started.
const (
	kills          = 100
	soakKills      = 1000
	brokerRestarts = 5
)

func TestKilledAgainAndAgainUnderLoad(t *testing.T) {
	t.Parallel()
	r := perfdataRig(t, nil)
	r.declare(nil)
	count := kills
	if os.Getenv("SOAK") != "" {
		count = soakKills
	}
	r.load.Write(5000) // a backlog, so that the window is full when the first kills come
	r.load.Start(rate)
	random := rand.New(rand.NewPCG(uint64(count), 1))
	for range count {
		r.Start()
		time.Sleep(50*time.Millisecond + time.Duration(random.Int64N(int64(550*time.Millisecond))))
		r.Kill()
		r.fetch()
	}
	r.Start()
	r.inOrder(r.finish(count))
}

// TestKilledWhileSeveralReadersSeeTheSame: each result is in the log, in the
// perfdata file and, if nothing newer came, in the status file. It is sent once.
func TestKilledWhileSeveralReadersSeeTheSame(t *testing.T) {
	t.Parallel()
	const count = 10
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "nagios.log"))
	must(t, err)
	defer log.Close()
	status := filepath.Join(dir, "status.dat")
	r := perfdataRig(t, Settings{
		"readers.log.path": log.Name(), "readers.log.begin": "beginning", "readers.status.path": status,
	})
	r.load.Before(func(result Result) error {
		_, err := log.WriteString(AlertLine(result))
		return err
	})
	r.declare(nil)
	r.load.Write(1000)
	r.load.Start(rate)
	defer r.load.Stop()
	random := rand.New(rand.NewPCG(5, 6))
	for range count {
		r.load.WriteStatus(status)
		r.Start()
		time.Sleep(100*time.Millisecond + time.Duration(random.Int64N(int64(300*time.Millisecond))))
		r.load.WriteStatus(status)
		time.Sleep(time.Duration(random.Int64N(int64(300 * time.Millisecond))))
		r.Kill()
	}
	r.Start()
	r.load.Stop()
	r.await()
	r.load.WriteStatus(status)
	r.inOrder(r.finish(count))
}

func TestStoppedBySIGTERMUnderLoad(t *testing.T) {
	t.Parallel()
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Write(8000)
	r.load.Start(rate)
	for range 5 {
		r.Start()
		r.progress()
		t.Logf("stopped after %s", r.Stop().Round(time.Millisecond))
	}
	r.Start()
	r.inOrder(r.finish(0))
}

func TestSIGHUPWithAFaultyConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Start(rate)
	r.Start()
	r.progress()
	r.Configure(r.settings.With(Settings{"publish.amqp.windoww": 1}).YAML(t))
	r.Signal(syscall.SIGHUP)
	r.AwaitLog("the new configuration is refused, the old one goes on", 5*time.Second)
	r.AwaitLog("windoww", time.Second)
	r.progress()
	r.inOrder(r.finish(0))
}

func TestSIGHUPWithANewConfigurationTakesOver(t *testing.T) {
	t.Parallel()
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Write(5000)
	r.load.Start(rate)
	r.Start()
	names := []string{"endtoend", "second", "third", "fourth"}
	for _, name := range names[1:] {
		r.progress()
		r.Configure(r.settings.With(Settings{"connector_name": name}).YAML(t))
		r.Signal(syscall.SIGHUP)
		Eventually(t, "connector_name="+name+" in the log", 5*time.Second, func() bool {
			return r.Logged("connector_name="+name) > 0
		})
	}
	r.progress()
	r.load.Write(1)
	r.inOrder(r.finish(0))
	var seen []string
	for _, m := range r.inbox.Messages() {
		b, err := bodyOf(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) == 0 || seen[len(seen)-1] != b.ConnectorName {
			seen = append(seen, b.ConnectorName)
		}
	}
	if len(seen) != len(names) {
		t.Errorf("the events are of connector names %q, in this order, want %q", seen, names)
	}
}
