package brokermodule

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

func accepts(context.Context, string) error { return nil }

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// names lists a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func plan(t *testing.T, cfg *nagios.Config) *Edit {
	t.Helper()
	e, err := Enable(cfg, modulePath, "")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestApply(t *testing.T) {
	cfg := configuration(t, map[string]string{"nagios.cfg": "event_broker_options=-1\n"})
	if err := os.Chmod(cfg.Path, 0o640); err != nil {
		t.Fatal(err)
	}
	owner := os.Getuid()
	if owner == 0 {
		owner = 65534
		if err := os.Chown(cfg.Path, owner, 65534); err != nil {
			t.Fatal(err)
		}
	}
	e := plan(t, cfg)
	var verified string
	backup, err := e.Apply(t.Context(), func(_ context.Context, path string) error {
		verified = text(t, path)
		if text(t, cfg.Path) != "event_broker_options=-1\n" {
			t.Error("it is in place before it is verified")
		}
		if filepath.Dir(path) != filepath.Dir(cfg.Path) || strings.HasSuffix(path, ".cfg") {
			t.Errorf("verified as %s", path)
		}
		return nil
	}, testTime)
	if err != nil {
		t.Fatal(err)
	}
	if want := "event_broker_options=-1\n" + ourLine + "\n"; verified != want || text(t, cfg.Path) != want {
		t.Errorf("verified %q, in place %q", verified, text(t, cfg.Path))
	}
	if want := cfg.Path + ".nagios2canopsis-20260301-120000"; backup != want ||
		text(t, backup) != "event_broker_options=-1\n" {
		t.Errorf("backup %q, want %q", backup, want)
	}
	for _, path := range []string{cfg.Path, backup} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o640 || int(info.Sys().(*syscall.Stat_t).Uid) != owner {
			t.Errorf("%s: %v, owner %d", path, info.Mode(), info.Sys().(*syscall.Stat_t).Uid)
		}
	}

	e, err = Disable(read(t, cfg.Path))
	if err != nil {
		t.Fatal(err)
	}
	if backup, err = e.Apply(t.Context(), accepts, testTime); err != nil ||
		backup != cfg.Path+".nagios2canopsis-20260301-120000-2" {
		t.Errorf("backup %q in the same second: %v", backup, err)
	}
	if text(t, cfg.Path) != "event_broker_options=-1\n" || len(names(t, filepath.Dir(cfg.Path))) != 3 {
		t.Errorf("%q; %q", text(t, cfg.Path), names(t, filepath.Dir(cfg.Path)))
	}
}

func TestApplyFollowsALink(t *testing.T) {
	real := configuration(t, map[string]string{"nagios.cfg": "event_broker_options=-1\n"})
	dir := t.TempDir()
	link := filepath.Join(dir, "linked.cfg")
	if err := os.Symlink(real.Path, link); err != nil {
		t.Fatal(err)
	}
	verify := func(_ context.Context, path string) error {
		if filepath.Dir(path) != dir {
			t.Errorf("verified as %s, where relative paths lead elsewhere", path)
		}
		return nil
	}
	backup, err := plan(t, read(t, link)).Apply(t.Context(), verify, testTime)
	if err != nil || filepath.Dir(backup) != filepath.Dir(real.Path) {
		t.Fatalf("backup %q, %v", backup, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if !strings.Contains(text(t, real.Path), ourLine) || len(names(t, dir)) != 1 ||
		len(names(t, filepath.Dir(real.Path))) != 2 {
		t.Errorf("%q; %q; %q", text(t, real.Path), names(t, dir), names(t, filepath.Dir(real.Path)))
	}
}

func TestApplyLeavesAllAsItWas(t *testing.T) {
	const before = "event_broker_options=-1\n"
	cfg := configuration(t, map[string]string{"nagios.cfg": before})
	unchanged := func(want string) {
		t.Helper()
		if got := text(t, cfg.Path); got != want || len(names(t, filepath.Dir(cfg.Path))) != 1 {
			t.Errorf("%q; %q", got, names(t, filepath.Dir(cfg.Path)))
		}
	}
	_, err := plan(t, cfg).Apply(t.Context(),
		func(_ context.Context, path string) error { return errors.New("error in " + path + ":1") }, testTime)
	if err == nil || err.Error() != "error in "+cfg.Path+":1" {
		t.Errorf("refused: %v", err)
	}
	unchanged(before)

	_, err = plan(t, cfg).Apply(t.Context(), func(context.Context, string) error {
		return os.WriteFile(cfg.Path, []byte("a=1\n"), 0o644)
	}, testTime)
	if err == nil || !strings.Contains(err.Error(), "changed by somebody else") {
		t.Errorf("changed in the meantime: %v", err)
	}
	unchanged("a=1\n")

	// A backslash at the end swallows what is put behind it.
	cfg = configuration(t, map[string]string{"nagios.cfg": before + "a=1 \\\n"})
	e := plan(t, cfg)
	e.changes = []change{{at: 2, new: []string{ourLine + "\n"}}}
	if _, err = e.Apply(t.Context(), accepts, testTime); err == nil ||
		!strings.Contains(err.Error(), cfg.Path+" would not load the module") {
		t.Errorf("without effect: %v", err)
	}
	unchanged(before + "a=1 \\\n")
}

// The connector often reads the configuration by an ACL.
func TestApplyKeepsAccessLists(t *testing.T) {
	cfg := configuration(t, map[string]string{"nagios.cfg": "event_broker_options=-1\n"})
	// setfacl -m u:65534:r, in the kernel's form: a version, then tag, rights
	// and user of each entry.
	list := binary.LittleEndian.AppendUint32(nil, 2)
	for _, entry := range [][3]uint32{
		{0x01, 6, ^uint32(0)}, {0x02, 4, 65534}, {0x04, 4, ^uint32(0)}, {0x10, 4, ^uint32(0)}, {0x20, 4, ^uint32(0)},
	} {
		list = binary.LittleEndian.AppendUint16(list, uint16(entry[0]))
		list = binary.LittleEndian.AppendUint16(list, uint16(entry[1]))
		list = binary.LittleEndian.AppendUint32(list, entry[2])
	}
	if err := syscall.Setxattr(cfg.Path, accessList, list, 0); err != nil {
		t.Fatalf("no access list can be set on %s, let TMPDIR lie on a file system that has them: %v", cfg.Path, err)
	}
	if _, err := plan(t, cfg).Apply(t.Context(), accepts, testTime); err != nil {
		t.Fatal(err)
	}
	kept := make([]byte, 1024)
	if n, err := syscall.Getxattr(cfg.Path, accessList, kept); err != nil || !bytes.Equal(kept[:n], list) {
		t.Errorf("the access list is lost: %v", err)
	}
}
