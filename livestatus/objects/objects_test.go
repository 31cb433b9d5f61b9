package objects

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/livestatustest"
)

type row = livestatustest.Row

func newWatcher(t *testing.T, server *livestatustest.Server) *Watcher {
	t.Helper()
	w, err := New(livestatus.Options{Address: server.Address()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestObjects of every dialect have their groups, addresses and variables.
func TestObjects(t *testing.T) {
	for _, dialect := range livestatustest.All() {
		server := livestatustest.New(t, dialect)
		server.Set("hosts", row{
			"name": "h", "alias": "the host", "address": "192.0.2.1", "groups": []string{"linux", "web"},
			"custom_variable_names": []string{"OS", "NOTE"}, "custom_variable_values": []string{"Linux 6",
				"two\nlines"},
			"max_check_attempts": 3, "notes_url_expanded": "http://wiki/h?a=b c",
		})
		server.Set("services", row{
			"host_name": "h", "description": "disk /", "display_name": "Disk", "groups": []string{"disks"},
			"contact_groups": []string{"admins"}, "process_performance_data": 1,
		})
		w := newWatcher(t, server)
		if err := w.Load(context.Background()); err != nil {
			t.Fatal(err)
		}
		host := w.Object(supervision.Entity{Host: "h"})
		want := &supervision.Object{
			Alias: "the host", Address: "192.0.2.1", Groups: []string{"linux", "web"}, MaxAttempts: 3,
			NotesURL: "http://wiki/h?a=b c", PerfdataOff: true,
			CustomVars: []supervision.CustomVar{{Name: "OS", Value: "Linux 6"}, {Name: "NOTE", Value: "two lines"}},
		}
		if diff := cmp.Diff(want, host); diff != "" {
			t.Errorf("%s: %s", dialect.Name, diff)
		}
		disk := supervision.Entity{Host: "h", Service: "disk /"}
		if o := w.Object(disk); o == nil || o.DisplayName != "Disk" || fmt.Sprint(o.ContactGroups) != "[admins]" {
			t.Errorf("%s: service %+v", dialect.Name, o)
		}
		if got := w.Members(supervision.ScopeServicegroupServices, supervision.Entity{}, "disks"); len(got) != 1 ||
			got[0] != disk {
			t.Errorf("%s: members %v", dialect.Name, got)
		}
		if o := w.Object(supervision.Entity{Host: "other"}); o != nil {
			t.Errorf("%s: %+v of an unknown host", dialect.Name, o)
		}
	}
}

// TestObjectsAreReadAnew when the supervisor has started anew, and stay what they were
// while it does not answer.
func TestObjectsAreReadAnew(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	server.Set("hosts", row{"name": "h", "alias": "before"})
	w := newWatcher(t, server)
	w.look = 10 * time.Millisecond
	if err := w.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	server.Set("hosts", row{"name": "h", "alias": "after"})
	server.Change(func(tables map[string][]row) { tables["status"][0]["program_start"] = 1800000000 })
	alias := func() string { return w.Object(supervision.Entity{Host: "h"}).Alias }
	for deadline := time.Now().Add(20 * time.Second); alias() != "after"; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not read anew")
		}
	}
	server.Stop()
	if alias() != "after" {
		t.Error("forgotten while the server does not answer")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestUnreachable: the error names the place, and nothing is known.
func TestUnreachable(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	server.Stop()
	w := newWatcher(t, server)
	if err := w.Load(context.Background()); err == nil {
		t.Error("no error")
	}
	if w.Object(supervision.Entity{Host: "h"}) != nil || w.Members(0, supervision.Entity{}, "g") != nil {
		t.Error("something is known")
	}
	for range w.Hosts() {
		t.Error("a host is known")
	}
}

// TestDeadBackend: the objects of the others are known, and those that were known stay.
func TestDeadBackend(t *testing.T) {
	server := livestatustest.New(t, livestatustest.LMD)
	server.Set("hosts", row{"name": "a", "peer_key": "1"}, row{"name": "b", "peer_key": "2"})
	server.Fail(map[string]string{"2": "peer is down"})
	w := newWatcher(t, server)
	known := func(host string) bool { return w.Object(supervision.Entity{Host: host}) != nil }
	if err := w.Load(context.Background()); err == nil || !known("a") || known("b") {
		t.Errorf("%v, a %t, b %t", err, known("a"), known("b"))
	}
	if w.Lacks(supervision.Entity{Host: "b"}) {
		t.Error("a host of a dead backend is taken for one that does not exist")
	}
	server.Fail(nil)
	if err := w.Load(context.Background()); err != nil || !known("b") {
		t.Errorf("%v, b %t", err, known("b"))
	}
	if w.Lacks(supervision.Entity{Host: "b"}) || !w.Lacks(supervision.Entity{Host: "other"}) {
		t.Error("the whole server lacks what it has, or has what it lacks")
	}
	server.Fail(map[string]string{"2": "peer is down"})
	server.Change(func(tables map[string][]row) { tables["status"][0]["program_start"] = 1800000000 })
	if err := w.Load(context.Background()); err == nil || !known("b") {
		t.Errorf("%v, b %t", err, known("b"))
	}
}
