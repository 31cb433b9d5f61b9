package brokermodule

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
)

// Loaded says whether a process has the module.
type Loaded struct {
	Yes bool
	// Unknown tells that nothing that could be read says it.
	Unknown bool
	// Path is that of the file that is loaded, empty if it is a copy.
	Path string
	// Older tells that the loaded file is not the one that is installed now.
	Older bool
	// Note says how it was found out, if not by the process's own memory map.
	Note string
}

// mapping is a file that a process has mapped.
type mapping struct {
	span    string // of addresses, "7f..-7f.."
	inode   uint64
	path    string
	deleted bool
}

// findLoaded looks for the module in a process, and compares it with the file
// that is installed at modulePath, which is empty if no line names one. Without
// the right to see the process's memory map, the newest segment says who wrote
// it.
func findLoaded(proc string, pid int, modulePath string, newest handover.Header) Loaded {
	own := filepath.Join(proc, strconv.Itoa(pid))
	f, err := os.Open(filepath.Join(own, "maps"))
	var mapped []mapping
	if err == nil {
		defer f.Close()
		mapped, err = mappings(f)
	}
	if err != nil {
		return bySegment(pid, newest, fmt.Sprintf("process %d can't be looked into: %v", pid, bareError(err)))
	}
	var loaded Loaded
	for _, m := range mapped {
		// An old file may have been moved aside under any further name.
		if strings.Contains(filepath.Base(m.path), "nagios2canopsis") {
			loaded = Loaded{Yes: true, Path: m.path, Older: m.deleted || !hasInode(modulePath, m.inode)}
			if !loaded.Older {
				return loaded
			}
		}
	}
	if loaded.Yes {
		return loaded
	}
	return findCopy(own, mapped, pid, modulePath, newest)
}

// findCopy looks for the module among the copies that Nagios 3 and Icinga make
// of modules, load, and delete. Only root can read them.
func findCopy(own string, mapped []mapping, pid int, modulePath string, newest handover.Header) Loaded {
	installed, err := os.ReadFile(modulePath)
	if err != nil {
		installed = nil // then no copy is equal to it
	}
	unread := false
	var loaded Loaded
	for _, m := range mapped {
		if !m.deleted || !strings.HasPrefix(filepath.Base(m.path), "nebmod") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(own, "map_files", m.span))
		switch {
		case err != nil:
			unread = true
		case bytes.Equal(text, installed):
			return Loaded{Yes: true}
		case bytes.Contains(text, []byte("nagios2canopsis")):
			loaded = Loaded{Yes: true, Older: true}
		}
	}
	if !loaded.Yes && unread {
		return bySegment(pid, newest, fmt.Sprintf("process %d has loaded modules from copies that can't be read", pid))
	}
	return loaded
}

// bySegment takes the writer of the newest segment for a process that has the
// module; why says what keeps us from looking.
func bySegment(pid int, newest handover.Header, why string) Loaded {
	if newest.PID == 0 {
		return Loaded{Unknown: true, Note: why + "; root sees more"}
	}
	return Loaded{Yes: newest.PID == pid, Note: "by the newest segment; " + why + "; root sees more"}
}

// mappings gives the files of a memory map, each once, by their first span.
func mappings(maps io.Reader) ([]mapping, error) {
	var found []mapping
	seen := make(map[mapping]bool)
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		m, isFile := parseMapping(lines.Text())
		if !isFile {
			continue
		}
		file := m
		file.span = ""
		if !seen[file] {
			seen[file] = true
			found = append(found, m)
		}
	}
	return found, lines.Err()
}

// parseMapping reads a line of /proc/PID/maps: addresses, rights, offset,
// device, inode, and a path that may have blanks in it.
func parseMapping(line string) (mapping, bool) {
	var fields [5]string
	for i := range fields {
		line = strings.TrimLeft(line, " ")
		fields[i], line, _ = strings.Cut(line, " ")
	}
	inode, err := strconv.ParseUint(fields[4], 10, 64)
	if err != nil || inode == 0 {
		return mapping{}, false
	}
	path, deleted := strings.CutSuffix(strings.TrimLeft(line, " "), " (deleted)")
	return mapping{fields[0], inode, path, deleted}, strings.HasPrefix(path, "/")
}

// hasInode tells whether a path leads to an inode.
func hasInode(path string, inode uint64) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Ino == inode
}
