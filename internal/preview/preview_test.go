package preview

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

func TestPrintsEachEvent(t *testing.T) {
	commit := outbox.Commit{Events: []outbox.Event{
		{RoutingKey: "a.b.check.component.h", Body: []byte(`{"state":3,"output":"DOWN"}`)},
		{RoutingKey: "a.b.ack.component.h", Body: []byte(`{"output":"on it"}`)},
	}}
	for _, c := range []struct {
		colour bool
		want   string
	}{
		{
			false,
			"a.b.check.component.h\n  {\n    \"state\": 3,\n    \"output\": \"DOWN\"\n  }\na.b.ack.component.h\n  {\n" +
				"    \"output\": \"on it\"\n  }\n",
		},
		{
			true,
			"\x1b[31ma.b.check.component.h\x1b[0m\n  {\n    \"state\": 3,\n    \"output\": \"DOWN\"\n  }\n" +
				"\x1b[36ma.b.ack.component.h\x1b[0m\n  {\n    \"output\": \"on it\"\n  }\n",
		},
	} {
		var out bytes.Buffer
		wait, err := New(&out, c.colour, nil).Store(t.Context(), commit)
		if err != nil {
			t.Fatal(err)
		}
		if err := wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if out.String() != c.want {
			t.Errorf("got  %q\nwant %q", out.String(), c.want)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestAClosedTerminalEndsIt(t *testing.T) {
	_, err := New(broken{}, false, nil).Store(t.Context(), outbox.Commit{Events: make([]outbox.Event, 1)})
	if err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("error %v", err)
	}
}

func TestNamesTheSite(t *testing.T) {
	var out bytes.Buffer
	p := New(&out, false, map[outbox.Scope]string{"/etc/nagios4/nagios.cfg": "paris"})
	commit := outbox.Commit{
		Source: outbox.Scope("/etc/nagios4/nagios.cfg").Key("log"),
		Events: []outbox.Event{{RoutingKey: "k", Body: []byte("{}")}},
	}
	if _, err := p.Store(t.Context(), commit); err != nil {
		t.Fatal(err)
	}
	if want := "paris: k\n  {}\n"; out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}
