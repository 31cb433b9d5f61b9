package snapshot_test

import (
	"fmt"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// row is what a poller decodes of a service.
type row struct{ host, service, state, lastCheck, output string }

// A poller that asks for all services first, and then for those that changed.
func Example() {
	memory, err := snapshot.Restore(nil) // the position that is stored
	if err != nil {
		fmt.Println(err)
		return
	}
	poll := func(at int64, complete snapshot.Tables, rows ...row) {
		reading := memory.Begin(time.Unix(at, 0), fmt.Sprint("example:", at))
		for _, r := range rows {
			object := reading.Object(snapshot.Name{Host: []byte(r.host), Service: []byte(r.service)})
			object.Conditions(snapshot.Conditions{})
			if object.IsNewResult([]byte(r.lastCheck), []byte(r.state), []byte(r.output)) {
				end, _ := supervision.ParseTime(r.lastCheck)
				record := object.Result(supervision.Check{Output: r.output}, end, "check:"+r.lastCheck)
				fmt.Println(record.Ref, record.Kind, record.Check.Output)
			}
		}
		for _, record := range reading.Finish(complete) {
			fmt.Println(record.Ref, record.Kind)
		}
		// memory.Position() goes with the last batch.
	}
	poll(1100, snapshot.AllTables, row{"h", "disk", "0", "1090", "OK"}, row{"h", "load", "0", "1095", "OK"})
	poll(1110, 0, row{"h", "disk", "2", "1105", "full"}, row{"h", "load", "0", "1095", "OK"})
	// Output:
	// example:1100:h;disk:check:1090 present state OK
	// example:1100:h;load:check:1095 present state OK
	// example:1110:h;disk:check:1105 check result full
}
