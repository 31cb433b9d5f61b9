package brokermodule

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/account"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// CoreUser returns the user that a supervisor runs as: the one of its
// configuration, else that of its process, else in an OMD site the site's, else
// the one that packages create for it.
func CoreUser(ctx context.Context, cfg *nagios.Config) (account.Account, error) {
	return coreUser(ctx, procDir, cfg)
}

func coreUser(ctx context.Context, proc string, cfg *nagios.Config) (account.Account, error) {
	name, from := cfg.User, "its configuration names it"
	if name == "" {
		if p, found := running(proc, cfg.Path); found {
			name, from = ownerOf(filepath.Join(proc, strconv.Itoa(p.pid))), fmt.Sprintf("process %d runs as it", p.pid)
		}
	}
	if site, found := omdSiteOf(cfg.Path); found && name == "" {
		name, from = site.name, "the OMD site has its name"
	}
	if name == "" {
		name, from = string(cfg.Flavour), "neither its configuration nor a process names another one"
	}
	user, err := account.Lookup(ctx, name)
	if err == nil {
		user, err = user.With(cfg.Group)
	}
	if err != nil {
		return user, fmt.Errorf("the user of the supervisor with %s: %w (%s)", cfg.Path, err, from)
	}
	return user, nil
}

// ownerOf returns the number of the user that a process runs as, empty if it
// can't be read.
func ownerOf(own string) string {
	text, err := os.ReadFile(filepath.Join(own, "status"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if numbers, found := strings.CutPrefix(line, "Uid:"); found {
			if fields := strings.Fields(numbers); len(fields) > 1 {
				return fields[1] // the effective one
			}
		}
	}
	return ""
}

// CheckUser returns what the supervisor's user could not do: load the module, or
// write to a spool directory that exists. Only root can find that out for another
// user; for others it is nil.
func CheckUser(ctx context.Context, core account.Account, module, spool string) error {
	if os.Geteuid() != 0 && !core.IsCurrent() {
		return nil
	}
	switch may, err := core.May(ctx, account.Read, module); {
	case err != nil:
		return fmt.Errorf("trying to read %s as user %s: %w", module, core.Name, err)
	case !may:
		return fmt.Errorf("user %s, as which the supervisor runs, can't read the module %s, and most supervisors do "+
			"not start then (chmod a+r the file, a+x the directories above it)", core.Name, module)
	}
	if CheckSpool(spool) != nil {
		return nil // it is created, or refused, by MakeSpool
	}
	switch may, err := core.May(ctx, account.Write, spool); {
	case err != nil:
		return fmt.Errorf("trying to write to %s as user %s: %w", spool, core.Name, err)
	case !may:
		return fmt.Errorf("user %s, as which the supervisor runs, can't write to the spool directory %s: "+
			"it may be another supervisor's (name another one with --spool, or: chown %s:%s %s)",
			core.Name, spool, core.Name, core.Group(), spool)
	}
	return nil
}
