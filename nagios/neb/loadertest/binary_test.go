package loadertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
)

// TestSymbols checks that the module exports only what a core needs, and runs with glibc 2.17 (CentOS 7).
func TestSymbols(t *testing.T) {
	t.Parallel()
	checkSymbols(t, filepath.Join(build(t, plain.cflags), "nagios2canopsis.so"))
}

func checkSymbols(t *testing.T, module string) {
	t.Helper()
	out, err := exec.Command("objdump", "-T", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	var exported []string
	for _, line := range strings.Split(string(out), "\n") {
		words := strings.Fields(line)
		if len(words) < 4 {
			continue
		}
		if m := regexp.MustCompile(`GLIBC_2\.(\d+)`).FindStringSubmatch(line); m != nil && len(m[1]) > 1 &&
			m[1] > "17" {
			t.Errorf("needs a newer glibc: %s", line)
		}
		if !strings.Contains(line, "*UND*") && len(words[0]) == 16 {
			exported = append(exported, words[len(words)-1])
		}
	}
	sort.Strings(exported)
	if want := []string{"__neb_api_version", "nebmodule_deinit", "nebmodule_init"}; !slices.Equal(exported, want) {
		t.Errorf("exports %v, should export %v", exported, want)
	}
	needed, err := exec.Command("readelf", "-d", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`NEEDED.*\[(.*)\]`).FindAllStringSubmatch(string(needed), -1) {
		if m[1] != "libc.so.6" {
			t.Errorf("needs %s", m[1])
		}
	}
}

// TestSystemCalls traces a thousand checks: each is one write, and a new segment is one close and one open more.
func TestSystemCalls(t *testing.T) {
	t.Parallel()
	skipIfShort(t, "needs strace")
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("needs strace: ", err)
	}
	const records = 1000
	for _, c := range someCores(t) {
		t.Run(c.program, func(t *testing.T) {
			dir, trace := t.TempDir(), filepath.Join(t.TempDir(), "trace")
			p, router, silent, disk, load := newPlay(t, plain, c, "spool="+dir+" segment_size=64K", "strace", "-f",
				"-s", "24", "-o", trace)
			p.begin(router, silent, disk, load)
			p.checked(disk, nil)
			p.checked(router, nil)
			before := len(segments(t, dir))
			p.do("storm", fmt.Sprint(records), "service_check", "object", router.name, "/"+disk.description, "type=701",
				"time=1700000000,5")
			after := len(segments(t, dir))
			p.do("unload", "1")
			p.end()

			content, err := os.ReadFile(trace)
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(content), `"BEGIN"`)
			storm, _, found := strings.Cut(rest, `"END"`)
			if !found {
				t.Fatal("the trace has no storm")
			}
			calls := map[string]int{}
			for _, m := range regexp.MustCompile(`(?m)^\d+ +(\w+)\(`).FindAllStringSubmatch(storm, -1) {
				calls[m[1]]++
			}
			turns := after - before
			// One more than the records: the write that is the mark itself.
			// A segment is created by the descriptor of the directory, which is looked at.
			want := map[string]int{"write": records + 1, "openat": 2 * turns, "fstat": turns, "close": 2 * turns}
			if turns < 5 || fmt.Sprint(calls) != fmt.Sprint(want) {
				t.Errorf("%d records and %d new segments made the calls %v, should be %v", records, turns, calls, want)
			}
		})
	}
}
