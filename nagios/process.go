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

// process is a supervisor that runs.
type process struct {
	pid    int
	name   string // of its program
	config string // path of its main configuration
}

// runningSupervisors returns the daemons that run with a configuration that
// exists, each configuration once, in the order of process numbers. A process
// that /proc hides from this user is missed.
func runningSupervisors(root string) []process {
	var found []process
	for _, pid := range processes(root) {
		name, config, isSupervisor := parseCmdline(readCmdline(root, pid))
		if !isSupervisor {
			continue
		}
		if !filepath.IsAbs(config) {
			cwd, err := os.Readlink(filepath.Join(root, "/proc", strconv.Itoa(pid), "cwd"))
			if err != nil {
				continue
			}
			config = filepath.Join(cwd, config)
		}
		known := func(p process) bool { return sameFile(root, p.config, config) }
		if exists(root, config) && !slices.ContainsFunc(found, known) {
			found = append(found, process{pid, name, filepath.Clean(config)})
		}
	}
	return found
}

// processes returns the numbers of all processes, in ascending order.
func processes(root string) []int {
	dirs, err := os.ReadDir(filepath.Join(root, "/proc"))
	if err != nil {
		return nil
	}
	var pids []int
	for _, dir := range dirs {
		if pid, err := strconv.Atoi(dir.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

func readCmdline(root string, pid int) []string {
	f, err := os.Open(filepath.Join(root, "/proc", strconv.Itoa(pid), "cmdline"))
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
func parseCmdline(args []string) (name, config string, isSupervisor bool) {
	for len(args) > 1 && isInterpreter(filepath.Base(args[0])) {
		args = args[1:]
	}
	if len(args) < 2 {
		return "", "", false
	}
	name = filepath.Base(args[0])
	switch strings.TrimSuffix(name, ".py") {
	case "nagios", "nagios2", "nagios3", "nagios4", "naemon", "icinga":
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
	return name, config, strings.HasSuffix(config, ".cfg") && !onlyVerifies
}

// isInterpreter reports whether a program runs scripts.
func isInterpreter(name string) bool {
	return strings.HasPrefix(name, "python") || name == "pypy" || name == "env"
}
