package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/nagios2canopsis/nagios2canopsis/internal/account"
	"github.com/nagios2canopsis/nagios2canopsis/internal/rehearsal"
)

func checkFlags(path, as *string) func(*flag.FlagSet) {
	return func(f *flag.FlagSet) {
		configFlag(path)(f)
		f.StringVar(as, "as", "",
			"try as this `user`, with its groups (root only); default for root: the owner of the journal's directory")
	}
}

// tryAsAnother runs check-config again as the user that is to run the connector,
// if that is another one. Rights can't be tried otherwise: root has all of them.
func tryAsAnother(ctx context.Context, env environment, config, as string) (done bool, err error) {
	why := ""
	if as == "" {
		if as, why = likelyUser(config); as == "" {
			return false, nil
		}
	}
	who, err := account.Lookup(ctx, as)
	switch {
	case err != nil && why != "":
		return false, nil // a number without a name; that root is refused will be found
	case err != nil:
		return false, fmt.Errorf("--as: %w", err)
	}
	if who.IsCurrent() {
		return false, nil
	}
	if os.Geteuid() != 0 {
		return false, fmt.Errorf("--as %s: only root can try as another user", as)
	}
	if why != "" {
		fmt.Fprintln(env.stdout, why)
	}
	if config, err = filepath.Abs(config); err != nil {
		return false, fmt.Errorf("--config: %w", err)
	}
	// Its own program by this name, because its path may be closed to the user.
	cmd := who.Command(ctx, "/proc/self/exe", "check-config", "--config", config)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = env.stdin, env.stdout, env.stderr
	err = cmd.Run()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) && (failed.Exited() || endedByPipe(failed)) {
		return true, errReported
	}
	if err != nil {
		return true, fmt.Errorf("trying as user %s: %w", as, err)
	}
	return true, nil
}

// endedByPipe reports whether a program ended because nobody reads any more what
// it prints, as behind "| head".
func endedByPipe(failed *exec.ExitError) bool {
	status, ok := failed.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGPIPE
}

// likelyUser returns as whom root tries unless it is asked for somebody, and why.
// It is empty for other users, and where nobody else is likely.
func likelyUser(config string) (user, why string) {
	if os.Geteuid() != 0 {
		return "", ""
	}
	l, err := load(config)
	if err != nil {
		return "", "" // reported later
	}
	uid, known := rehearsal.OwnerOf(l)
	if !known || uid == 0 {
		return "", ""
	}
	return strconv.Itoa(uid), fmt.Sprintf("%s belongs to another user than root: trying as that user "+
		"(--as USER tries as another).", filepath.Dir(l.Journal.Path))
}
