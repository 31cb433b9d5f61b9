package nagios

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxCmdline bounds how much of a process's command line is read.
const maxCmdline = 64 << 10

// Process is a process of a supervisor.
type Process struct {
	PID     int
	Program string // as it was started: a path, or a name alone
	Config  string // path of its main configuration
}

// Processes returns the supervisors' processes that proc, the directory /proc,
// shows, in the order of their numbers. Workers, and calls that only verify a
// configuration, don't count. Forks of a core do: they have its command line. A
// process that is hidden from this user is missed.
func Processes(proc string) []Process {
	var found []Process
	for _, pid := range pids(proc) {
		own := filepath.Join(proc, strconv.Itoa(pid))
		program, config, isSupervisor := parseCmdline(readCmdline(own))
		if !isSupervisor {
			continue
		}
		if !filepath.IsAbs(config) {
			cwd, err := os.Readlink(filepath.Join(own, "cwd"))
			if err != nil {
				continue
			}
			config = filepath.Join(cwd, config)
		}
		found = append(found, Process{pid, program, filepath.Clean(config)})
	}
	return found
}

// pids returns the numbers of all processes, in ascending order.
func pids(proc string) []int {
	dirs, err := os.ReadDir(proc)
	if err != nil {
		return nil
	}
	var numbers []int
	for _, dir := range dirs {
		if pid, err := strconv.Atoi(dir.Name()); err == nil {
			numbers = append(numbers, pid)
		}
	}
	slices.Sort(numbers)
	return numbers
}

func readCmdline(own string) []string {
	f, err := os.Open(filepath.Join(own, "cmdline"))
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxCmdline))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
}

// parseCmdline reports whether a command line is that of a running supervisor,
// and with which configuration: the last argument of the cores, option -c of
// Shinken's arbiter. Workers, and calls that only verify a configuration, don't
// count.
func parseCmdline(args []string) (program, config string, isSupervisor bool) {
	for len(args) > 1 && isInterpreter(filepath.Base(args[0])) {
		args = args[1:]
	}
	if len(args) < 2 {
		return "", "", false
	}
	program = args[0]
	switch strings.TrimSuffix(filepath.Base(program), ".py") {
	case "nagios", "nagios2", "nagios3", "nagios4", "naemon", "icinga", "centengine":
		config = args[len(args)-1]
	case "shinken-arbiter":
		i := slices.IndexFunc(args, func(arg string) bool { return arg == "-c" || arg == "--config" })
		if i < 0 || i+1 == len(args) {
			return "", "", false
		}
		config = args[i+1]
	default:
		return "", "", false
	}
	onlyVerifies := slices.ContainsFunc(args[1:], func(arg string) bool {
		short := strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.ContainsAny(arg, "vs")
		return short || arg == "--verify-config" || arg == "--test-scheduling" || arg == "--worker"
	})
	return program, config, !strings.HasPrefix(config, "-") && !onlyVerifies
}

// isInterpreter reports whether a program runs scripts.
func isInterpreter(name string) bool {
	return strings.HasPrefix(name, "python") || name == "pypy" || name == "env"
}
