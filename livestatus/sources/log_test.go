package sources

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/livestatustest"
)

// logRows makes the rows of log lines "second text".
func logRows(lines ...string) (rows []row) {
	for i, text := range lines {
		var at int64
		var rest string
		fmt.Sscanf(text, "%d", &at)
		_, rest, _ = strings.Cut(text, " ")
		class := 1
		switch {
		case strings.HasPrefix(rest, "EXTERNAL"):
			class = 5
		case strings.Contains(rest, "NOTIFICATION"):
			class = 3
		case strings.HasPrefix(rest, "LOG ROTATION"):
			class = 0
		}
		kind, _, _ := strings.Cut(rest, ":")
		rows = append(rows, row{"time": at, "class": class, "type": kind, "lineno": i + 1,
			"message": fmt.Sprintf("[%d] %s", at, rest)})
	}
	return rows
}

func alert(at int64, name, output string) string {
	return fmt.Sprintf("%d SERVICE ALERT: h;%s;CRITICAL;HARD;1;%s", at, name, output)
}

func (in *inbox) startLog(server *livestatustest.Server) (source *Log, stop func()) {
	in.t.Helper()
	source, err := NewLog(in.options(server))
	if err != nil {
		in.t.Fatal(err)
	}
	return source, in.run(source, in.position)
}

// TestLog: lines that come become records once, in their order, whoever answers in
// whichever order; and in a restart none is lost or repeated.
func TestLog(t *testing.T) {
	for _, dialect := range livestatustest.All() {
		t.Run(dialect.Name, func(t *testing.T) {
			t.Parallel()
			server := livestatustest.New(t, dialect)
			start := now() - 3000
			lines := []string{fmt.Sprintf("%d LOG ROTATION: DAILY", start), alert(start+1, "s", "long ago"),
				fmt.Sprintf("%d LOG ROTATION: DAILY", start+2)} // a restart: no other file
			server.Set("log", logRows(lines...)...)
			in := newInbox(t)
			_, stop := in.startLog(server)
			in.awaitPolls(1)
			add := func(more ...string) {
				lines = append(lines, more...)
				server.Set("log", logRows(lines...)...)
			}
			at := now()
			add(alert(at, "s", "one; with more"), alert(at, "s", "one; with more"), alert(at, "s", "two"),
				fmt.Sprintf("%d SERVICE NOTIFICATION: ann;h;s;CRITICAL;mail;two", at))
			in.expect("in one second", "h;s check result 2 one; with more", "h;s check result 2 one; with more",
				"h;s check result 2 two")
			in.awaitPolls(2)
			add(alert(at-2, "late", "written behind younger ones"), alert(at, "s", "three"))
			in.expect("in the same second", "h;late check result 2 written behind younger ones",
				"h;s check result 2 three")
			stop()
			add(alert(at, "s", "four"), alert(at+1, "s", "five"))
			_, stop = in.startLog(server)
			in.expect("while we were away", "h;s check result 2 four", "h;s check result 2 five")
			stop()
			in.startLog(server)
			in.awaitPolls(2)
			in.expect("nothing more")
		})
	}
}

// TestLogCatchesUp in parts, in order.
func TestLogCatchesUp(t *testing.T) {
	server := livestatustest.New(t, livestatustest.Naemon)
	in := newInbox(t)
	_, stop := in.startLog(server)
	in.await("the first position", func() bool { return in.stored() != nil })
	stop()
	position, err := logPosition{From: now() - 20*3600}.encode()
	if err != nil {
		t.Fatal(err)
	}
	in.position = position
	var lines, want []string
	for i := range 3000 {
		lines = append(lines, alert(now()-19*3600+int64(i)*20, "s", fmt.Sprint("n", i)))
		want = append(want, fmt.Sprint("h;s check result 2 n", i))
	}
	server.Set("log", logRows(lines...)...)
	server.Queries()
	in.startLog(server)
	var got []string
	in.await("all of it", func() bool { got = append(got, in.take()...); return len(got) >= len(want) })
	if !slices.Equal(got, want) {
		t.Errorf("got %d records, not in order or not all", len(got))
	}
	bounded := slices.IndexFunc(server.Queries(), func(q string) bool { return strings.Contains(q, "Filter: time < ") })
	if bounded < 0 {
		t.Error("all of it is asked for at once")
	}
}

// TestRefusedOrders are recognised across lines, and the last order waits for the next
// line only for a moment.
func TestRefusedOrders(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	in := newInbox(t)
	in.startLog(server)
	in.awaitPolls(1)
	order := "ADD_SVC_COMMENT;h;s;1;bob;"
	lines := []string{fmt.Sprintf("%d EXTERNAL COMMAND: %sno", now(), order),
		fmt.Sprintf("%d Error: External command failed -> %sno", now(), order),
		fmt.Sprintf("%d EXTERNAL COMMAND: %syes", now(), order)}
	server.Set("log", logRows(lines...)...)
	in.expect("the one that was carried out", "h;s comment added #0 bob: yes")
}

// TestLook makes the source look at once.
func TestLook(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	in := newInbox(t)
	o := in.options(server)
	o.Poll = time.Hour
	source, err := NewLog(o)
	if err != nil {
		t.Fatal(err)
	}
	in.run(source, nil)
	in.await("the first look", func() bool { return in.polled() == 1 })
	server.Set("log", logRows(alert(now(), "s", "new"))...)
	source.Look()
	in.expect("at once", "h;s check result 2 new")
}

// TestNoLog: the source fails, so that nobody waits for it, and says what to do.
func TestNoLog(t *testing.T) {
	server := livestatustest.New(t, livestatustest.LMD)
	server.Fail(map[string]string{"a": "peer is down"})
	source, err := NewLog(newInbox(t).options(server))
	if err != nil {
		t.Fatal(err)
	}
	err = source.Run(context.Background(), nil, func(context.Context, supervision.Batch) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "backend a (peer is down): a site for each backend") {
		t.Errorf("got %v", err)
	}
}

// FuzzLogPosition: a stored position that is damaged is an error, or one to go on from.
func FuzzLogPosition(f *testing.F) {
	f.Add([]byte(`{"v":1,"from":1700000000,"seen":[{"at":1700000000,"sum":7,"n":1}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := decodeLogPosition(text)
		if err != nil {
			return
		}
		place := newLogPlace(p)
		place.take(line{time: 1, text: text})
		place.endRound()
		if _, err := place.position().encode(); err != nil {
			t.Error(err)
		}
	})
}
