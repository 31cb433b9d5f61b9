package endtoend

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testlog"
)

// A target that can't be reached is switched off for a while, over a restart, and on
// again.
func TestATargetThatIsSwitchedOffKeepsItsBacklog(t *testing.T) {
	t.Parallel()
	r := perfdataRig(t, Settings{"publish.stdout.enabled": true})
	r.out = &testlog.Buffer{}
	r.declare(nil)
	on := r.settings
	away := on.With(Settings{"publish.amqp.urls": []string{"amqp://127.0.0.1:1/nowhere"}})
	off := on.With(Settings{"publish.amqp.enabled": false})
	const results = 500
	r.load.Write(results)

	r.Configure(away.YAML(t))
	r.Start()
	Eventually(t, "all on standard output", arrivalLimit, func() bool {
		return strings.Count(r.out.String(), "routing_key") >= results
	})
	r.Configure(off.YAML(t))
	r.Signal(syscall.SIGHUP)
	r.AwaitLog("target=amqp unsent=500", 10*time.Second)
	r.Stop()
	r.Start()
	Eventually(t, "the backlog in the log of the restart", arrivalLimit, func() bool {
		return r.Logged("target=amqp unsent=500") == 2
	})
	r.Configure(on.YAML(t))
	r.Signal(syscall.SIGHUP)
	r.AwaitLog("the target is configured again", 10*time.Second)
	r.finish(0)
}

// The user may not write the routing keys of one host, and the quarantine can't be
// written: the events of the other hosts don't wait, and nothing is lost.
func testForbiddenKeysWithoutAQuarantine(t *testing.T, broker *testbroker.Broker) {
	const forbidden = "host-04"
	r := perfdataRigOn(t, broker, nil)
	r.declare(nil)
	must(t, broker.Control("set_topic_permissions", "-p", testbroker.VHost, testbroker.User, r.exchange,
		"^(?!.*"+forbidden+")", ".*"))
	quarantine := filepath.Join(r.dir, "quarantine.ndjson")
	must(t, os.Mkdir(quarantine, 0o755))
	r.load.Write(2000)
	r.Start()
	refused := 0
	for _, result := range r.load.Results() {
		if result.Host() == forbidden {
			refused++
			continue
		}
		Eventually(t, fmt.Sprint("result ", result.Number), arrivalLimit, func() bool {
			return r.ledger.Has(result) || r.fetch() > 0 && r.ledger.Has(result)
		})
	}
	r.AwaitLog("can't be quarantined now", 10*time.Second)
	r.AwaitLog("access to topic", 10*time.Second)
	r.Stop()

	must(t, os.Remove(quarantine))
	r.Start()
	Eventually(t, "the parked events in quarantine", arrivalLimit, func() bool {
		text, err := os.ReadFile(quarantine)
		return err == nil && bytes.Count(text, []byte("\n")) >= refused
	})
	r.Stop()
}

// A broker that is slow when the connector is stopped: what is on its way is waited
// for, and not sent again.
func testAStopInABacklogSendsNothingAgain(t *testing.T, broker *testbroker.Broker) {
	r := perfdataRigOn(t, broker, Settings{"publish.amqp.heartbeat": "1m", "publish.amqp.write_timeout": "1m"})
	r.declare(nil)
	r.load.Write(10_000)
	r.Start()
	r.progress()
	freeze(t, broker)
	// Only time shows that no confirmation is left in the socket: then the window is
	// on its way.
	time.Sleep(200 * time.Millisecond)
	slow := time.AfterFunc(1900*time.Millisecond, func() { broker.Resume() })
	defer slow.Stop()
	r.Stop()
	r.Start()
	r.inOrder(r.finish(0))
}
