package access

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Identity is a user and its groups, by their names, or numbers where there is
// none.
type Identity struct {
	Name   string
	UID    int
	Groups []string
}

// String describes the user.
func (i Identity) String() string {
	return fmt.Sprintf("user %s (uid %d, groups %s)", i.Name, i.UID, strings.Join(i.Groups, " "))
}

// Who returns the user that this process runs as.
func Who() Identity {
	who := Identity{UID: os.Geteuid()}
	who.Name = UserName(who.UID)
	ids, err := os.Getgroups()
	if err != nil {
		ids = nil // the primary group is listed at least
	}
	seen := make(map[int]bool)
	for _, id := range append([]int{os.Getegid()}, ids...) {
		if !seen[id] {
			seen[id] = true
			who.Groups = append(who.Groups, groupName(id))
		}
	}
	return who
}

// UserName returns the name of a user, or the number as text if it has none.
func UserName(uid int) string {
	number := strconv.Itoa(uid)
	if u, err := user.LookupId(number); err == nil {
		return u.Username
	}
	return number
}

func groupName(gid int) string {
	number := strconv.Itoa(gid)
	if g, err := user.LookupGroupId(number); err == nil {
		return g.Name
	}
	return number
}

// Owner is whom a file belongs to, and who can't use it.
type Owner struct {
	User, Group string
	GID         uint32
	Reader      Identity
}

func ownerOf(stat *syscall.Stat_t, reader Identity) Owner {
	return Owner{
		User: UserName(int(stat.Uid)), Group: groupName(int(stat.Gid)), GID: stat.Gid, Reader: reader,
	}
}

// Join is the command that adds the reader to a group; empty if it belongs to it.
func (o Owner) Join(group string) string {
	if slices.Contains(o.Reader.Groups, group) {
		return ""
	}
	return fmt.Sprintf("usermod -a -G %s %s", group, o.Reader.Name)
}
