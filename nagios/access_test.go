package nagios

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
)

// asNobody calls a function that can't open what only an owner or a group may
// open. Root gets there by another file system identity of one thread.
func asNobody(t *testing.T, call func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		call()
		return
	}
	const nobody = 65534
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	syscall.Setfsgid(nobody)
	syscall.Setfsuid(nobody)
	defer syscall.Setfsgid(0)
	defer syscall.Setfsuid(0)
	call()
}

// openPath lets every user enter the directories above a test's own.
func openPath(t *testing.T, dir string) {
	t.Helper()
	for d := dir; d != os.TempDir() && len(d) > len(os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckReadable(t *testing.T) {
	root := tree(t, map[string]string{"/log": "", "/status": "", "/objects": "", "/perf": ""})
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := defaults("/etc/n.cfg")
	c.LogFile = filepath.Join(root, "log")
	c.LogArchivePath = root
	c.StatusFile = filepath.Join(root, "status")
	c.ObjectCacheFile = filepath.Join(root, "objects")
	c.HostPerfdata.File = filepath.Join(root, "perf")
	c.ServicePerfdata.File = filepath.Join(root, "pipe")
	c.ServicePerfdata.Mode = PipeMode
	all := []string{
		"log_file", "log_archive_path", "status_file", "object_cache_file", "host_perfdata_file",
		"service_perfdata_file",
	}
	if failed := c.CheckReadable(all...); len(failed) > 0 {
		t.Errorf("failed: %v", failed)
	}

	c.HostPerfdata.Mode, c.ServicePerfdata.Mode = PipeMode, AppendMode
	c.LogFile, c.LogArchivePath = c.LogArchivePath, c.LogFile
	c.StatusFile = filepath.Join(root, "gone/status")
	c.ObjectCacheFile = ""
	c.origins["status_file"] = "/etc/n.cfg:7"
	c.origins["log_file"] = "/etc/n.cfg:1"
	failed := c.CheckReadable(all...)
	if len(failed) != len(all) {
		t.Fatalf("%d failed: %v", len(failed), failed)
	}
	me := access.Who().String()
	want := []string{
		"log_file=" + root + " (from /etc/n.cfg:1): not a regular file but a directory (running as " + me + ")",
		"log_archive_path=",
		"status_file=" + root + "/gone/status (from /etc/n.cfg:7): no such file or directory (running as " + me + ")",
		"object_cache_file: option is not set in /etc/n.cfg",
		"host_perfdata_file=",
		"service_perfdata_file=",
	}
	for i, err := range failed {
		if !strings.HasPrefix(err.Error(), want[i]) {
			t.Errorf("got %v, want %s", err, want[i])
		}
		if got, want := err.Absent, err.Option == "status_file"; got != want {
			t.Errorf("%v: Absent is %v", err, got)
		}
	}
	if !errors.Is(failed[2], fs.ErrNotExist) || !errors.Is(failed[3], ErrNotSet) {
		t.Errorf("causes are hidden: %v, %v", failed[2], failed[3])
	}
}

func TestCheckReadableNamesTheObstacle(t *testing.T) {
	tests := []struct {
		name          string
		dir, file     fs.FileMode
		gid           int
		obstacle      string
		remedy        string
		needsToBeRoot bool
	}{
		{
			name: "directory of a group", dir: 0o750, file: 0o644, gid: 4, obstacle: "/var",
			remedy: "add the user to group", needsToBeRoot: true,
		},
		{
			name: "file of a group", dir: 0o755, file: 0o640, gid: 4, obstacle: "/var/status",
			remedy: "add the user to group", needsToBeRoot: true,
		},
		{name: "directory of its owner", dir: 0o000, file: 0o644, obstacle: "/var", remedy: "setfacl -m u:"},
		{name: "file of its owner", dir: 0o755, file: 0o000, obstacle: "/var/status", remedy: "setfacl -m u:"},
	}
	for _, test := range tests {
		if test.needsToBeRoot && os.Geteuid() != 0 {
			continue // only root can set a group that it does not belong to
		}
		t.Run(test.name, func(t *testing.T) {
			root := tree(t, map[string]string{"/var/status": ""})
			openPath(t, root)
			c := defaults("/etc/n.cfg")
			c.StatusFile = filepath.Join(root, "var/status")
			for path, mode := range map[string]fs.FileMode{
				c.StatusFile: test.file, filepath.Dir(c.StatusFile): test.dir,
			} {
				if err := os.Chown(path, -1, test.gid); test.needsToBeRoot && err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() { os.Chmod(filepath.Dir(c.StatusFile), 0o700) })
			var failed []*AccessError
			asNobody(t, func() { failed = c.CheckReadable("status_file") })
			if len(failed) != 1 || !errors.Is(failed[0], fs.ErrPermission) || failed[0].Absent {
				t.Fatalf("got %v", failed)
			}
			for _, part := range []string{
				"status_file=" + c.StatusFile, "permission denied for user ", "(uid ",
				": " + root + test.obstacle + " is ", test.remedy,
			} {
				if !strings.Contains(failed[0].Error(), part) {
					t.Errorf("%v does not contain %q", failed[0], part)
				}
			}
			t.Log(failed[0])
		})
	}
}
