package shinkentest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// hostile is the module in a process of its own, which random broks are played to.
type hostile struct {
	in    io.Writer
	out   *bufio.Scanner
	spool string
	read  map[string]int64 // bytes of each segment
}

func startHostile(t testing.TB, python string) *hostile {
	t.Helper()
	h := &hostile{spool: t.TempDir(), read: map[string]int64{}}
	cmd := exec.Command(python, filepath.Join(here(), "testdata/hostile.py"), installed(t), h.spool)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "LC_ALL=C", "PYTHONIOENCODING=utf-8")
	var trouble strings.Builder
	cmd.Stderr = &trouble
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil || trouble.Len() > 0 {
			t.Errorf("%v: %s", err, trouble.String())
		}
	})
	h.in, h.out = in, bufio.NewScanner(out)
	return h
}

// play plays a turn, and returns the lines that the module wrote in it.
func (h *hostile) play(t testing.TB, seed uint64) (lines []string) {
	t.Helper()
	if _, err := fmt.Fprintln(h.in, seed); err != nil {
		t.Fatal(err)
	}
	if !h.out.Scan() {
		t.Fatalf("the module's process has ended: %v", h.out.Err())
	}
	files, err := filepath.Glob(filepath.Join(h.spool, "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text[h.read[file]:])) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
		h.read[file] = int64(len(text))
	}
	return lines
}

// TestReaderTakesWhatTheModuleWrites: whatever broks hold, the reader of the hand-over
// format refuses no record of it, and finds no value odd but a state that does not
// exist.
func TestReaderTakesWhatTheModuleWrites(t *testing.T) {
	t.Parallel()
	eachPython(t, func(t *testing.T, python string) {
		h := startHostile(t, python)
		records := 0
		for seed := range uint64(150) {
			records += takeAll(t, seed, h.play(t, seed))
		}
		if records < 300 {
			t.Errorf("only %d records", records)
		}
	})
}

func FuzzReaderTakesWhatTheModuleWrites(f *testing.F) {
	h := startHostile(f, required)
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { takeAll(t, seed, h.play(t, seed)) })
}

func takeAll(t *testing.T, seed uint64, lines []string) (records int) {
	t.Helper()
	for _, text := range lines {
		line, err := handover.ParseLine(text)
		if err != nil {
			t.Errorf("seed %d: the reader refuses %.300q: %v", seed, text, err)
			continue
		}
		for _, odd := range line.Odd {
			if !strings.HasSuffix(odd.Field, "STATEID") {
				t.Errorf("seed %d: %s is %q: %s", seed, odd.Field, odd.Value, odd.Reason)
			}
		}
		if line.Record.Kind != 0 {
			records++
		}
	}
	return records
}

// TestBounds: both writers and the reader keep the bounds of docs/HANDOVER.md.
func TestBounds(t *testing.T) {
	t.Parallel()
	table := map[string]float64{
		"LATEST_MOMENT": supervision.LatestMoment, "LATEST_DATE": supervision.LatestDate,
		"LONGEST_SECONDS": supervision.LongestSeconds, "LONGEST_CHECK": supervision.LongestCheck,
		"MOST_ATTEMPTS": supervision.MostAttempts, "MOST_VARIABLES": 1000,
	}
	if 2*table["MOST_VARIABLES"]+64 > pairs.Most {
		t.Errorf("a service's variables and its host's don't fit into %d pairs", pairs.Most)
	}
	document := readFile(t, "../../docs/HANDOVER.md")
	for file, form := range map[string]string{
		"../module/nagios2canopsis_text.py": `(?m)^%s = (\d+)`, "../../nagios/neb/record.h": `%s = (\d+)`,
	} {
		text := readFile(t, file)
		for name, want := range table {
			found := regexp.MustCompile(fmt.Sprintf(form, name)).FindStringSubmatch(text)
			if found == nil {
				t.Errorf("%s has no %s", file, name)
				continue
			}
			if got, err := strconv.ParseFloat(found[1], 64); err != nil || got != want {
				t.Errorf("%s: %s is %s, want %.0f", file, name, found[1], want)
			}
			if !strings.Contains(document, found[1]) {
				t.Errorf("docs/HANDOVER.md lacks %s, %s", name, found[1])
			}
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(here(), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
