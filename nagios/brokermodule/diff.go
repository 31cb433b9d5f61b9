package brokermodule

import (
	"fmt"
	"strings"
)

// diffContext is how many lines are shown around a change.
const diffContext = 3

// change replaces old lines by new ones.
type change struct {
	at       int // the line before which, or from which on
	old, new []string
}

// apply returns the text with its changes, which are sorted and don't touch.
func apply(lines []string, changes []change) string {
	var b strings.Builder
	next := 0
	for _, c := range changes {
		b.WriteString(strings.Join(lines[next:c.at], ""))
		b.WriteString(strings.Join(c.new, ""))
		next = c.at + len(c.old)
	}
	b.WriteString(strings.Join(lines[next:], ""))
	return b.String()
}

// unifiedDiff formats changes as diff -u does.
func unifiedDiff(oldName, newName string, lines []string, changes []change) string {
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", oldName, newName)
	shift := 0 // by which the new text is longer so far
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].at-changes[n-1].end() <= 2*diffContext {
			n++
		}
		shift += writeHunk(&b, lines, changes[:n], shift)
		changes = changes[n:]
	}
	return b.String()
}

func (c change) end() int { return c.at + len(c.old) }

// writeHunk writes changes that are near each other, and returns by how many
// lines they make the text longer.
func writeHunk(b *strings.Builder, lines []string, changes []change, shift int) (longer int) {
	from := max(changes[0].at-diffContext, 0)
	to := min(changes[len(changes)-1].end()+diffContext, len(lines))
	for _, c := range changes {
		longer += len(c.new) - len(c.old)
	}
	fmt.Fprintf(b, "@@ -%s +%s @@\n", hunkRange(from, to-from), hunkRange(from+shift, to-from+longer))
	next := from
	for _, c := range changes {
		writeLines(b, " ", lines[next:c.at])
		writeLines(b, "-", c.old)
		writeLines(b, "+", c.new)
		next = c.end()
	}
	writeLines(b, " ", lines[next:to])
	return longer
}

// hunkRange counts lines from 1. An empty range has the number of the line before it.
func hunkRange(from, count int) string {
	if count == 0 {
		return fmt.Sprintf("%d,0", from)
	}
	return fmt.Sprintf("%d,%d", from+1, count)
}

func writeLines(b *strings.Builder, mark string, lines []string) {
	for _, line := range lines {
		b.WriteString(mark + strings.TrimRight(line, "\r\n") + "\n")
		if !strings.HasSuffix(line, "\n") {
			b.WriteString("\\ No newline at end of file\n")
		}
	}
}
