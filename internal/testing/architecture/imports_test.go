// Package architecture keeps the rules that hold for all rooms: the import rule of
// docs/ARCHITECTURE.md, how errors are compared, wrapped and logged, and how long a
// line may be.
package architecture

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/nagios2canopsis/nagios2canopsis"

// roomOf is a package's path below the module's; top is that of the module itself.
func roomOf(importPath string) (room string, ours bool) {
	if importPath == module {
		return top, true
	}
	return strings.CutPrefix(importPath, module+"/")
}

const top = "."

// allowed lists for each room which rooms it may import. Tests may also use
// the test support.
var allowed = map[string][]string{
	top:                       {},
	"internal/supervision":    {},
	"internal/follow":         {"internal/bell", "internal/supervision"},
	"internal/pairs":          {"internal/supervision"},
	"internal/snapshot":       {"internal/supervision"},
	"internal/bell":           {},
	"internal/handover":       {"internal/supervision", "internal/pairs", "internal/bell"},
	"internal/quarantine":     {"internal/supervision", "internal/regular"},
	"internal/tally":          {},
	"internal/outbox":         {},
	"internal/option":         {},
	"internal/perfstring":     {},
	"internal/regular":        {},
	"internal/hangup":         {},
	"internal/config":         {"internal/regular"},
	"internal/demo":           {},
	"internal/timeline":       {"internal/supervision"},
	"internal/journal":        {"internal/outbox", "internal/regular"},
	"internal/publish":        {"internal/outbox", "internal/option", "internal/regular"},
	"internal/publish/amqp":   {"internal/publish", "internal/outbox", "internal/option", "internal/tlsfiles"},
	"internal/tlsfiles":       {"internal/option", "internal/regular"},
	"internal/publish/stdout": {"internal/publish", "internal/outbox"},
	"eventmap":                {"internal/supervision", "internal/outbox", "internal/option", "internal/perfstring"},
	"internal/access":         {},
	"internal/account":        {},
	"nagios":                  {"internal/access", "internal/regular"},
	"nagios/logfile":          {"internal/supervision", "internal/follow"},
	"nagios/perfdata": {
		"internal/supervision", "internal/follow", "internal/pairs", "internal/bell", "internal/option",
	},
	"nagios/brokermodule": {"nagios", "internal/account", "internal/handover"},
	"nagios/statusdat":    {"internal/supervision", "internal/snapshot", "internal/bell", "internal/regular"},
	"nagios/objectcache":  {"internal/supervision", "internal/regular"},
	"livestatus":          {"internal/option", "internal/tlsfiles"},
	"livestatus/objects":  {"livestatus", "internal/supervision", "nagios/objectcache"},
	"livestatus/sources": {
		"livestatus", "internal/supervision", "internal/snapshot", "internal/pairs", "nagios/logfile",
	},
	"internal/pipeline": {"internal/supervision", "internal/timeline", "internal/journal", "internal/publish",
		"internal/tally", "internal/outbox", "eventmap"},
	"internal/health": {
		"internal/journal", "internal/outbox", "internal/pipeline", "internal/publish", "internal/tally",
	},
	"internal/assembly": {"internal/supervision", "internal/timeline", "internal/publish", "internal/publish/amqp",
		"internal/publish/stdout", "internal/tally", "internal/config", "internal/option", "internal/outbox",
		"internal/access", "internal/pipeline", "internal/follow", "eventmap", "internal/handover", "nagios",
		"nagios/brokermodule", "nagios/logfile", "nagios/perfdata", "nagios/statusdat", "nagios/objectcache",
		"livestatus", "livestatus/objects", "livestatus/sources", "internal/tlsfiles"},
	"internal/rehearsal": {"internal/access", "internal/assembly", "internal/config", "internal/journal"},
	"internal/preview":   {"internal/outbox"},
	"internal/daemon": {
		"internal/assembly", "internal/config", "internal/health", "internal/journal", "internal/outbox",
		"internal/pipeline", "internal/quarantine", "internal/tally",
	},
	"cmd/nagios2canopsis": {
		"nagios", "nagios/brokermodule", "internal/handover", "internal/journal", "internal/assembly",
		"internal/account", "internal/access", "internal/rehearsal",
		"internal/config", "internal/daemon", "internal/demo", "internal/hangup", "internal/health", "internal/outbox",
		"internal/pipeline", "internal/preview", "internal/quarantine", "internal/tally", top,
	},
}

// testSupport may be imported by tests alone.
var testSupport = []string{"internal/testing/allrun", "internal/testing/architecture", "internal/testing/cases",
	"internal/testing/corpus", "internal/testing/endtoend", "internal/testing/testbroker",
	"internal/testing/testicinga", "internal/testing/testlog", "internal/testing/testnagios",
	"internal/testing/testnagios/truth", "internal/testing/testnagios/truthplugin",
	"livestatus/livestatustest", "nagios/neb/loadertest", "nagios/statusdat/statustest", "shinken/test"}

func TestArrowsGoDownwardsOnly(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		room, _ := roomOf(p.ImportPath)
		seen[room] = true
		may, known := allowed[room]
		if !known {
			if !slices.Contains(testSupport, room) {
				t.Errorf("%s is a new room: add it to docs/ARCHITECTURE.md and here", room)
			}
			continue
		}
		for _, path := range p.Imports {
			if into, ours := roomOf(path); ours && !slices.Contains(may, into) {
				t.Errorf("%s imports %s", room, into)
			}
		}
	}
	for room := range allowed {
		if !seen[room] {
			t.Errorf("%s does not exist", room)
		}
	}
}

// TestToolsAreNotLinked: go.mod lists the tools of make check too, and the program
// must not depend on them.
func TestToolsAreNotLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"/cmd/nagios2canopsis").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if !strings.Contains(string(out), module+"/internal/journal\n") {
		t.Fatalf("go list shows no dependencies: %s", out)
	}
	for dependency := range strings.Lines(string(out)) {
		if strings.HasPrefix(dependency, "honnef.co/") || strings.HasPrefix(dependency, "golang.org/x/tools/") {
			t.Errorf("the program depends on %s", dependency)
		}
	}
}
