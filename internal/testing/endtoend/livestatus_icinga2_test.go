package endtoend

import (
	"slices"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testicinga"
)

// TestIcinga2OverLivestatus: the life of a problem in a real Icinga 2, whose Livestatus
// socket is the only source: results, acknowledgements, comments and downtimes, through a
// reload of Icinga 2 and a kill of the connector.
func TestIcinga2OverLivestatus(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
	t.Parallel()
	icinga := testicinga.Start(t, "s0", "s1", "s2", "s3", "s4")
	c := overLivestatus(t, icinga.Address(), Settings{
		"connector": "icinga", "readers.livestatus.poll": "500ms", "readers.livestatus.scan": "3s",
		"mapping.events.downtime_comment": true,
	})
	c.Start()
	has := func(object, event string) {
		t.Helper()
		Eventually(t, object+" has "+event, 30*time.Second, func() bool {
			return slices.Contains(printed(t, c, object), event)
		})
	}
	for _, object := range []string{"h", "h;s0", "h;s1", "h;s2", "h;s3", "h;s4"} {
		has(object, "check 0 OK - fine")
	}

	icinga.Set("s0", 2, "CRITICAL - disque plein à 98 %; really|a=98")
	has("h;s0", "check 3 CRITICAL - disque plein à 98 %; really")
	icinga.Command("ACKNOWLEDGE_SVC_PROBLEM;h;s0;2;1;1;bob;I look; at it")
	has("h;s0", "ack I look; at it")
	icinga.Command("ADD_SVC_COMMENT;h;s1;1;ann;bonjour é")
	has("h;s1", "comment bonjour é")

	now := time.Now().Unix()
	icinga.Command("SCHEDULE_SVC_DOWNTIME;h;s2;%d;%d;1;0;0;carl;work", now, now+3600)
	Eventually(t, "the downtime of s2 begins", 30*time.Second, func() bool {
		return slices.ContainsFunc(printed(t, c, "h;s2"), func(e string) bool { return e[:7] == "comment" })
	})

	c.Kill()
	icinga.Set("s3", 1, "WARNING - only while you were away")
	Eventually(t, "Icinga 2 sees it", 30*time.Second, func() bool { return icinga.State("s3") == 1 })
	icinga.Set("s3", 0, "OK - again")
	Eventually(t, "Icinga 2 sees the recovery", 30*time.Second, func() bool { return icinga.State("s3") == 0 })
	icinga.Command("REMOVE_SVC_ACKNOWLEDGEMENT;h;s0")
	c.Start()
	has("h;s3", "check 1 WARNING - only while you were away")
	has("h;s3", "check 0 OK - again")
	has("h;s0", "ackremove")

	icinga.Reload()
	icinga.Set("s4", 3, "UNKNOWN - after the reload")
	has("h;s4", "check 2 UNKNOWN - after the reload")
	icinga.Set("s0", 0, "OK - there is room")
	has("h;s0", "check 0 OK - there is room")
	c.Stop()

	if acks := count(printed(t, c, "h;s0"), "ack I look; at it"); acks != 1 {
		t.Errorf("%d acknowledgements, want 1: %q", acks, printed(t, c, "h;s0"))
	}
	for object, want := range map[string]string{
		"h;s0": "check 0 OK - there is room", "h;s3": "check 0 OK - again",
		"h;s4": "check 2 UNKNOWN - after the reload",
	} {
		events := slices.DeleteFunc(printed(t, c, object), func(e string) bool { return e[:5] != "check" })
		if last := events[len(events)-1]; last != want {
			t.Errorf("the last event of %s is %q, want %q", object, last, want)
		}
	}
}

func count(events []string, event string) (n int) {
	for _, e := range events {
		if e == event {
			n++
		}
	}
	return n
}
