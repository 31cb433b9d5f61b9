// Package account finds users of the system, and starts programs as one of them.
//
// Users are looked up by the program id(1), which knows those of a directory
// service too: a program that is linked statically knows /etc/passwd alone.
package account

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Account is a user of the system.
type Account struct {
	Name   string
	UID    uint32
	GID    uint32   // of the primary group
	Groups []uint32 // all of them
}

// Lookup returns a user by its name, or by its number. An error names the user.
func Lookup(ctx context.Context, name string) (Account, error) {
	uid, err := id(ctx, "-u", name)
	if err != nil {
		return Account{}, err
	}
	groups, err := id(ctx, "-G", name)
	if err != nil {
		return Account{}, err
	}
	return Account{Name: name, UID: uid[0], GID: groups[0], Groups: groups}, nil
}

// id returns the numbers that id(1) prints; the primary group comes first. There
// is at least one.
func id(ctx context.Context, option, name string) ([]uint32, error) {
	out, err := exec.CommandContext(ctx, "id", option, "--", name).Output()
	if err != nil {
		if failed := (*exec.ExitError)(nil); errors.As(err, &failed) && len(failed.Stderr) > 0 {
			return nil, fmt.Errorf("user %s: %s", name, strings.TrimSpace(string(failed.Stderr)))
		}
		return nil, fmt.Errorf("user %s: %w", name, err)
	}
	var numbers []uint32
	for _, field := range strings.Fields(string(out)) {
		n, err := strconv.ParseUint(field, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user %s: id %s printed %q", name, option, out)
		}
		numbers = append(numbers, uint32(n))
	}
	if len(numbers) == 0 {
		return nil, fmt.Errorf("user %s: id %s printed nothing", name, option)
	}
	return numbers, nil
}

// With returns the user with another primary group, by its name or number. The
// other groups stay. An empty group changes nothing.
func (a Account) With(group string) (Account, error) {
	if group == "" {
		return a, nil
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		if g, err = user.LookupGroupId(group); err != nil {
			return a, fmt.Errorf("group %s: %w", group, err)
		}
	}
	gid, err := strconv.ParseUint(g.Gid, 10, 32)
	if err != nil {
		return a, fmt.Errorf("group %s: %w", group, err)
	}
	a.GID = uint32(gid)
	if !slices.Contains(a.Groups, a.GID) {
		a.Groups = append([]uint32{a.GID}, a.Groups...)
	}
	return a, nil
}

// Group returns the name of the primary group, or its number as text if it has
// none.
func (a Account) Group() string {
	number := strconv.Itoa(int(a.GID))
	if g, err := user.LookupGroupId(number); err == nil {
		return g.Name
	}
	return number
}

// Right is a right to a file, as test(1) names it.
type Right string

// The rights.
const (
	Read  Right = "-r"
	Write Right = "-w"
)

// May reports whether the user has a right to a path. An error means that this
// can't be known, because the current user may not start programs as that user.
func (a Account) May(ctx context.Context, right Right, path string) (bool, error) {
	err := a.Command(ctx, "test", string(right), path).Run()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) && failed.Exited() {
		return false, nil
	}
	return err == nil, err
}

// IsCurrent reports whether this process runs as the user.
func (a Account) IsCurrent() bool { return int(a.UID) == os.Geteuid() }

// Command is exec.CommandContext of a program that runs as the user, with exactly
// its groups. Only root can start it, unless the user is the current one: then
// the program has the groups of this process.
func (a Account) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	if !a.IsCurrent() {
		cmd.Dir = "/" // that of this process may be closed to the user
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Credential: &syscall.Credential{Uid: a.UID, Gid: a.GID, Groups: a.Groups},
		}
	}
	return cmd
}
