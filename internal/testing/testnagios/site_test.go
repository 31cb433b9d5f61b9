package testnagios

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestNagiosRunsWhatTheTestDecides(t *testing.T) {
	s := New(t, Options{
		Hosts:    []Host{{Name: "h1", Interval: 1}},
		Services: []Service{{Host: "h1", Name: "s1", Interval: 1}},
		Settings: PNPTemplates(),
	})
	s.Start()
	s.Set("h1", "s1", 2, "CRITICAL - as decided\n")
	s.WaitLog("SERVICE ALERT: h1;s1;CRITICAL;HARD;1;CRITICAL - as decided")
	s.Command("ADD_SVC_COMMENT;h1;s1;1;me;a comment")
	s.WaitLog("EXTERNAL COMMAND: ADD_SVC_COMMENT;h1;s1;1;me;a comment")
	s.Stop()
	var decided int
	for _, c := range s.Checks() {
		host, service := s.Entity(c.Key)
		if host != "h1" || time.Since(c.Start) > time.Minute {
			t.Errorf("check %+v", c)
		}
		if service == "s1" && c.Exit == 2 && string(c.Output) == "CRITICAL - as decided\n" {
			decided++
		}
	}
	if decided == 0 {
		t.Error("the plugin did not write down what it printed")
	}
	b, err := os.ReadFile(s.path("service-perfdata"))
	if err != nil || !strings.Contains(string(b), "DATATYPE::SERVICEPERFDATA\tTIMET::") {
		t.Errorf("perfdata %q, %v", b, err)
	}
}
