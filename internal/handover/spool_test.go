package handover

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const segmentHeader = "DATATYPE::SEGMENT\tFORMAT::1\tMODULE::neb 1.0\tPROGRAM::Nagios 4.4.6\tPID::1234\tLOST::2\t" +
	"LAYOUT::O4\n"

// put writes a file of a spool directory, last written at a time.
func put(t *testing.T, dir, name, text string, at time.Time) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestParseName(t *testing.T) {
	for name, want := range map[string]Name{
		"neb-1700000000000000-1234-1.log":        {Module: "neb", Start: 1700000000000000, PID: 1234, N: 1},
		"shinken-0000000000000001-1-4711.log":    {Module: "shinken", Start: 1, PID: 1, N: 4711},
		"neb-1700000000000000-1234-1.log.bad":    {},
		"neb-170000000000000-1234-1.log":         {},
		"neb-17000000000000000-1234-1.log":       {},
		"neb-170000000000000x-1234-1.log":        {},
		"neb-+700000000000000-1234-1.log":        {},
		"neb-1700000000000000--1234-1.log":       {},
		"neb-1700000000000000-1234.log":          {},
		"-1700000000000000-1234-1.log":           {},
		"neb-1700000000000000-99999999999-1.log": {},
		"":                                       {},
	} {
		got, found := ParseName(name)
		if want.Module != "" {
			want.File = name
		}
		if got != want || found != (want.Module != "") {
			t.Errorf("%q: %+v, %v", name, got, found)
		}
	}
}

func TestSummarize(t *testing.T) {
	header := Header{Module: "neb 1.0", Program: "Nagios 4.4.6", Layout: "O4", PID: 1234, Format: "1", Lost: 2}
	at := func(s, us int64) time.Time { return time.Unix(s, us*1000) }
	for _, c := range []struct {
		name, text string
		want       summary
	}{
		{"empty", "", summary{}},
		{"half a header", segmentHeader[:40], summary{}},
		{"a header", segmentHeader, summary{header: header, lost: 2}},
		{
			"records",
			segmentHeader + "DATATYPE::ALIVE\tTIMET::1700000001.25\tLOST::2\n" +
				"DATATYPE::HOSTCHECK\tTIMET::1700000002\tHOSTNAME::h\n",
			summary{header: header, lost: 2, last: at(1700000002, 0)},
		},
		{
			"half a record",
			segmentHeader + "DATATYPE::HOSTCHECK\tTIMET::1700000001.25\nDATATYPE::HOSTCHECK\tTIMET::17000",
			summary{header: header, lost: 2, last: at(1700000001, 250000)},
		},
		{
			"lost",
			segmentHeader + "DATATYPE::HOSTCHECK\tTIMET::1\nDATATYPE::LOST\tTIMET::2.000001\tCOUNT::3\n" +
				"DATATYPE::LOST\tTIMET::3\tCOUNT::-3\n",
			summary{header: header, lost: 5, last: at(3, 0)},
		},
		{
			"lost before the segment", segmentHeader + "DATATYPE::LOST\tTIMET::2\tCOUNT::2\n",
			summary{header: header, lost: 2, last: at(2, 0)},
		},
		{"lost in all", segmentHeader + "DATATYPE::ALIVE\tTIMET::2\tLOST::20\nDATATYPE::LOST\tTIMET::3\tCOUNT::1\n",
			summary{header: header, lost: 21, last: at(3, 0)}},
		{
			"no time", segmentHeader + "DATATYPE::ALIVE\tTIMET::1\nDATATYPE::X\tTIMET::soon\n",
			summary{header: header, lost: 2},
		},
		{
			"a long record",
			segmentHeader + "DATATYPE::HOSTCHECK\tTIMET::5\tHOSTOUTPUT::" + strings.Repeat("x", 100_000) +
				"\tTIMET::6\n",
			summary{header: header, lost: 2, last: at(5, 0)},
		},
		{
			"escapes", `DATATYPE::SEGMENT	FORMAT::1	MODULE::a\\t\tb::c` + "\n",
			summary{header: Header{Format: "1", Module: "a\\t\tb::c"}},
		},
		{"no header", "DATATYPE::HOSTCHECK\tTIMET::5\n" + segmentHeader, summary{}},
		{"garbage", "\x00\xff\n\n::\nLOST\n", summary{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := summarize(iotest.OneByteReader(strings.NewReader(c.text)))
			if err != nil || got != c.want {
				t.Errorf("%v\n got %+v\nwant %+v", err, got, c.want)
			}
		})
	}
}

func FuzzSummarize(f *testing.F) {
	f.Add(segmentHeader+"DATATYPE::LOST\tTIMET::2.000001\tCOUNT::3\n", "neb-1700000000000000-1234-1.log")
	f.Add("DATATYPE::SEGMENT\tPID::99999999999999999999\nDATATYPE::ALIVE\tTIMET::-1.5",
		"shinken-0000000000000001-1-2.log")
	f.Fuzz(func(t *testing.T, text, name string) {
		s, err := summarize(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if s.lost < 0 || s.header.Lost < 0 {
			t.Errorf("%+v", s)
		}
		// What has no line feed does not count.
		whole, err := summarize(strings.NewReader(text[:strings.LastIndexByte(text, '\n')+1]))
		if err != nil || whole != s {
			t.Errorf("%v: %+v, without the half line %+v", err, s, whole)
		}
		if segment, found := ParseName(name); found && (segment.Start < 0 || segment.PID < 0 || segment.N < 0) {
			t.Errorf("%q: %+v", name, segment)
		}
	})
}

func TestLook(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	put(t, dir, "neb-1700000000000002-9-10.log",
		segmentHeader+"DATATYPE::X\nDATATYPE::LOST\tTIMET::1700000000\tCOUNT::5\n", now)
	put(t, dir, "neb-1700000000000001-10-9.log", "older", now.Add(-time.Hour))
	put(t, dir, "neb-1700000000000003-1-1.tmp", "x", now)
	if err := os.Mkdir(filepath.Join(dir, "neb-1700000000000004-1-1.log"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "neb-1700000000000005-1-1.log")); err != nil {
		t.Fatal(err)
	}
	s, err := Look(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, segment := range s.Segments {
		names = append(names, segment.File)
	}
	if diff := cmp.Diff([]string{"neb-1700000000000001-10-9.log", "neb-1700000000000002-9-10.log"}, names); diff != "" {
		t.Error(diff)
	}
	if s.Lost != 7 || !s.LastRecord.Equal(time.Unix(1700000000, 0)) || s.Header.Program != "Nagios 4.4.6" {
		t.Errorf("%+v", s)
	}

	put(t, dir, "neb-1700000000000006-9-11.log", segmentHeader, now.Add(-time.Minute))
	if s, err = Look(dir); err != nil || s.LastRecord.Unix() != now.Add(-time.Minute).Unix() {
		t.Errorf("%v: last record %v without any, want the time of the file", err, s.LastRecord)
	}
	if _, err := Look(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent directory: %v", err)
	}
	if s, err := Look(t.TempDir()); err != nil || len(s.Segments) != 0 || !s.LastRecord.IsZero() {
		t.Errorf("empty directory: %+v, %v", s, err)
	}
}

func TestAlive(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name    string
		written map[string]time.Duration // ago
		want    bool
	}{
		{"nothing", nil, false},
		{"now", map[string]time.Duration{"neb-1700000000000001-1-1.log": time.Second}, true},
		{"a while ago", map[string]time.Duration{"neb-1700000000000001-1-1.log": 3 * time.Minute}, false},
		{
			"the newest counts",
			map[string]time.Duration{
				"neb-1700000000000001-1-1.log": time.Second, "neb-1700000000000002-1-1.log": 3 * time.Minute,
			}, false,
		},
		{"the clock was set back", map[string]time.Duration{"neb-1700000000000001-1-1.log": -time.Hour}, false},
		{"others' files", map[string]time.Duration{"other.log": time.Second}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, ago := range c.written {
				put(t, dir, name, "", now.Add(-ago))
			}
			if got := Alive(dir, now); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
	if Alive("/nowhere", now) {
		t.Error("a directory that is not there is alive")
	}
}

func TestBacklog(t *testing.T) {
	const first, second = "neb-0000000000000001-1-1.log", "neb-0000000000000003-1-2.log"
	s := Spool{Segments: []Segment{{Name: Name{File: first}, Size: 100}, {Name: Name{File: second}, Size: 1000}}}
	for _, c := range []struct {
		from *Position
		want int64
	}{
		{nil, 1100},
		{&Position{}, 1100},
		{&Position{[]Mark{{first, 40}}}, 1060},
		{&Position{[]Mark{{first, 400}}}, 1000},
		{&Position{[]Mark{{first, 100}, {second, 1000}}}, 0},
		{&Position{[]Mark{{"neb-0000000000000002-1-9.log", 40}}}, 1100},
	} {
		if got := s.Backlog(c.from); got != c.want {
			t.Errorf("%+v: %d, want %d", c.from, got, c.want)
		}
	}
}
