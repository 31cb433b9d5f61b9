package eventmap

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const perfdataDoc = "../docs/PERFDATA.md"

// TestPerfdataDoc plays each row of the tables of docs/PERFDATA.md that begins with an
// example.
func TestPerfdataDoc(t *testing.T) {
	page, err := os.ReadFile(perfdataDoc)
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := tableCells(line)
		if len(cells) != 4 || cells[2] != "–" && cells[2] != "yes" {
			t.Errorf("not a row of four cells: %q", line)
			continue
		}
		rows++
		written, want := unescape(t, strings.Trim(cells[0], "`")), strings.Trim(cells[1], "`")
		got, dropped := appendPerfdata(nil, written, Canopsis2410, 1<<16)
		if string(got) != want || dropped != (cells[2] == "yes") {
			t.Errorf("%q: %q, left out %v\n%s", written, got, dropped, line)
		}
		if _, err := canopsisPerfdata(string(got), Canopsis2410); err != nil {
			t.Errorf("%q: %v", got, err)
		}
	}
	if rows < 60 {
		t.Errorf("%d rows", rows)
	}
}

// tableCells splits a line of a Markdown table; "\|" is a pipe within a cell.
func tableCells(line string) (cells []string) {
	line = strings.ReplaceAll(strings.TrimSpace(line), `\|`, "\x00")
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		cells = append(cells, strings.ReplaceAll(strings.TrimSpace(cell), "\x00", "|"))
	}
	return cells
}

// unescape puts in the characters that can't be seen in the table.
func unescape(t *testing.T, text string) string {
	text = strings.NewReplacer("{LF}", "\n", "{TAB}", "\t").Replace(text)
	return regexp.MustCompile(`\{U\+[0-9A-F]+\}`).ReplaceAllStringFunc(text, func(code string) string {
		r, err := strconv.ParseInt(code[len("{U+"):len(code)-1], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return string(rune(r))
	})
}
