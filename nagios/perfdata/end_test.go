package perfdata

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// A spool source that begins at a noted end leaves out the files that were there.
func TestSpoolEnd(t *testing.T) {
	dir := t.TempDir()
	arrive := func(name, host string) {
		t.Helper()
		text := "DATATYPE::HOSTPERFDATA\tTIMET::1\tHOSTNAME::" + host + "\tHOSTPERFDATA::a=1\tHOSTSTATE::UP\n"
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "."+name), []byte(text), 0o600),
			os.Rename(filepath.Join(dir, "."+name), filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
	}
	arrive("first", "old")
	end, err := SpoolEnd(dir)
	if err != nil {
		t.Fatal(err)
	}
	arrive("second", "new")
	source, err := NewSpool(SpoolOptions{Name: "spool", Dir: dir, Formats: []*Format{Pairs()}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var hosts []string
	err = source.Run(ctx, end, func(_ context.Context, b supervision.Batch) error {
		for _, r := range b.Records {
			hosts = append(hosts, r.Entity.Host)
		}
		if len(hosts) > 0 {
			cancel()
		}
		return nil
	})
	if err != nil || len(hosts) != 1 || hosts[0] != "new" {
		t.Errorf("hosts %q, %v", hosts, err)
	}
}
