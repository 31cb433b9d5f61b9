package amqp

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// awaitProgress waits until some more messages are delivered.
func awaitProgress(t *testing.T, r *running) {
	t.Helper()
	confirmed := r.State().Confirmed
	await(t, "progress", func() bool { return r.State().Confirmed > confirmed+500 })
}

func TestBrokerStoppedAndKilledUnderLoad(t *testing.T) {
	t.Parallel()
	broker := testbroker.Start(t, brokerOptions)
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	r := run(t, quick(broker.URL(), exchange), q)
	stopLoad := q.load()
	// The broker's own words are not lost. On a loaded machine its reset of the
	// connection may overtake them, so there may be one more stop.
	heard := func() bool { return strings.Contains(r.log.String(), string(classStopping)) }
	faults := 0
	for i := 0; i < 3 || i < 7 && !heard(); i++ {
		faults++
		awaitProgress(t, r)
		if i%2 == 0 {
			must(t, broker.Stop())
		} else {
			broker.Kill()
		}
		must(t, broker.Start())
	}
	awaitProgress(t, r)
	stopLoad()
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), faults*r.options.Window)
	if !heard() {
		t.Errorf("%d stops, and no %q in the log", faults, classStopping)
	}
	if n := strings.Count(r.log.String(), "\n"); n > faults*6 {
		t.Errorf("%d log lines for %d faults:\n%s", n, faults, r.log)
	}
}

// TestDisturbedBroker runs the tests that pause, block or forbid, one after the
// other, on a broker of their own.
func TestDisturbedBroker(t *testing.T) {
	t.Parallel()
	broker := testbroker.Start(t, brokerOptions)
	for name, test := range map[string]func(*testing.T, *testbroker.Broker){
		"paused for more than two heartbeats": testPausedForMoreThanTwoHeartbeats,
		"stop while paused":                   testStopsInTimeWhilePaused,
		"memory alarm":                        testMemoryAlarm,
		"alarm longer than patience":          testAnAlarmIsNoMissingConfirmation,
		"queue suspended":                     testASuspendedQueue,
		"topic forbidden":                     testForbiddenTopics,
		"every topic forbidden":               testEveryTopicForbidden,
		"no permission":                       testNoPermission,
	} {
		t.Run(name, func(t *testing.T) { test(t, broker) })
	}
}

func testPausedForMoreThanTwoHeartbeats(t *testing.T, broker *testbroker.Broker) {
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	r := run(t, quick(broker.URL(), exchange), q)
	stopLoad := q.load()
	awaitProgress(t, r)
	must(t, broker.Pause())
	paused := time.Now()
	r.awaitLog(t, string(classSilent))
	if noticed := time.Since(paused); noticed > 3*r.options.Heartbeat {
		t.Errorf("the silence is noticed after %v", noticed)
	}
	await(t, "two more heartbeats", func() bool { return time.Since(paused) > 4*r.options.Heartbeat })
	must(t, broker.Resume())
	awaitProgress(t, r)
	stopLoad()
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), int(r.State().Connects)*r.options.Window)
}

func testStopsInTimeWhilePaused(t *testing.T, broker *testbroker.Broker) {
	exchange, _ := topology(t, broker)
	q := newMemoryQueue()
	options := quick(broker.URL(), exchange)
	options.Heartbeat = time.Minute
	r := run(t, options, q)
	stopLoad := q.load()
	defer stopLoad()
	awaitProgress(t, r)
	must(t, broker.Pause())
	sent := r.State().Sent
	await(t, "more sent", func() bool { return r.State().Sent > sent })
	r.stop(t) // fails the test if it takes more than 5 s
	must(t, broker.Resume())
}

func TestStopReleasesWhatIsConfirmed(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	q.fill(20000)
	r := run(t, quick(broker.URL(), exchange), q)
	awaitProgress(t, r)
	r.stop(t)
	state := r.State()
	if state.Sent != state.Confirmed {
		t.Errorf("stopped with %d sent and %d released", state.Sent, state.Confirmed)
	}
	if got := len(broker.Drain(t, name)); got != int(state.Confirmed) || 20000-q.left() != got {
		t.Errorf("%d messages came, %d are released", got, 20000-q.left())
	}
}

func testMemoryAlarm(t *testing.T, broker *testbroker.Broker) {
	exchange, name := topology(t, broker)
	q := newMemoryQueue()
	r := run(t, quick(broker.URL(), exchange), q)
	stopLoad := q.load()
	awaitProgress(t, r)

	must(t, broker.SetMemoryAlarm(true))
	cleared := false
	defer func() {
		if !cleared {
			broker.SetMemoryAlarm(false)
		}
	}()
	await(t, "blocked", func() bool { return r.State().Blocked != "" })
	blocked := r.State()
	await(t, "three heartbeats", func() bool { return !r.State().Working || q.left() > 5000 })
	if state := r.State(); state.Connects != blocked.Connects ||
		state.Sent > blocked.Confirmed+uint64(r.options.Window) {
		t.Errorf("blocked with %+v, then %+v: want the same connection and nothing sent", blocked, state)
	}
	must(t, broker.SetMemoryAlarm(false))
	cleared = true
	awaitProgress(t, r)
	stopLoad()
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)
	if n := strings.Count(r.log.String(), "has blocked publishing"); n != 1 {
		t.Errorf("the alarm is logged %d times:\n%s", n, r.log)
	}
	r.awaitLog(t, "takes events again")
	if state := r.State(); state.Blocked != "" {
		t.Errorf("still blocked: %q", state.Blocked)
	}
}

func TestFailoverFromDeadPort(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, dead.Close())
	options := quick(broker.URL(), exchange)
	options.URLs = []string{broker.URLAt(dead.Addr().String()), broker.URL()}
	q := newMemoryQueue()
	q.fill(100)
	r := run(t, options, q)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)
	r.awaitLog(t, string(classUnreachable))
	r.awaitLog(t, "events go out again")
}

func TestFailoverToTheNextBroker(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	first, second := newProxy(t, broker.Addr()), newProxy(t, broker.Addr())
	options := quick(broker.URL(), exchange)
	options.URLs = []string{broker.URLAt(first.addr()), broker.URLAt(second.addr())}
	q := newMemoryQueue()
	r := run(t, options, q)
	stopLoad := q.load()
	awaitProgress(t, r)
	first.cut()
	awaitProgress(t, r)
	if first.connections() != 1 || second.connections() != 1 {
		t.Errorf("%d and %d connections, want one each", first.connections(), second.connections())
	}
	stopLoad()
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), r.options.Window)
}

func TestUnknownHost(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, _ := topology(t, broker)
	options := quick(broker.URL(), exchange)
	options.URLs = []string{broker.URLAt("no-such-host.invalid:5672")}
	r := run(t, options, newMemoryQueue())
	r.awaitLog(t, string(classUnknownHost))
}

func TestSilentPeerAtLogin(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	options := quick(broker.URL(), exchange)
	options.ConnectTimeout = 500 * time.Millisecond
	options.URLs = []string{broker.URLAt(silentPeer(t)), broker.URL()}
	q := newMemoryQueue()
	q.fill(100)
	r := run(t, options, q)
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)
	r.awaitLog(t, string(classSilent))
}

func TestBlackHoleAfterLogin(t *testing.T) {
	t.Parallel()
	broker, name, p, options := behindProxy(t)
	q := newMemoryQueue()
	r := run(t, options, q)
	stopLoad := q.load()
	for range 3 {
		awaitProgress(t, r)
		p.freeze()
		await(t, "the end of the connection", func() bool { return !r.State().Working })
		p.cut()
		p.thaw()
	}
	awaitProgress(t, r)
	stopLoad()
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), int(r.State().Connects)*r.options.Window)
}

// An idle connection is lost, and there is nothing to send that could find out.
func TestIdleConnectionIsRestored(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, _ := topology(t, broker)
	p := newProxy(t, broker.Addr())
	options := quick(broker.URL(), exchange)
	options.URLs = []string{broker.URLAt(p.addr())}
	r := run(t, options, newMemoryQueue())
	await(t, "the connection", func() bool { return r.State().Working })
	p.cut()
	await(t, "a new connection", func() bool { return r.State().Connects == 2 && r.State().Working })
	r.awaitLog(t, string(classLost))
	r.awaitLog(t, "events go out again")
}

func testNoPermission(t *testing.T, broker *testbroker.Broker) {
	exchange, name := topology(t, broker)
	must(t, broker.Control("set_permissions", "-p", testbroker.VHost, testbroker.User, ".*", "^$", ".*"))
	restored := false
	restore := func() {
		if !restored {
			must(t, broker.Control("set_permissions", "-p", testbroker.VHost, testbroker.User, ".*", ".*", ".*"))
		}
		restored = true
	}
	defer restore()
	q := newMemoryQueue()
	q.fill(100)
	r := run(t, quick(broker.URL(), exchange), q)
	r.awaitLog(t, string(classPermission))
	await(t, "more attempts", func() bool { return r.State().Connects > 3 })
	restore()
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)
	if n := strings.Count(r.log.String(), string(classPermission)); n != 1 {
		t.Errorf("the fault is logged %d times, want once", n)
	}
}
