package sources

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/livestatus/livestatustest"
)

// TestWaiting: a change of state ends the rest of a server that waits; one that answers
// at once is found out, and is not asked faster than the floor.
func TestWaiting(t *testing.T) {
	t.Run("waits", func(t *testing.T) {
		t.Parallel()
		server := livestatustest.New(t, livestatustest.MK)
		server.Set("services", checked("s", now(), 0, "fine"))
		in := newInbox(t)
		in.start(server, func(o *Options) { o.Poll = time.Hour })
		in.expect("first reading", "h;s present state 0 fine")
		in.await("a wait", func() bool {
			return slices.ContainsFunc(server.Queries(), func(q string) bool {
				return strings.Contains(q,
					"WaitTrigger: state")
			})
		})
		server.Set("services", checked("s", now(), 2, "broken"))
		in.expect("at once", "h;s check result 2 broken")
	})
	t.Run("waits again", func(t *testing.T) {
		if testing.Short() {
			t.Skip("slow: make test runs it")
		}
		t.Parallel()
		server := livestatustest.New(t, livestatustest.MK)
		in := newInbox(t)
		in.start(server, func(o *Options) { o.Poll = time.Hour })
		in.await("first reading", func() bool { return in.polled() == 1 })
		waits := 0
		in.await("a second wait, when the first is over", func() bool {
			for _, q := range server.Queries() {
				waits += strings.Count(q, "WaitTrigger")
			}
			return waits >= 2
		})
		if n := in.polled(); n != 1 {
			t.Errorf("%d polls, although nothing has changed", n)
		}
	})
	t.Run("stops meanwhile", func(t *testing.T) {
		t.Parallel()
		server := livestatustest.New(t, livestatustest.MK)
		server.Set("services", checked("s", now(), 0, "fine"))
		in := newInbox(t)
		in.start(server, func(o *Options) { o.Poll = time.Hour })
		waits := func() bool {
			return slices.ContainsFunc(server.Queries(), func(q string) bool {
				return strings.Contains(q, "WaitTrigger")
			})
		}
		in.await("a wait", waits)
		in.take()
		server.Stop()
		server.Set("services", checked("s", now(), 2, "broken"))
		server.Start()
		in.expect("at once", "h;s check result 2 broken")
		in.await("another wait", waits)
	})
	t.Run("answers at once", func(t *testing.T) {
		t.Parallel()
		dialect := livestatustest.MK
		dialect.Waits = false
		server := livestatustest.New(t, dialect)
		in := newInbox(t)
		in.start(server, func(o *Options) { o.Poll = time.Hour })
		in.await("it is found out", func() bool { return in.logged("answers at once instead of waiting") })
		if n := in.polled(); n > maxEarly+1 {
			t.Errorf("%d polls", n)
		}
	})
}
