package loadertest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A core is a release that the loader plays.
type core struct {
	program    string // the name that the module must report
	exports    string // the set of names that the loader exports
	objects    string // how its objects are laid out
	api        int
	acksExpire bool
	layout     string // the table that the module must choose
}

func (c core) version() string { return c.program[strings.Index(c.program, " ")+1:] }

var cores = []core{
	{program: "Nagios 3.0", exports: "nagios3", objects: "nagios-3.0", api: 3, layout: "nagios-3.0"},
	{program: "Nagios 3.5.0", exports: "nagios3", objects: "nagios-3.0", api: 3, layout: "nagios-3.0"},
	{program: "Icinga 1.2.1", exports: "nagios3", objects: "nagios-3.0", api: 3, layout: "nagios-3.0"},
	{
		program: "Icinga 1.14.2", exports: "nagios3", objects: "icinga-1.6", api: 3, acksExpire: true,
		layout: "icinga-1.6",
	},
	{program: "Nagios 4.0.0", exports: "nagios4", objects: "nagios-4.0", api: 4, layout: "nagios-4.0"},
	{program: "Nagios 4.4.6", exports: "nagios4", objects: "nagios-4.0", api: 4, layout: "nagios-4.0"},
	{program: "Nagios 4.5.12", exports: "nagios4", objects: "nagios-4.5", api: 4, layout: "nagios-4.5"},
	{program: "Naemon 1.0.0", exports: "naemon", objects: "nagios-4.0", api: 4, layout: "nagios-4.0"},
	{program: "Naemon 1.0.10", exports: "naemon", objects: "naemon-1.0.4", api: 4, layout: "naemon-1.0.4"},
	{program: "Naemon 1.3.1", exports: "naemon", objects: "naemon-1.1.0", api: 5, layout: "naemon-1.1.0"},
	{
		program: "Naemon 1.4.1-1.1", exports: "naemon", objects: "naemon-1.4.0", api: 5, acksExpire: true,
		layout: "naemon-1.4.0",
	},
	{
		program: "Naemon 1.4.2", exports: "naemon", objects: "naemon-1.4.2", api: 6, acksExpire: true,
		layout: "naemon-1.4.2",
	},
	{
		program: "Naemon 1.4.3", exports: "naemon", objects: "naemon-1.4.3", api: 7, acksExpire: true,
		layout: "naemon-1.4.3",
	},
	{
		program: "Naemon 1.5.2", exports: "naemon", objects: "naemon-1.5.0", api: 8, acksExpire: true,
		layout: "naemon-1.5.0",
	},
}

func coreNamed(t testing.TB, program string) core {
	t.Helper()
	for _, c := range cores {
		if c.program == program {
			return c
		}
	}
	t.Fatalf("no core %s", program)
	return core{}
}

// plainLong undoes what the core did to a long output: all escape line feeds,
// and all but Naemon backslashes.
func (c core) plainLong(text string) string {
	if c.exports == "naemon" {
		return strings.ReplaceAll(text, `\n`, "\n")
	}
	return unescaper.Replace(text)
}

// escapeLong does to a long output what the core does to it.
func (c core) escapeLong(text string) string {
	if c.exports == "naemon" {
		return strings.ReplaceAll(text, "\n", `\n`)
	}
	return strings.NewReplacer("\\", `\\`, "\n", `\n`).Replace(text)
}

// A loader is a running core that carries out one line at a time.
type loader struct {
	t      testing.TB
	core   core
	dir    string // of the binaries
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors bytes.Buffer
	pid    int
	api    int
	logs   []string
}

// start runs the core; wrap is put before the command. With -short it skips what
// needs valgrind.
func start(t testing.TB, m mode, c core, wrap ...string) *loader {
	t.Helper()
	if m.name == valgrind.name {
		skipIfShort(t, "slow")
	}
	dir := build(t, m.cflags)
	args := append(append(append([]string{}, wrap...), m.wrap...),
		filepath.Join(dir, "loader-"+c.exports), c.objects, c.version(), fmt.Sprint(btoi(c.acksExpire)))
	l := &loader{t: t, core: c, dir: dir, cmd: exec.Command(args[0], args[1:]...)}
	l.cmd.Stderr = &l.errors
	in, err := l.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	l.in, l.out = in, bufio.NewReader(out)
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.in.Close() })
	l.read(func(line string) bool { return strings.HasPrefix(line, "pid ") })
	return l
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// read handles the output of the core until done returns true.
func (l *loader) read(done func(line string) bool) {
	l.t.Helper()
	for {
		line, err := l.out.ReadString('\n')
		if err != nil {
			l.t.Fatalf("the core is gone: %v\n%s", err, l.errors.String())
		}
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "pid":
			l.pid, _ = strconv.Atoi(rest)
		case "api":
			l.api, _ = strconv.Atoi(rest)
		case "log":
			_, text, _ := strings.Cut(rest, " ")
			l.logs = append(l.logs, unescape(text))
		case "error":
			l.t.Errorf("the core reports: %s", unescape(rest))
		case "init", "deinit":
			if rest != "0" {
				l.t.Errorf("nebmodule_%s returned %s", word, rest)
			}
		}
		if done(line) {
			return
		}
	}
}

// do sends a command and waits until it has been carried out; it returns the output.
func (l *loader) do(words ...string) []string {
	l.t.Helper()
	for i := range words {
		words[i] = escape(words[i])
	}
	if _, err := io.WriteString(l.in, strings.Join(words, " ")+"\n"); err != nil {
		l.t.Fatalf("the core is gone: %v\n%s", err, l.errors.String())
	}
	var output []string
	l.read(func(line string) bool {
		output = append(output, line)
		return line == "ok"
	})
	return output
}

func (l *loader) load(args string) {
	l.t.Helper()
	l.do("load", filepath.Join(l.dir, "nagios2canopsis.so"), args)
	if l.api != l.core.api {
		l.t.Errorf("__neb_api_version is %d, this core wants %d", l.api, l.core.api)
	}
}

// end stops the core and checks that it ends without an error.
func (l *loader) end() {
	l.t.Helper()
	l.in.Close()
	if err := l.cmd.Wait(); err != nil {
		l.t.Errorf("the core ended badly: %v\n%s", err, l.errors.String())
	}
	if l.errors.Len() > 0 {
		l.t.Errorf("the core wrote:\n%s", l.errors.String())
	}
}

// logged fails if no line with the text was logged.
func (l *loader) logged(text string) {
	l.t.Helper()
	if l.countLogged(text) == 0 {
		l.t.Errorf("%q was not logged, but:\n%s", text, strings.Join(l.logs, "\n"))
	}
}

func (l *loader) countLogged(text string) (n int) {
	for _, line := range l.logs {
		if !strings.HasPrefix(line, "nagios2canopsis: ") {
			l.t.Errorf("logged without our name: %q", line)
		}
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// escape escapes a word for the loader: no byte of it may separate words.
func escape(word string) string {
	var b strings.Builder
	for i := 0; i < len(word); i++ {
		if c := word[i]; c <= ' ' || c == '%' || c > '~' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unescape(word string) string {
	var b strings.Builder
	for i := 0; i < len(word); i++ {
		if word[i] == '%' {
			c, _ := strconv.ParseUint(word[i+1:i+3], 16, 8)
			b.WriteByte(byte(c))
			i += 2
		} else {
			b.WriteByte(word[i])
		}
	}
	return b.String()
}
