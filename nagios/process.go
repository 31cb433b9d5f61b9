package nagios

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxCmdline bounds what is read of a process's command line.
const maxCmdline = 64 << 10

// process is a supervisor that runs.
type process struct {
	pid    int
	name   string // of its program
	config string // path of its main configuration
}

// runningSupervisors finds the daemons that run with a configuration that is
// there, each configuration once, in the order of process numbers. Those that
// /proc hides from us are missed.
func runningSupervisors(root string) []process {
	dirs, err := os.ReadDir(filepath.Join(root, "/proc"))
	if err != nil {
		return nil
	}
	var found []process
	for _, dir := range dirs {
		pid, err := strconv.Atoi(dir.Name())
		if err != nil {
			continue
		}
		name, config, isSupervisor := parseCmdline(readCmdline(root, pid))
		if !isSupervisor {
			continue
		}
		if !filepath.IsAbs(config) {
			cwd, err := os.Readlink(filepath.Join(root, "/proc", dir.Name(), "cwd"))
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
	slices.SortFunc(found, func(a, b process) int { return a.pid - b.pid })
	return found
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

// parseCmdline tells whether a command line is that of a supervisor that runs,
// and with which configuration: the last argument of the cores, option -c of
// Shinken's arbiter. Workers, and calls that only verify a configuration, are
// none.
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

// isInterpreter tells the programs that run others which are written as
// scripts.
func isInterpreter(name string) bool {
	return strings.HasPrefix(name, "python") || name == "pypy" || name == "env"
}
