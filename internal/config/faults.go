package config

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Fault is something wrong with the configuration.
type Fault struct {
	File string
	Line int    // 0: unknown
	Key  string // its dotted path; empty for faults of the syntax
	Text string
}

func (f Fault) Error() string {
	where := f.File
	if f.Line > 0 {
		where += ":" + strconv.Itoa(f.Line)
	}
	if f.Key != "" {
		return where + ": " + f.Key + ": " + f.Text
	}
	return where + ": " + f.Text
}

// Join joins faults in the order of their lines, each once; nil if there are
// none. Errors that are no faults come first.
func Join(faults ...error) error {
	lineOfFault := func(err error) int {
		var f Fault
		errors.As(err, &f)
		return f.Line
	}
	slices.SortStableFunc(faults, func(a, b error) int { return cmp.Compare(lineOfFault(a), lineOfFault(b)) })
	var once []error
	for _, f := range faults {
		if !slices.ContainsFunc(once, func(other error) bool { return f.Error() == other.Error() }) {
			once = append(once, f)
		}
	}
	return errors.Join(once...)
}

// syntaxFault is the fault of a text that is no YAML. It quotes nothing of it:
// nobody knows which part was to be a password.
func syntaxFault(file string, text []byte, err error) error {
	if m := unknownAnchor.FindStringSubmatch(err.Error()); m != nil {
		return anchorFault(file, m[1], text)
	}
	f := Fault{File: file, Text: "not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		f.Line, _ = strconv.Atoi(m[1])
		f.Text = "not valid YAML: " + m[2]
	}
	if strings.HasSuffix(f.Text, "cannot start any token") {
		f.Text += " (indent by blanks, not by tabs, and quote a value that begins with @, % or a backquote)"
	}
	// Package yaml counts the lines of some faults from 0.
	for _, line := range []int{f.Line, f.Line + 1} {
		if key := secretOf(text, line); key != "" {
			return Fault{File: file, Line: line, Key: key, Text: f.Text + ": write the value in quotes"}
		}
	}
	return f
}
