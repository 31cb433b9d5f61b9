package objectcache

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// A hole costs what it lies in, and no memory.
func TestAHoleInTheObjectCache(t *testing.T) {
	const hole = 300 << 20
	host := func(name string) io.Reader { return strings.NewReader("define host {\nhost_name " + name + "\n}\n") }
	for what, parts := range map[string][]io.Reader{
		"between definitions": {host("a"), io.LimitReader(zeros{}, hole), strings.NewReader("\n"), host("b")},
		"within a line": {
			host("a"), strings.NewReader("define host {\nhost_name b\nalias x"), io.LimitReader(zeros{}, hole),
			strings.NewReader("y\n}\n"),
		},
		"at the end": {host("a"), host("b"), io.LimitReader(zeros{}, hole)},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		inv, err := Parse(io.MultiReader(parts...))
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if s := inv.Stats(); s.Hosts != 2 || s.Malformed != 1 || !strings.Contains(s.FirstMalformed, "zero bytes") {
			t.Errorf("%s: %+v", what, s)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
			t.Errorf("%s: %d MiB were allocated", what, took>>20)
		}
	}
}

// Lines of every length around that of the buffer are read whole.
func TestLongLines(t *testing.T) {
	const buffer = 256 << 10
	for _, n := range []int{0, 1, buffer - 1, buffer, buffer + 1, 2*buffer - 1, 2 * buffer, 5 * buffer} {
		for _, end := range []string{"\n", ""} {
			text := strings.Repeat("x", n)
			lines := newLineReader(strings.NewReader("first\n" + text + end))
			if line, _, err := lines.next(); string(line) != "first" || err != nil {
				t.Fatalf("%q, %v", line, err)
			}
			if line, holed, err := lines.next(); n+len(end) > 0 && (string(line) != text || holed || err != nil) {
				t.Errorf("%d%q: %d bytes, %v, %v", n, end, len(line), holed, err)
			}
			if _, _, err := lines.next(); !errors.Is(err, io.EOF) {
				t.Errorf("%d%q: %v at the end", n, end, err)
			}
		}
	}
	_, _, err := newLineReader(io.LimitReader(strings.NewReader(strings.Repeat("x", maxLine+1)), maxLine+1)).next()
	if !errors.Is(err, errLineTooLong) {
		t.Errorf("%v", err)
	}
}
