package brokermodule

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	dirs, err := os.ReadDir(proc)
	if err != nil {
		return process{}, false
	}
	var found []process
	for _, dir := range dirs {
		pid, err := strconv.Atoi(dir.Name())
		if err != nil {
			continue
		}
		own := filepath.Join(proc, dir.Name())
		text, err := os.ReadFile(filepath.Join(own, "cmdline"))
		if err != nil {
			continue
		}
		args := strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
		path, isCore := configOf(args)
		if !isCore {
			continue
		}
		if !filepath.IsAbs(path) {
			cwd, err := os.Readlink(filepath.Join(own, "cwd"))
			if err != nil {
				continue
			}
			path = filepath.Join(cwd, path)
		}
		if info, err := os.Stat(path); err == nil && os.SameFile(info, wanted) {
			found = append(found, process{pid, parentOf(own), programOf(own, args[0])})
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

// configOf returns the configuration of a running core. Its workers, and calls
// that only verify a configuration, don't count.
func configOf(args []string) (path string, isCore bool) {
	names := []string{"nagios", "nagios3", "nagios4", "naemon", "icinga"}
	if len(args) < 2 || !slices.Contains(names, filepath.Base(args[0])) {
		return "", false
	}
	for _, arg := range args[1:] {
		short := strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.ContainsAny(arg, "vs")
		if short || arg == "--verify-config" || arg == "--test-scheduling" || arg == "--worker" {
			return "", false
		}
	}
	return args[len(args)-1], true
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
func programOf(own, arg0 string) string {
	if path, err := os.Readlink(filepath.Join(own, "exe")); err == nil {
		return strings.TrimSuffix(path, " (deleted)") // it was updated since
	}
	if filepath.IsAbs(arg0) {
		return arg0
	}
	return ""
}
