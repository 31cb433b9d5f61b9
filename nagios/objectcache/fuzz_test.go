package objectcache

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func FuzzParse(f *testing.F) {
	samples, err := filepath.Glob("testdata/*.cache")
	if err != nil || len(samples) == 0 {
		f.Fatal("no samples", err)
	}
	for _, name := range samples {
		sample, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sample)
	}
	f.Add([]byte("define host {\n\thost_name\ta\n\tparents\ta,b,,a\n\tnotes\t$HOSTNAME$$$ $_HOSTX$\n\t_X\tnull\n\t}\n"))
	f.Add([]byte("define servicegroup {\n\tservicegroup_name\tg\n\tmembers\ta,b,c\n}\ndefine host{\nhost_name \xff\n}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, err := Parse(bytes.NewReader(data))
		if err != nil {
			return
		}
		stats := inv.Stats()
		if len(inv.records) != stats.Hosts+stats.Services {
			t.Fatalf("%d records for %+v", len(inv.records), stats)
		}
		for i := range inv.records {
			checkObject(t, inv, inv.entity(inv.records[i].objectKey))
		}
	})
}

// checkObject checks that an object is found by its name, with groups in order
// of which it is a member.
func checkObject(t *testing.T, inv *Inventory, e supervision.Entity) {
	object := inv.Object(e)
	if object == nil {
		t.Fatalf("%v is not found", e)
	}
	scope := supervision.ScopeServicegroupServices
	if e.IsHost() {
		scope = supervision.ScopeHostgroupHosts
		if members := inv.Members(supervision.ScopeHostPropagated, e, ""); members[0] != e {
			t.Fatalf("%v is not the first of %v", e, members)
		}
	}
	if !slices.IsSorted(object.Groups) || len(slices.Compact(object.Groups)) != len(object.Groups) {
		t.Fatalf("%v is in %q", e, object.Groups)
	}
	for _, group := range object.Groups {
		if !slices.Contains(inv.Members(scope, e, group), e) {
			t.Fatalf("%v is not a member of its group %q", e, group)
		}
	}
}
