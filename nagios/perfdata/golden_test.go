package perfdata

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

var update = flag.Bool("update", false, "write the golden files")

// shinkenTemplate is that of Shinken's perfdata modules.
const shinkenTemplate = "$TIMET$\t$HOSTNAME$\t$SERVICEDESC$\t$SERVICEOUTPUT$\t$SERVICESTATE$\t$SERVICEPERFDATA$"

// TestRealLines reads lines that supervisors wrote: Nagios 4.4.6 (default
// templates; 79 plugin outputs of every kind), Icinga 2.13.6's PerfdataWriter,
// and Shinken's modules.
func TestRealLines(t *testing.T) {
	files := map[string][]*Format{
		"nagios4-service-perfdata": {mustCompile(t, DefaultServiceTemplate, Service)},
		"nagios4-host-perfdata":    {mustCompile(t, DefaultHostTemplate, Host)},
		"gallery-service-perfdata": {mustCompile(t, DefaultServiceTemplate, Service)},
		"icinga2-perfdata": {
			mustCompile(t, pnpHostTemplate, Host), mustCompile(t, pnpServiceTemplate, Service),
		},
		"shinken-npcd":              {Pairs()},
		"shinken3-service-perfdata": {mustCompile(t, shinkenTemplate, Service)},
	}
	for name, formats := range files {
		t.Run(name, func(t *testing.T) {
			input := readTestdata(t, name)
			c := newCollector("test", formats)
			for line := range bytes.Lines(input) {
				c.add(bytes.TrimSuffix(line, []byte("\n")), place{ref: "r", file: "f"}, 0)
			}
			c.settle()
			for _, r := range c.batch.Rejected {
				t.Errorf("rejected %q: %s", r.Raw, r.Reason)
			}
			compareGolden(t, name+".golden", c.batch.Records)
		})
	}
}

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compareGolden(t *testing.T, name string, records []supervision.Record) {
	t.Helper()
	var got strings.Builder
	for _, r := range records {
		got.WriteString(describe(r))
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(readTestdata(t, name)), got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// describe writes a record in one line.
func describe(r supervision.Record) string {
	var b strings.Builder
	c := r.Check
	fmt.Fprintf(&b, "%q %d", r.Entity, r.Time.Unix())
	if c.State != supervision.StateNotReported {
		fmt.Fprintf(&b, " state %d type %d", c.State, c.StateType)
	}
	if c.Execution != 0 || c.Latency != 0 {
		fmt.Fprintf(&b, " took %v late %v", c.Execution, c.Latency)
	}
	for _, text := range []struct{ name, value string }{
		{"output", c.Output}, {"perfdata", c.Perfdata}, {"command", c.Command},
	} {
		if text.value != "" {
			fmt.Fprintf(&b, " %s %q", text.name, text.value)
		}
	}
	keys := make([]string, 0, len(c.Extra))
	for key := range c.Extra {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		fmt.Fprintf(&b, " %s=%q", key, c.Extra[key])
	}
	return b.String() + "\n"
}

// The lines around a full pipe: 48,742 bytes went in, the record being written
// was cut, fifty seconds were lost, and the next record follows the cut one.
func TestGluedRecord(t *testing.T) {
	const template = DefaultServiceTemplate + "\t$LONGDATETIME$\t$LASTSERVICECHECK$"
	c := newCollector("test", []*Format{mustCompile(t, template, Service)})
	for line := range bytes.Lines(readTestdata(t, "nagios4-pipe-full")) {
		c.add(bytes.TrimSuffix(line, []byte("\n")), place{ref: "r", file: "f"}, 100)
	}
	c.settle()
	if len(c.batch.Records) != 3 || len(c.batch.Rejected) != 1 {
		t.Fatalf("%d records, %d rejected", len(c.batch.Records), len(c.batch.Rejected))
	}
	cut, after := c.batch.Rejected[0], c.batch.Records[1]
	if cut.Reason != reasonCut || cut.Where != "f:100" ||
		!bytes.HasPrefix(cut.Raw, []byte("[SERVICEPERFDATA]\t1795425637\th1\ttoggle\t")) ||
		bytes.Contains(cut.Raw, []byte("1795425687")) {
		t.Errorf("rejected %s: %s: %.60q", cut.Where, cut.Reason, cut.Raw)
	}
	if after.Time.Unix() != 1795425687 || after.Ref != fmt.Sprintf("r@%d", 100+len(cut.Raw)) ||
		!strings.HasSuffix(after.Check.Output, "END") {
		t.Errorf("after the cut record: %v %s %.60q", after.Time.Unix(), after.Ref, after.Check.Output)
	}
}

// A plugin may print what looks like the start of a record.
func TestNotGlued(t *testing.T) {
	c := newCollector("test", []*Format{mustCompile(t, DefaultServiceTemplate, Service)})
	c.add([]byte("[SERVICEPERFDATA]\t1\th\ts\t0\t0\tlike [SERVICEPERFDATA]\t5 of them\ta=1"), place{}, 0)
	c.settle()
	want := []supervision.Record{
		checkOf("h", "s", 1, func(c *supervision.Check) {
			c.Output, c.Perfdata = "like [SERVICEPERFDATA]\t5 of them", "a=1"
		}),
	}
	want[0].Ref = "@0"
	if diff := cmp.Diff(supervision.Batch{Records: want, Rejected: nil}, c.batch); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Hosts and services share one file in three forms.
func TestSeveralFormats(t *testing.T) {
	c := newCollector("test", []*Format{
		mustCompile(t, shinkenTemplate, Service),
		mustCompile(t, "$TIMET$\t$HOSTNAME$\t$HOSTOUTPUT$\t$HOSTSTATE$\t$HOSTPERFDATA$", Host),
		mustCompile(t, DefaultHostTemplate, Host),
		Pairs(),
	})
	for _, line := range []string{
		"1\ta\tb\tout\tOK\t", "2\ta\tout\tDOWN\t",
		"[HOSTPERFDATA]\t3\ta\t0.1\tout\t", "DATATYPE::HOSTCHECK\tTIMET::4\tHOSTNAME::a", "", "damage",
		"[HOSTPERFDATA]\tx\ta\t0.1\tout\t",
	} {
		c.add([]byte(line), place{file: "f"}, 0)
	}
	var got []string
	for _, r := range c.batch.Records {
		got = append(got, fmt.Sprint(r.Time.Unix(), r.Entity, r.Check.State))
	}
	for _, r := range c.batch.Rejected {
		got = append(got, r.Reason)
	}
	want := []string{"1 a;b 0", "2 a 1", "3 a -1", "4 a -1",
		`ends in field 1 TIMET: 1 of 6 fields`, `field 1 TIMET: "x" is not a number of seconds`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"empty line": 1}, c.batch.Skipped); diff != "" {
		t.Errorf("skipped, -want +got:\n%s", diff)
	}
}
