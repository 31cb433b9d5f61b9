package brokermodule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// shownLines bounds how many lines of a refusal are shown.
const shownLines = 20

// Binary returns the path of the supervisor's program: the one that runs with the
// configuration, else one in the usual places.
func Binary(cfg *nagios.Config) (string, error) {
	if p, found := running(procDir, cfg.Path); found && isProgram(p.binary) {
		return p.binary, nil
	}
	places := usualPrograms(cfg)
	for _, path := range places {
		if isProgram(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("the supervisor's program is unknown: it does not run, and is none of %s "+
		"(name it with --binary)",
		strings.Join(places, ", "))
}

// usualPrograms lists where a flavour's program may be. A program whose name is in
// the path of the configuration comes first.
func usualPrograms(cfg *nagios.Config) []string {
	var places []string
	switch cfg.Flavour {
	case nagios.Naemon:
		places = []string{"/usr/sbin/naemon", "/usr/bin/naemon", "/usr/local/bin/naemon", "/opt/naemon/bin/naemon"}
	case nagios.Icinga:
		places = []string{"/usr/sbin/icinga", "/usr/bin/icinga", "/usr/local/icinga/bin/icinga"}
	default:
		places = []string{"/usr/sbin/nagios4", "/usr/sbin/nagios3", "/usr/sbin/nagios", "/usr/bin/nagios",
			"/usr/local/nagios/bin/nagios", "/opt/nagios/bin/nagios"}
	}
	elements := strings.Split(cfg.Path, "/")
	rank := func(path string) int {
		if slices.Contains(elements, filepath.Base(path)) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(places, func(a, b string) int { return rank(a) - rank(b) })
	return places
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// Verify lets a supervisor's program verify a main configuration. The error has
// what the program printed.
func Verify(ctx context.Context, binary, path string) error {
	out, err := exec.CommandContext(ctx, binary, "-v", path).CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("verifying with %s: %w", binary, ctx.Err())
	}
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return fmt.Errorf("verifying with %s: %w (name another program with --binary)", binary, err)
	}
	return fmt.Errorf("%s -v refuses the new configuration (%w):\n  %s",
		binary, err, strings.Join(complaints(string(out)), "\n  "))
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
