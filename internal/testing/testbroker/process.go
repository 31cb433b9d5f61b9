package testbroker

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// userHZ is the number of ticks a second in which /proc/PID/stat counts, fixed
// by the kernel's ABI.
const userHZ = 100

type processSpec struct {
	path    string
	args    []string
	env     []string
	dir     string
	account *syscall.Credential
	output  string // file that stdout and stderr are appended to
}

// process is a child in a process group of its own.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended
	err    error         // how it ended; valid after exited
}

// startProcess starts a child that dies with us. The kernel sends the death
// signal when the *thread* that forked ends, so one goroutine keeps that
// thread for as long as the child lives.
func startProcess(spec processSpec) (*process, error) {
	output, err := os.OpenFile(spec.output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	cmd := exec.Command(spec.path, spec.args...)
	cmd.Env, cmd.Dir = spec.env, spec.dir
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: spec.account}

	p := &process{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.err = cmd.Wait()
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) signal(s syscall.Signal) error { return p.cmd.Process.Signal(s) }

// kill ends the whole process group, waits for the child and returns the
// CPU seconds that it had used.
func (p *process) kill() float64 {
	// The group may be gone already, which is as good.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.exited
	state := p.cmd.ProcessState
	return (state.UserTime() + state.SystemTime()).Seconds()
}

// cpu returns the CPU seconds used so far by the running process.
func (p *process) cpu() float64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// The second field, the program's name, may hold spaces: count behind it.
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	ticks := 0.0
	for _, field := range fields[11:13] { // utime, stime
		n, _ := strconv.ParseFloat(field, 64)
		ticks += n
	}
	return ticks / userHZ
}
