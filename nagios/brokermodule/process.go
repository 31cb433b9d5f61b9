package brokermodule

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// procDir is where the kernel lists processes.
const procDir = "/proc"

// process is a supervisor that runs.
type process struct {
	pid, parent int
	binary      string // empty if it is unknown
}

// running finds the main process of the supervisor that runs with a
// configuration. A core's command worker, and in Nagios 3 its running checks,
// are forks with the same command line: the main process is the one whose parent
// is not among them.
func running(proc, config string) (process, bool) {
	wanted, err := os.Stat(config)
	if err != nil {
		return process{}, false
	}
	var found []process
	for _, p := range nagios.Processes(proc) {
		if info, err := os.Stat(p.Config); err == nil && os.SameFile(info, wanted) {
			own := filepath.Join(proc, strconv.Itoa(p.PID))
			found = append(found, process{p.PID, parentOf(own), programOf(own, p.Program)})
		}
	}
	for _, p := range found {
		isChild := slices.ContainsFunc(found, func(other process) bool { return other.pid == p.parent })
		if !isChild {
			return p, true
		}
	}
	return process{}, false
}

// parentOf returns the parent's number, which follows the name in parentheses
// and the state, or 0 if it can't be read.
func parentOf(own string) int {
	text, err := os.ReadFile(filepath.Join(own, "stat"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return parent
}

// programOf returns the path of the program of a process. Other users than its
// owner see it in the command line only.
func programOf(own, started string) string {
	if path, err := os.Readlink(filepath.Join(own, "exe")); err == nil {
		return strings.TrimSuffix(path, " (deleted)") // it was updated since
	}
	if filepath.IsAbs(started) {
		return started
	}
	return ""
}
