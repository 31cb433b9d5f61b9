// Command nagios2canopsis makes Canopsis see what a Nagios-family supervisor
// knows. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/hangup"
)

const overview = `nagios2canopsis reads what Nagios, Naemon, Icinga 1, Shinken or Centreon Engine
write, and sends it to Canopsis as events on RabbitMQ: durably, in order, with
nothing lost.

Usage:
  nagios2canopsis run            work until stopped
  nagios2canopsis check-config   check the configuration, and show what would be read and sent
  nagios2canopsis neb            show, enable or disable the broker module in the supervisor
  nagios2canopsis tail           print what would be sent from now on; stores and sends nothing
  nagios2canopsis demo           the whole pipeline on a small played Nagios
  nagios2canopsis version        print the version

Every command has --help. Without a configuration file, a supervisor in one of
the usual places is found by itself, and events go to RabbitMQ on this machine.
`

// environment is what a command uses of the process.
type environment struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	// hangups has a value for each SIGHUP, of which several may be one.
	hangups <-chan os.Signal
}

type command func(ctx context.Context, env environment) error

var (
	// errUsage ends a command whose arguments are wrong, after its usage was
	// printed.
	errUsage = errors.New("wrong arguments")
	// errReported ends a command that has failed and has printed why.
	errReported = errors.New("failed")
)

const (
	// stopWithin is how long a command may take to end once it was asked to. What is
	// not done by then is left behind: it is safe to be killed at any moment. The
	// steps of daemon's stop need less.
	stopWithin = 4600 * time.Millisecond
	// lastWords is how long the last lines of the log may take then.
	lastWords = 200 * time.Millisecond
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "run" {
		// A reader of standard output or error that goes away is an error of what
		// writes there. For the other commands it is their end, as of any program in a
		// pipe; as a hangup is.
		signal.Ignore(syscall.SIGPIPE)
	} else {
		hangup.GiveBack()
	}
	stderr := newLogWriter(os.Stderr)
	code := run(ctx, environment{
		args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: stderr, hangups: hangup.Received(),
	})
	// Whoever reads the error may be slow. Once we are to stop, that has a bound.
	over := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, func() { close(over) }) })
	stderr.flush(over)
	os.Exit(code)
}

// run returns the exit code: 0 done, 1 failed, 2 wrong arguments.
func run(ctx context.Context, env environment) int {
	commands := map[string]command{
		"run": runCommand, "check-config": checkConfigCommand, "tail": tailCommand, "demo": demoCommand,
		"neb": nebCommand, "version": versionCommand,
	}
	if len(env.args) == 0 {
		fmt.Fprint(env.stderr, overview)
		return 2
	}
	name := env.args[0]
	switch name {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(env.stdout, overview)
		return 0
	case "-version", "--version":
		name = "version"
	}
	do, known := commands[name]
	if !known {
		fmt.Fprintf(env.stderr, "nagios2canopsis: there is no command %q\n\n%s", name, overview)
		return 2
	}
	env.args = env.args[1:]
	switch err := inTime(ctx, func() error { return do(ctx, env) }); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errLeftBehind) && name == "run":
		// It was asked to stop, and has; what it has read and not sent is stored.
		fmt.Fprintf(env.stderr, "nagios2canopsis %s: %v\n", name, err)
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, errReported):
		return 1
	default:
		fmt.Fprintf(env.stderr, "nagios2canopsis %s: %v\n", name, err)
		return 1
	}
}

// errLeftBehind ends a command that hangs when it is asked to stop.
var errLeftBehind = fmt.Errorf("stopped without waiting longer: it did not end by itself within %s", stopWithin)

// inTime does something, and leaves it behind if it doesn't end soon after the
// context.
func inTime(ctx context.Context, do func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- do() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
		return errLeftBehind
	}
}

// parse reads a command's flags; about is what its --help says first.
func parse(env environment, name, about string, define func(*flag.FlagSet)) (*flag.FlagSet, error) {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(env.stderr)
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "Usage: nagios2canopsis %s [options]\n\n%s", name, about)
		if define != nil {
			fmt.Fprint(f.Output(), "\nOptions:\n")
			f.PrintDefaults()
		}
	}
	if define != nil {
		define(f)
	}
	if err := f.Parse(env.args); errors.Is(err, flag.ErrHelp) {
		return nil, err
	} else if err != nil {
		return nil, errUsage
	}
	if f.NArg() > 0 {
		fmt.Fprintf(env.stderr, "nagios2canopsis %s: unexpected argument %q\n", name, f.Arg(0))
		f.Usage()
		return nil, errUsage
	}
	return f, nil
}
