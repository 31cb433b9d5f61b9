package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// page prints, and keeps the first error.
type page struct {
	w     io.Writer
	width int // of a terminal, in columns; 0: no terminal
	err   error
}

func newPage(w io.Writer) *page {
	p := &page{w: w}
	if f, isFile := w.(*os.File); isFile && term.IsTerminal(int(f.Fd())) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			p.width = width
		}
	}
	return p
}

func (p *page) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// paragraph prints a text, which may be long: as one line for programs, broken
// between words for people.
func (p *page) paragraph(text string) {
	for i, line := range broken(text, p.width) {
		if i > 0 {
			line = "  " + line
		}
		p.printf("%s\n", line)
	}
}

// broken breaks a text between words into lines that leave two columns free. A
// word that is longer stays whole, so that it can be copied; without a width
// the text does.
func broken(text string, width int) (lines []string) {
	const least = 20
	if width < least {
		return []string{text}
	}
	line := ""
	for _, word := range strings.Split(text, " ") {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width-2 {
			lines, line = append(lines, line), word
			continue
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
