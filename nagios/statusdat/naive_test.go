package statusdat

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// naiveBlock is a block as the simplest of readers sees it.
type naiveBlock struct {
	kind   string
	fields map[string]string
}

// readNaively reads a status file without any of the code under test.
func readNaively(text []byte) []naiveBlock {
	var blocks []naiveBlock
	var open *naiveBlock
	last := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		switch {
		case open == nil && strings.HasSuffix(line, " {"):
			open = &naiveBlock{kind: strings.TrimSuffix(line, " {"), fields: map[string]string{}}
		case open != nil && line == "\t}":
			blocks, open = append(blocks, *open), nil
		case open != nil && !strings.HasPrefix(line, "\t"):
			open.fields[last] += "\n" + line
		case open != nil:
			key, value, _ := strings.Cut(line[1:], "=")
			open.fields[key] = value
			last = key
		}
	}
	return blocks
}

// naiveHead is what the first two blocks hold.
type naiveHead struct {
	created                       float64
	icinga2, shinken, perfdataOff bool
}

func headNaively(t *testing.T, blocks []naiveBlock) naiveHead {
	t.Helper()
	info := blocks[0]
	head := naiveHead{created: info.number(t, "created", 0)}
	head.icinga2 = strings.HasPrefix(info.fields["version"], "r2")
	head.shinken = !head.icinga2 && strings.Contains(info.fields["created"], ".")
	head.perfdataOff = len(blocks) > 1 && blocks[1].fields["process_performance_data"] == "0"
	return head
}

func (b naiveBlock) entity() supervision.Entity {
	return supervision.Entity{Host: b.fields["host_name"], Service: b.fields["service_description"]}
}

func (b naiveBlock) isChecked() bool {
	return (b.kind == "hoststatus" || b.kind == "servicestatus") && b.fields["has_been_checked"] == "1"
}

func (b naiveBlock) number(t *testing.T, key string, absent float64) float64 {
	t.Helper()
	text, ok := b.fields[key]
	if !ok || text == "" {
		return absent
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatalf("%s %s: %v", b.entity(), key, err)
	}
	return n
}

func (b naiveBlock) check(t *testing.T, head naiveHead) *supervision.Check {
	t.Helper()
	long := b.fields["long_plugin_output"]
	switch {
	case head.shinken:
	case head.icinga2:
		long = strings.ReplaceAll(long, `\n`, "\n")
	default:
		long = strings.NewReplacer(`\\`, `\`, `\n`, "\n").Replace(long)
	}
	start := b.number(t, "last_check", 0)
	if head.icinga2 {
		start -= b.number(t, "check_execution_time", 0)
	}
	return &supervision.Check{
		State:       supervision.State(b.number(t, "current_state", 9)),
		StateType:   supervision.StateType(b.number(t, "state_type", -1)),
		Attempt:     int(b.number(t, "current_attempt", 0)),
		MaxAttempts: int(b.number(t, "max_attempts", 0)),
		Output:      b.fields["plugin_output"],
		LongOutput:  long,
		Perfdata:    b.fields["performance_data"],
		Command:     b.fields["check_command"],
		CheckType:   supervision.CheckType(b.number(t, "check_type", -1)),
		Latency:     b.number(t, "check_latency", 0),
		Execution:   b.number(t, "check_execution_time", 0),
		Start:       unix(start),
		Flags: &supervision.Flags{
			Acknowledged:  b.fields["problem_has_been_acknowledged"] == "1",
			Flapping:      b.fields["is_flapping"] == "1",
			DowntimeDepth: max(0, int(b.number(t, "scheduled_downtime_depth", 0))),
			PerfdataOff:   head.perfdataOff || b.fields["process_performance_data"] == "0",
			At:            unix(head.created),
		},
	}
}

// unix is a moment with the accuracy that the file has.
func unix(seconds float64) time.Time {
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e6))*1000)
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(path) != ".gz" {
		return text
	}
	unzip, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	text, err = io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
