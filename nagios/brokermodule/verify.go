package brokermodule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/account"
)

// shownLines bounds how many lines of a refusal are shown.
const shownLines = 20

// Verify lets a supervisor's program verify a main configuration. root does it as
// the supervisor's user, as which the program will read the files, and because
// Naemon refuses to do anything as root (naemon.c). The error has what the program
// printed.
func Verify(ctx context.Context, binary, path string, core account.Account) error {
	cmd, as := exec.CommandContext(ctx, binary, "-v", path), ""
	if os.Geteuid() == 0 {
		cmd, as = core.Command(ctx, binary, "-v", path), " as user "+core.Name
	}
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("verifying with %s: %w", binary, ctx.Err())
	}
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return fmt.Errorf("verifying with %s%s: %w (name another program with --binary)", binary, as, err)
	}
	return fmt.Errorf("%s -v%s refuses the new configuration (%w):\n  %s",
		binary, as, err, strings.Join(complaints(string(out)), "\n  "))
}

// complaints picks from the output of a verification what an administrator has to
// read: the errors, or the end if there are none.
func complaints(output string) []string {
	var all, errs []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		all = append(all, line)
		if strings.Contains(strings.ToLower(line), "error") && !strings.HasPrefix(line, "Total Errors:") {
			errs = append(errs, line)
		}
	}
	if len(errs) == 0 {
		return all[max(0, len(all)-5):]
	}
	return errs[:min(len(errs), shownLines)]
}
