package timeline

import (
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// What a module has left in its spool comes before what the log shows of the time
// after it.
func TestLogWaitsForTheRestOfAModulesSpool(t *testing.T) {
	readers := []Reader{logReader, {Name: "module", View: Everything, HasState: true, HasOutput: true}}
	o := NewOrder(readers)
	for _, r := range readers {
		o.Begins(r.Name, at(19))
	}
	alert := []supervision.Record{result(web, 10, supervision.OK, "fine")}
	admit := func(want int, when string) {
		t.Helper()
		if got := o.Admit("log", alert, at(20), at(20)); got != want {
			t.Errorf("%s: %d records may enter, want %d", when, got, want)
		}
	}
	admit(0, "the module's spool has not been read")
	o.Entered("module", []supervision.Record{result(web, 5, supervision.Critical, "down")}, at(20))
	admit(0, "the module has come to an earlier moment")
	o.Done("module", at(20), at(20))
	admit(1, "the module's spool has been read to its end")
}
