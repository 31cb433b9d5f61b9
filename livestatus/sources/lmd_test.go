package sources

import (
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/livestatus/livestatustest"
)

// TestDeadBackend: what a backend of an LMD had reported stays as it was.
func TestDeadBackend(t *testing.T) {
	server := livestatustest.New(t, livestatustest.LMD)
	s1 := with(checked("s1", now(), 2, "broken"), row{"acknowledged": 1, "peer_key": "a"})
	server.Change(func(tables map[string][]row) {
		tables["services"] = []row{s1, with(checked("s2", now(), 0, "fine"), row{"peer_key": "b"})}
		tables["comments"] = []row{{"host_name": "h", "service_description": "s1", "id": 1, "author": "bob",
			"comment": "mine", "entry_time": now(), "entry_type": 1, "is_service": 1, "peer_key": "a"}}
	})
	in := newInbox(t)
	in.start(server, func(o *Options) { o.Scan = 30 * time.Millisecond })
	in.expect("first reading", "h;s1 present state 2 broken", "h;s2 present state 0 fine", "h;s1 acknowledgement #0 : ",
		"h;s1 comment added #1 bob: mine")
	server.Fail(map[string]string{"a": "peer is down"})
	in.await("it is noticed", func() bool { return in.logged("a backend of LMD does not answer") })
	in.awaitPolls(10)
	server.Fail(nil)
	in.await("it is back", func() bool { return in.logged("all backends of LMD answer again") })
	in.awaitPolls(10)
	in.expect("nothing has changed")
}

// TestStaleLMD: an LMD that goes on answering with what it knew is found out.
func TestStaleLMD(t *testing.T) {
	server := livestatustest.New(t, livestatustest.LMD)
	fresh := with(checked("s", now(), 0, "fine"), row{"lmd_last_cache_update": float64(now()) - 0.5})
	server.Set("services", with(fresh, row{"lmd_last_cache_update": now() - 345}))
	in := newInbox(t)
	in.start(server, func(o *Options) { o.Scan = 10 * time.Millisecond })
	in.await("it is found out", func() bool { return in.logged("LMD shows an old state") })
	server.Set("services", fresh)
	in.await("it is well again", func() bool { return in.logged("LMD shows a state of now again") })
}
