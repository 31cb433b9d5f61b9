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

// Loaded is whether a process has the module, and which file.
type Loaded struct {
	Yes bool
	// Unknown means that nothing that could be read shows it.
	Unknown bool
	// Path is the path of the loaded file, empty if it is a copy.
	Path string
	// Older means that the loaded file is not the one that is installed now.
	Older bool
	// Note is how this is known, if not from the process's own memory map.
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
// that is installed at modulePath, which is empty if no line names one. If the
// process's memory map can't be read, the writer of the newest segment counts.
func findLoaded(proc string, pid int, modulePath string, newest handover.Header) Loaded {
	own := filepath.Join(proc, strconv.Itoa(pid))
	f, err := os.Open(filepath.Join(own, "maps"))
	var mapped []mapping
	if err == nil {
		defer f.Close()
		mapped, err = mappings(f)
	}
	if err != nil {
		return bySegment(pid, newest, fmt.Sprintf("reading the memory map of process %d: %v", pid, bareError(err)))
	}
	var loaded Loaded
	for _, m := range mapped {
		// An old file may have been renamed, so the name need only contain ours.
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

// findCopy looks for the module among the copies of modules that Nagios 3 and
// Icinga make, load and delete (base/nebmods.c: nebmodXXXXXX, icinganebmodXXXXXX).
// Only root can read them.
func findCopy(own string, mapped []mapping, pid int, modulePath string, newest handover.Header) Loaded {
	installed, err := os.ReadFile(modulePath)
	if err != nil {
		installed = nil // so that no copy is equal to it
	}
	unread := false
	var loaded Loaded
	for _, m := range mapped {
		if !m.deleted || !isCopy(m.path) {
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
		return bySegment(pid, newest, fmt.Sprintf("process %d has loaded copies of modules, which can't be read", pid))
	}
	return loaded
}

func isCopy(path string) bool {
	name := filepath.Base(path)
	return strings.HasPrefix(name, "nebmod") || strings.HasPrefix(name, "icinganebmod")
}

// bySegment concludes from the newest segment: the process that wrote it has the
// module. why is the reason for not looking into the process.
func bySegment(pid int, newest handover.Header, why string) Loaded {
	if newest.PID == 0 {
		return Loaded{Unknown: true, Note: why + "; root sees more"}
	}
	return Loaded{Yes: newest.PID == pid, Note: "from the newest segment; " + why + "; root sees more"}
}

// mappings returns the files of a memory map, each once, with its first span.
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

// hasInode reports whether the file at a path has an inode number.
func hasInode(path string, inode uint64) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Ino == inode
}
