package sources

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/livestatustest"
)

// eachDialect runs a test against every dialect.
func eachDialect(t *testing.T, test func(t *testing.T, server *livestatustest.Server)) {
	for _, dialect := range livestatustest.All() {
		t.Run(dialect.Name, func(t *testing.T) {
			t.Parallel()
			server := livestatustest.New(t, dialect)
			server.Set("hosts", row{"name": "h", "has_been_checked": 1, "last_check": now() - 5, "plugin_output": "up"})
			test(t, server)
		})
	}
}

func now() int64 { return time.Now().Unix() }

func (in *inbox) expect(what string, want ...string) {
	in.t.Helper()
	var got []string
	in.await(what, func() bool {
		got = append(got, in.take()...)
		slices.Sort(got)
		return len(got) >= len(want)
	})
	slices.Sort(want)
	if !slices.Equal(got, want) {
		in.t.Fatalf("%s: got %q, want %q", what, got, want)
	}
}

// TestLifeOfAProblem: everything that the present state shows becomes records once, in
// every dialect, without a reading of all objects.
func TestLifeOfAProblem(t *testing.T) {
	eachDialect(t, func(t *testing.T, server *livestatustest.Server) {
		s1, s2 := checked("s1", now()-4, 0, "fine"), checked("s2", now()-400, 0, "fine")
		update := func(r row) row { return with(r, row{"last_update": float64(time.Now().UnixMilli()) / 1000}) }
		server.Set("services", update(s1), with(s2, row{"last_update": now() - 400}))
		if server.Dialect.LastUpdate {
			server.Change(func(tables map[string][]row) { tables["hosts"][0]["last_update"] = now() })
		}
		in := newInbox(t)
		in.start(server, nil)
		in.expect("first reading", "h present state 0 up", "h;s1 present state 0 fine", "h;s2 present state 0 fine")

		s1 = checked("s1", now(), 2, "broken; really")
		server.Set("services", update(s1), s2)
		in.expect("problem", "h;s1 check result 2 broken; really")

		acked := with(s1, row{"acknowledged": 1, "acknowledgement_type": 2})
		server.Change(func(tables map[string][]row) {
			tables["services"] = []row{update(acked), s2}
			tables["comments"] = []row{{"host_name": "h", "service_description": "s1", "id": 1, "author": "bob",
				"comment": "I look", "entry_time": now(), "entry_type": 4, "is_service": 1}}
		})
		in.expect("acknowledgement", "h;s1 acknowledgement #1 bob: I look")

		server.Change(func(tables map[string][]row) {
			tables["services"] = []row{update(s1), s2}
			tables["comments"] = []row{{"host_name": "h", "id": 2, "author": "ann", "comment": "hello",
				"entry_time": now(), "entry_type": 1}}
		})
		in.expect("its end, and a comment", "h;s1 acknowledgement removed #0 : ", "h comment added #2 ann: hello")

		server.Change(func(tables map[string][]row) {
			// What is in downtime or flapping has not been checked for long.
			tables["services"] = []row{update(s1), with(s2, row{"scheduled_downtime_depth": 1, "is_flapping": 1})}
			tables["comments"] = nil
			tables["downtimes"] = []row{{"host_name": "h", "service_description": "s2", "id": 7, "author": "carl",
				"comment": "work", "entry_time": now(), "start_time": now() - 1, "end_time": now() + 3600, "fixed": 1,
				"is_service": 1}}
		})
		in.expect("downtime and flapping", "h comment deleted #2 : ", "h;s2 downtime scheduled #7 carl: work",
			"h;s2 downtime started #7 carl: work", "h;s2 flapping started")

		server.Change(func(tables map[string][]row) {
			tables["services"] = []row{update(s1), s2}
			tables["downtimes"] = nil
		})
		in.expect("their end", "h;s2 downtime cancelled #7 carl: work", "h;s2 flapping stopped")
		in.awaitPolls(2)
		in.expect("nothing more")
	})
}

// TestLateResults: a check that took long is shown with the time at which it began.
func TestLateResults(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	server.Set("services", checked("s1", now(), 0, "fine"), checked("s2", now()-100, 0, "fine"))
	in := newInbox(t)
	in.start(server, nil)
	in.expect("first reading", "h;s1 present state 0 fine", "h;s2 present state 0 fine")
	server.Set("services", checked("s1", now(), 0, "fine"),
		with(checked("s2", now()-55, 2, "slow"), row{"execution_time": 54}))
	in.await("the slow check", func() bool { return slices.Contains(in.take(), "h;s2 check result 2 slow") })
}

// TestScan finds what no window shows: passive results with an old time, and objects that
// are gone, which are then present states when they come back.
func TestScan(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	s1, s2 := checked("s1", now(), 0, "fine"), checked("s2", now()-5000, 0, "fine")
	server.Set("services", s1, s2)
	in := newInbox(t)
	in.start(server, func(o *Options) { o.Scan = 50 * time.Millisecond })
	in.expect("first reading", "h;s1 present state 0 fine", "h;s2 present state 0 fine")
	old := with(checked("s2", now()-4000, 1, "from yesterday"), row{"check_type": 1})
	server.Set("services", s1, old)
	in.expect("an old passive result", "h;s2 check result 1 from yesterday")
	// Another one of the same second, which differs in nothing but the latency and text.
	server.Set("services", s1, with(old, row{"latency": 0.25, "plugin_output": "and another"}))
	in.expect("another one", "h;s2 check result 1 and another")
	server.Set("services", s1)
	in.awaitPolls(10)
	in.expect("an object that is gone")
	server.Set("services", s1, old)
	in.expect("it is back", "h;s2 check result 1 from yesterday")
}

// TestPollsAreCheap: a poll in which nothing has changed asks for few columns of few
// objects.
func TestPollsAreCheap(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	var rows []row
	for i := range 400 {
		rows = append(rows, checked(fmt.Sprint("s", i), now()-1000-int64(i), 0, "fine"))
	}
	server.Set("services", append(rows, checked("s", now(), 0, "fine"))...)
	in := newInbox(t)
	in.start(server, nil)
	in.await("first reading", func() bool { return in.polled() > 0 })
	server.Queries()
	in.awaitPolls(3)
	for _, q := range server.Queries() {
		if strings.Contains(q, "plugin_output") {
			t.Errorf("asked although nothing has changed: %q", q)
		}
		if strings.HasPrefix(q, "GET services") && !strings.Contains(q, "Filter: last_check >= ") {
			t.Errorf("all services are asked for: %q", q)
		}
	}
}

// TestRestart: nothing is reported twice after a restart of the connector, but present
// states; what ended meanwhile ends.
func TestRestart(t *testing.T) {
	server := livestatustest.New(t, livestatustest.Naemon)
	s := with(checked("s", now(), 2, "broken"), row{"acknowledged": 1, "acknowledgement_type": 1, "last_update": now()})
	server.Set("services", s)
	server.Set("comments", row{"host_name": "h", "service_description": "s", "id": 1, "author": "bob",
		"comment":    "mine",
		"entry_time": now(), "entry_type": 4, "is_service": 1})
	in := newInbox(t)
	stop := in.start(server, nil)
	in.expect("first reading", "h;s present state 2 broken", "h;s acknowledgement #1 bob: mine")
	stop()
	stop = in.start(server, nil)
	in.expect("second start", "h;s present state 2 broken")
	stop()
	server.Set("services", with(s, row{"acknowledged": 0}))
	in.start(server, nil)
	in.expect("third start", "h;s present state 2 broken", "h;s acknowledgement removed #0 : ")
}

// TestSupervisorRestarts: it may go on from older states, which are all reported.
func TestSupervisorRestarts(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	server.Set("services", checked("s", now()-500, 0, "fine"))
	in := newInbox(t)
	in.start(server, nil)
	in.expect("first reading", "h;s present state 0 fine")
	server.Change(func(tables map[string][]row) {
		tables["status"][0]["program_start"] = now()
		tables["status"][0]["execute_service_checks"] = 0
	})
	in.expect("after its restart", "h;s present state 0 fine")
	if !in.logged("active checks of services are switched off") {
		t.Error("nothing is logged of the checks that are off")
	}
}

// TestServerGoesAway and comes back: nothing is reported of it, and what happened
// meanwhile is.
func TestServerGoesAway(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	server.Set("services", checked("s", now()-500, 0, "fine"))
	in := newInbox(t)
	in.start(server, nil)
	in.expect("first reading", "h;s present state 0 fine")
	server.Stop()
	in.await("trouble", func() bool { return in.logged("can't read the supervisor's state") })
	server.Set("services", checked("s", now()-400, 2, "broken"))
	server.Start()
	in.expect("what happened meanwhile", "h;s check result 2 broken")
	if !in.logged("is read again") {
		t.Error("nothing is logged of the recovery")
	}
}

// TestBrokenAnswers cost a poll, and nothing that is known.
func TestBrokenAnswers(t *testing.T) {
	for name, answer := range map[string]string{
		"half an answer": "200         500\n[[\"h\",\"s\",1,", "garbage": "Couldn't connect to UNIX-socket at /x\n",
		"no such table": "404           2\nno", "empty": "200           0\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := livestatustest.New(t, livestatustest.MK)
			server.Set("services", with(checked("s", now(), 2, "broken"), row{"acknowledged": 1}))
			in := newInbox(t)
			in.start(server, nil)
			in.await("first reading", func() bool { return in.polled() > 0 })
			in.take()
			server.Meddle(func(conn net.Conn, query string) bool {
				if !strings.HasPrefix(query, "GET services") {
					return false
				}
				io.WriteString(conn, answer)
				conn.Close()
				return true
			})
			in.await("trouble", func() bool { return in.logged("can't read the supervisor's state") })
			server.Meddle(nil)
			in.await("recovery", func() bool { return in.logged("is read again") })
			in.expect("nothing was changed by it")
		})
	}
}

// TestOddRows go to quarantine, once, and never stop the rest.
func TestOddRows(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	server.Set("services", with(checked("odd", now(), 7, "what"), nil), checked("s", now(), 0, "fine"),
		with(checked("", now(), 0, "nobody"), nil))
	in := newInbox(t)
	in.start(server, func(o *Options) { o.Scan = 10 * time.Millisecond })
	in.expect("the others", "h;s present state 0 fine")
	in.awaitPolls(5)
	var reasons []string
	for _, b := range in.batches {
		for _, r := range b.Rejected {
			reasons = append(reasons, r.Where+": "+r.Reason)
		}
	}
	if len(reasons) != 2 || !strings.Contains(reasons[0], "h;odd: state: 7 is not within 0 and 3") {
		t.Errorf("rejected %q", reasons)
	}
}

// TestAsked: an object that another reader has doubts about is reported again.
func TestAsked(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	server.Set("services", checked("s", now()-5000, 0, "fine"))
	in := newInbox(t)
	source, err := New(in.options(server))
	if err != nil {
		t.Fatal(err)
	}
	doubts := make(chan supervision.Entity, 1)
	source.Ask(func() []supervision.Entity {
		select {
		case e := <-doubts:
			return []supervision.Entity{e}
		default:
			return nil
		}
	})
	in.run(source, nil)
	in.expect("first reading", "h;s present state 0 fine")
	doubts <- supervision.Entity{Host: "h", Service: "s"}
	in.expect("asked for", "h;s check result 0 fine")
}
