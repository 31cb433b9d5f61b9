package brokermodule

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/handover"
)

func TestMappings(t *testing.T) {
	const maps = `55d0c0a00000-55d0c0a2a000 r--p 00000000 fe:01 131 /usr/sbin/nagios4
7f1000000000-7f1000001000 r--p 00000000 fe:01 4711                       /usr/lib/nagios2canopsis/nagios2canopsis.so (deleted)
7f1000001000-7f1000002000 r-xp 00001000 fe:01 4711                       /usr/lib/nagios2canopsis/nagios2canopsis.so (deleted)
7f2000000000-7f2000001000 r--p 00000000 fe:01 4712 /var/lib/a dir/nebmodAb12Cd (deleted)
7f3000000000-7f3000001000 rw-p 00000000 00:00 0
7f4000000000-7f4000001000 rw-s 00000000 00:01 77 anon_inode
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]
rubbish
`
	got, err := mappings(strings.NewReader(maps))
	want := []mapping{
		{"55d0c0a00000-55d0c0a2a000", 131, "/usr/sbin/nagios4", false},
		{"7f1000000000-7f1000001000", 4711, "/usr/lib/nagios2canopsis/nagios2canopsis.so", true},
		{"7f2000000000-7f2000001000", 4712, "/var/lib/a dir/nebmodAb12Cd", true},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mapping{})); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// inode returns the inode number of a file.
func inode(t *testing.T, path string) uint64 {
	t.Helper()
	var stat syscall.Stat_t
	if err := syscall.Stat(path, &stat); err != nil {
		t.Fatal(err)
	}
	return stat.Ino
}

func TestFindLoaded(t *testing.T) {
	dir := t.TempDir()
	installed := filepath.Join(dir, "nagios2canopsis.so")
	other := filepath.Join(dir, "other.so")
	for path, text := range map[string]string{installed: "nagios2canopsis 2", other: "other"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const nebmod = "5-6 r-xp 00000000 fe:01 99 /tmp/nebmodAb12Cd (deleted)\n"
	line := func(inode uint64, path string) string {
		return fmt.Sprintf("1-2 r-xp 00000000 fe:01 %d %s\n", inode, path)
	}
	for _, c := range []struct {
		name   string
		maps   string
		copied string // text of the copy
		wrote  int    // process of the newest segment
		want   Loaded
	}{
		{
			name: "the installed one", maps: line(5, "/usr/sbin/nagios4") + line(inode(t, installed), installed),
			want: Loaded{Yes: true, Path: installed},
		},
		{
			name: "replaced", maps: line(5, installed+" (deleted)"),
			want: Loaded{Yes: true, Path: installed, Older: true},
		},
		{name: "another inode", maps: line(1, installed), want: Loaded{Yes: true, Path: installed, Older: true}},
		{
			name: "from elsewhere", maps: line(inode(t, other), "/old/nagios2canopsis.o"),
			want: Loaded{Yes: true, Path: "/old/nagios2canopsis.o", Older: true},
		},
		{name: "no", maps: line(inode(t, other), other), wrote: 7, want: Loaded{}},
		{name: "a copy", maps: nebmod, copied: "nagios2canopsis 2", want: Loaded{Yes: true}},
		{name: "an older copy", maps: nebmod, copied: "nagios2canopsis 1", want: Loaded{Yes: true, Older: true}},
		{name: "a copy of another module", maps: nebmod, copied: "other", wrote: 7, want: Loaded{}},
		{
			name: "a copy of Icinga's", maps: strings.Replace(nebmod, "nebmod", "icinganebmod", 1),
			copied: "nagios2canopsis 2", want: Loaded{Yes: true},
		},
		{name: "an unreadable copy", maps: nebmod, wrote: 7,
			want: Loaded{
				Yes: true,
				Note: "from the newest segment; process 7 has loaded copies of modules, which can't be read; " +
					"root sees more",
			}},
		{name: "an unreadable copy, another writer", maps: nebmod, wrote: 8,
			want: Loaded{
				Note: "from the newest segment; process 7 has loaded copies of modules, which can't be read; " +
					"root sees more",
			}},
		{name: "no right to look", wrote: 7,
			want: Loaded{
				Yes: true,
				Note: "from the newest segment; reading the memory map of process 7: no such file or directory; " +
					"root sees more",
			}},
		{name: "no right to look, another writer", wrote: 8,
			want: Loaded{
				Note: "from the newest segment; reading the memory map of process 7: no such file or directory; " +
					"root sees more",
			}},
		{
			name: "no right to look, nor a segment",
			want: Loaded{
				Unknown: true, Note: "reading the memory map of process 7: no such file or directory; root sees more",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			proc := t.TempDir()
			if err := os.MkdirAll(filepath.Join(proc, "7/map_files"), 0o755); err != nil {
				t.Fatal(err)
			}
			if c.maps != "" {
				put(t, filepath.Join(proc, "7"), "maps", c.maps, testTime)
			}
			if c.copied != "" {
				put(t, filepath.Join(proc, "7/map_files"), "5-6", c.copied, testTime)
			}
			if diff := cmp.Diff(c.want, findLoaded(proc, 7, installed, handover.Header{PID: c.wrote})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the kernel shows for a file that was mapped and then deleted, as Nagios 3
// does with its copies of modules.
func TestFindLoadedInARealProcess(t *testing.T) {
	dir := t.TempDir()
	installed, copied := filepath.Join(dir, "nagios2canopsis.so"), filepath.Join(dir, "nebmodXY12ab")
	for _, path := range []string{installed, copied} {
		if err := os.WriteFile(path, []byte("nagios2canopsis"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mapFile := func(path string) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		data, err := syscall.Mmap(int(f.Fd()), 0, 15, syscall.PROT_READ, syscall.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { syscall.Munmap(data) })
	}
	self := os.Getpid()
	if got := findLoaded(procDir, self, installed, handover.Header{}); got.Yes {
		t.Errorf("not mapped: %+v", got)
	}
	mapFile(copied)
	if err := os.Remove(copied); err != nil {
		t.Fatal(err)
	}
	// Only a user that may read map_files sees the copy itself.
	if got := findLoaded(procDir, self, installed, handover.Header{PID: self}); !got.Yes || got.Older {
		t.Errorf("the copy: %+v", got)
	}
	mapFile(installed)
	if got := findLoaded(procDir, self, installed, handover.Header{}); got != (Loaded{Yes: true, Path: installed}) {
		t.Errorf("mapped: %+v", got)
	}
	if err := os.Rename(installed, installed+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(installed, []byte("nagios2canopsis"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := findLoaded(procDir, self, installed, handover.Header{}); !got.Yes || !got.Older {
		t.Errorf("replaced: %+v", got)
	}
}
