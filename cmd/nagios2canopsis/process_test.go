package main

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"golang.org/x/sys/unix"
)

// asProgram makes the test binary be the program. "wait": it waits for its
// standard input to end before main, when all packages have set themselves up.
const asProgram = "NAGIOS2CANOPSIS_AS_PROGRAM"

// TestMain also lets check-config start this program again as another user.
func TestMain(m *testing.M) {
	how := os.Getenv(asProgram)
	again := len(os.Args) > 1 && slices.Contains([]string{"check-config", "run"}, os.Args[1])
	switch {
	case how == "wait":
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		main()
	case how == "go", again:
		main()
	default:
		os.Exit(m.Run())
	}
}

// program is the program as a process of its own.
type program struct {
	*exec.Cmd
	t *testing.T
}

func newProgram(t *testing.T, how string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{exec.Command(self, args...), t}
	p.Env = append(os.Environ(), asProgram+"="+how)
	return p
}

// start starts it; it is killed at the end of the test.
func (p *program) start() {
	p.t.Helper()
	if err := p.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
}

// stop sends SIGTERM, and fails the test if it doesn't end in order within 5
// seconds.
func (p *program) stop(code int) {
	p.t.Helper()
	must(p.t, p.Process.Signal(syscall.SIGTERM))
	p.ends(code)
}

// ends fails the test unless it ends within 5 seconds with an exit code, which is -1
// of one that a signal ends.
func (p *program) ends(code int) {
	p.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	select {
	case <-ended:
		if got := p.ProcessState.ExitCode(); got != code {
			p.t.Errorf("it ended with %s, want exit code %d", p.ProcessState, code)
		}
	case <-time.After(5 * time.Second):
		p.t.Fatal("it still runs after 5 seconds")
	}
}

// awaitWriting waits until a thread is in write(2) to a descriptor and stays there.
func (p *program) awaitWriting(fd int) {
	p.t.Helper()
	call := fmt.Sprintf("%d %#x ", unix.SYS_WRITE, fd)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", p.Process.Pid))
		must(p.t, err)
		for _, thread := range threads {
			if text, err := os.ReadFile(thread); err == nil && strings.HasPrefix(string(text), call) {
				return
			}
		}
	}
	p.t.Fatalf("nothing waits in write to descriptor %d", fd)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lines passes on what is written to a pipe, line by line.
func lines(t *testing.T, pipe func() (io.ReadCloser, error)) <-chan string {
	t.Helper()
	r, err := pipe()
	must(t, err)
	out := make(chan string, 10000)
	go func() {
		defer close(out)
		for sc := bufio.NewScanner(r); sc.Scan(); {
			out <- sc.Text()
		}
	}()
	return out
}

// await waits for a line that holds a text.
func await(t *testing.T, lines <-chan string, text string) {
	t.Helper()
	var seen []string
	late := time.After(30 * time.Second)
	for {
		select {
		case line, ok := <-lines:
			if strings.Contains(line, text) {
				return
			}
			if seen = append(seen, line); !ok {
				t.Fatalf("it ended, without %q in:\n%s", text, strings.Join(seen, "\n"))
			}
		case <-late:
			t.Fatalf("no %q in:\n%s", text, strings.Join(seen, "\n"))
		}
	}
}

// printing writes a configuration that prints the problem of a log.
func printing(t *testing.T) (dir, config string) {
	t.Helper()
	dir = t.TempDir()
	write(t, filepath.Join(dir, "nagios.log"),
		fmt.Sprintf("[%d] HOST ALERT: web;DOWN;HARD;1;gone\n", time.Now().Unix()))
	return dir, write(t, filepath.Join(dir, "c.yml"), strings.ReplaceAll(`
supervisor: none
connector_name: paris
readers: {log: {path: "DIR/nagios.log", begin: beginning}}
publish: {amqp: {enabled: false}, stdout: {enabled: true}}
journal: {path: "DIR/journal.db"}
quarantine: {path: "DIR/quarantine.ndjson"}
`, "DIR", dir))
}

func skipIfShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("slow: make test runs it")
	}
}

func TestAHangupBeforeMainIsAReload(t *testing.T) {
	skipIfShort(t)
	_, config := printing(t)
	p := newProgram(t, "wait", "run", "--config", config)
	in, err := p.StdinPipe()
	must(t, err)
	out, log := lines(t, p.StdoutPipe), lines(t, p.StderrPipe)
	p.start()
	await(t, out, "ready")
	must(t, p.Process.Signal(syscall.SIGHUP))
	must(t, in.Close())
	await(t, log, "configuration read again")
	p.stop(0)
}

func TestAHangupEndsWhatRunsInATerminal(t *testing.T) {
	skipIfShort(t)
	_, config := printing(t)
	p := newProgram(t, "wait", "tail", "--config", config)
	in, err := p.StdinPipe()
	must(t, err)
	out := lines(t, p.StdoutPipe)
	p.start()
	await(t, out, "ready")
	must(t, p.Process.Signal(syscall.SIGHUP))
	must(t, in.Close())
	p.ends(-1)
	if status := p.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGHUP {
		t.Errorf("it ended with %v, want SIGHUP", p.ProcessState)
	}
}

// fullPipe is a pipe that nobody reads, and that takes nothing any more.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	var ends [2]int
	must(t, unix.Pipe2(ends[:], unix.O_CLOEXEC))
	r, w := os.NewFile(uintptr(ends[0]), "read end"), os.NewFile(uintptr(ends[1]), "write end")
	t.Cleanup(func() { r.Close(); w.Close() })
	must(t, unix.SetNonblock(ends[1], true))
	for {
		if _, err := unix.Write(ends[1], []byte("x")); err != nil {
			break
		}
	}
	must(t, unix.SetNonblock(ends[1], false))
	return w
}

func TestAFullPipeAsStandardErrorStopsNothing(t *testing.T) {
	skipIfShort(t)
	_, config := printing(t)
	p := newProgram(t, "go", "run", "--config", config)
	p.Stderr = fullPipe(t)
	out := lines(t, p.StdoutPipe)
	p.start()
	await(t, out, `"output":"gone"`)
	p.stop(0)
}

func TestAnErrorAtAFullPipe(t *testing.T) {
	skipIfShort(t)
	p := newProgram(t, "go", "run", "--config", "/nowhere/c.yml")
	p.Stderr = fullPipe(t)
	p.start()
	p.awaitWriting(2)
	p.stop(1)
}

func TestAHangingStandardOutput(t *testing.T) {
	skipIfShort(t)
	_, config := printing(t)
	for command, code := range map[string]int{"run": 0, "tail": 1} {
		t.Run(command, func(t *testing.T) {
			p := newProgram(t, "go", command, "--config", config)
			p.Stdout = fullPipe(t)
			p.start()
			p.awaitWriting(1)
			p.stop(code)
		})
	}
}

// brokenPipe is a pipe that nobody can read any more.
func brokenPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	must(t, r.Close())
	t.Cleanup(func() { w.Close() })
	return w
}

func TestAClosedStandardOutputIsAnErrorOfTheTarget(t *testing.T) {
	skipIfShort(t)
	_, config := printing(t)
	p := newProgram(t, "go", "run", "--config", config)
	p.Stdout = brokenPipe(t)
	log := lines(t, p.StderrPipe)
	p.start()
	await(t, log, "broken pipe")
	p.stop(0)
}

func TestAClosedStandardErrorStopsNothing(t *testing.T) {
	skipIfShort(t)
	_, config := printing(t)
	p := newProgram(t, "go", "run", "--config", config)
	p.Stderr = brokenPipe(t)
	out := lines(t, p.StdoutPipe)
	p.start()
	await(t, out, `"output":"gone"`)
	p.stop(0)
}

func TestDropBacklogNamesTargets(t *testing.T) {
	skipIfShort(t)
	_, config := printing(t)
	p := newProgram(t, "go", "run", "--config", config, "--drop-backlog", "one", "--drop-backlog=two")
	log := lines(t, p.StderrPipe)
	p.start()
	await(t, log, "there is nothing to drop\" target=one")
	await(t, log, "there is nothing to drop\" target=two")
	p.stop(0)

	p = newProgram(t, "go", "run", "--config", config, "--drop-backlog", "stdout")
	log = lines(t, p.StderrPipe)
	p.start()
	await(t, log, "the backlog of target stdout is not dropped")
	p.ends(1)
}

// A pipe stands where the journal's reserve is made: events wait, and it ends in time.
func TestAPipeAsReserveIsNotWaitedFor(t *testing.T) {
	skipIfShort(t)
	dir, config := printing(t)
	must(t, syscall.Mkfifo(filepath.Join(dir, "journal.db.reserve"), 0o600))
	p := newProgram(t, "go", "run", "--config", config)
	log := lines(t, p.StderrPipe)
	p.start()
	await(t, log, "journal.db.reserve")
	p.stop(0)
}

// lockDatabase keeps everybody else from a journal.
func lockDatabase(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(t.Context())
	must(t, err)
	for _, statement := range []string{
		"PRAGMA locking_mode = EXCLUSIVE", "CREATE TABLE IF NOT EXISTS x (y)", "BEGIN EXCLUSIVE",
	} {
		_, err := conn.ExecContext(t.Context(), statement)
		must(t, err)
	}
}

func TestAJournalThatAnotherHoldsLocked(t *testing.T) {
	skipIfShort(t)
	dir, config := printing(t)
	lockDatabase(t, filepath.Join(dir, "journal.db"))
	p := newProgram(t, "go", "run", "--config", config)
	p.start()
	waitForFile(t, filepath.Join(dir, "journal.db.lock")) // it is about to open it
	p.stop(0)
}

func waitForFile(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
	t.Fatalf("%s doesn't come", path)
}
