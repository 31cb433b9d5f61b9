package handover

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
)

// Name is the parsed name of a segment: <module>-<start>-<pid>-<n>.log.
type Name struct {
	File   string
	Module string
	Start  int64 // microseconds since 1970
	PID    int
	N      int // since the module was loaded
}

// ParseName reads the name of a segment. It reports whether it is one.
func ParseName(file string) (Name, bool) {
	base, ok := strings.CutSuffix(file, ".log")
	parts := strings.Split(base, "-")
	if !ok || len(parts) != 4 || parts[0] == "" || len(parts[1]) != startDigits {
		return Name{}, false
	}
	start, errStart := strconv.ParseUint(parts[1], 10, 63)
	pid, errPID := strconv.ParseUint(parts[2], 10, 31)
	n, errN := strconv.ParseUint(parts[3], 10, 31)
	if errors.Join(errStart, errPID, errN) != nil {
		return Name{}, false
	}
	return Name{File: file, Module: parts[0], Start: int64(start), PID: int(pid), N: int(n)}, true
}

// startDigits is the width of a segment's start in its name.
const startDigits = 16

// List returns the segments of a directory, oldest first.
func List(dir string) ([]Name, error) {
	names, _, err := readDir(dir)
	return names, err
}

// readDir returns the segments of a directory, oldest first, and what is no
// regular file and has the name of one.
func readDir(dir string) (names []Name, odd []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		switch name, ok := ParseName(entry.Name()); {
		case ok && entry.Type().IsRegular():
			names = append(names, name)
		case ok:
			odd = append(odd, entry.Name())
		}
	}
	slices.SortFunc(names, Name.compare)
	return names, odd, nil
}

// compare orders segments by the time at which they were begun.
func (n Name) compare(o Name) int {
	return cmp.Or(cmp.Compare(n.Start, o.Start), cmp.Compare(n.N, o.N), strings.Compare(n.File, o.File))
}

// format is the version of the format that is read here.
const format = "1"

// Header is the first line of a segment.
type Header struct {
	Format  string
	Module  string // "neb 1.0"
	Program string // "Nagios 4.4.6"
	Layout  string // the object table of the NEB module, "none" without one
	PID     int
	Lost    int64 // records lost since the module was loaded
}

const segmentType = "DATATYPE::SEGMENT\t"

// ParseHeader reads the first line of a segment, without its line feed.
func ParseHeader(line string) (Header, error) {
	if !strings.HasPrefix(line, segmentType) {
		return Header{}, fmt.Errorf("the first line is not a segment's header, but %.60q", line)
	}
	cut, err := pairs.CutEscaped(line, nil)
	if err != nil {
		return Header{}, fmt.Errorf("header of the segment: %w", err)
	}
	text := func(key string) string {
		value, _ := pairs.Find(cut, key)
		return pairs.Unescape(value)
	}
	h := Header{Format: text("FORMAT"), Module: text("MODULE"), Program: text("PROGRAM"), Layout: text("LAYOUT")}
	h.PID, _ = strconv.Atoi(text("PID"))
	if lost, err := strconv.ParseInt(text("LOST"), 10, 64); err == nil {
		h.Lost = max(lost, 0)
	}
	if h.Format == "" {
		return Header{}, errors.New("header of the segment: no FORMAT")
	}
	return h, nil
}
