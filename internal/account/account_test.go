package account

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestLookup(t *testing.T) {
	root, err := Lookup(t.Context(), "root")
	if err != nil {
		t.Fatal(err)
	}
	byNumber, err := Lookup(t.Context(), "0")
	if err != nil {
		t.Fatal(err)
	}
	if root.UID != 0 || byNumber.UID != 0 || !slices.Contains(root.Groups, root.GID) {
		t.Errorf("%+v, by number %+v", root, byNumber)
	}
	for _, name := range []string{"nobody-of-that-name", "-r", ""} {
		if a, err := Lookup(t.Context(), name); err == nil || !strings.Contains(err.Error(), "user "+name) {
			t.Errorf("%q: %+v, %v", name, a, err)
		}
	}
}

func TestCommandRunsAsTheUser(t *testing.T) {
	who, err := Lookup(t.Context(), strconv.Itoa(os.Geteuid()))
	if err == nil && os.Geteuid() == 0 {
		if who, err = Lookup(t.Context(), "nobody"); err == nil {
			who, err = who.With("sys")
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := who.Command(t.Context(), "sh", "-c", "id -u; id -g; id -G").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var groups []string
	for _, g := range who.Groups {
		groups = append(groups, strconv.Itoa(int(g)))
	}
	if lines[0] != strconv.Itoa(int(who.UID)) {
		t.Errorf("uid %s, want %d", lines[0], who.UID)
	}
	if os.Geteuid() != 0 {
		return // the rest is that of this process
	}
	have := strings.Fields(lines[2])
	slices.Sort(have)
	slices.Sort(groups)
	if lines[1] != strconv.Itoa(int(who.GID)) || !slices.Equal(have, groups) {
		t.Errorf("%q, want %+v", lines, who)
	}
}
