package endtoend

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// A target that can't be reached is switched off for a while, over a restart, and on
// again.
func TestATargetThatIsSwitchedOffKeepsItsBacklog(t *testing.T) {
	t.Parallel()
	r := perfdataRig(t, Settings{"publish.stdout.enabled": true})
	r.out = &buffer{}
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
