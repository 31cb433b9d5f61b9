package endtoend

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLogRotatedWhileStopped rotates the log twice between two runs, with
// lines that nobody has read in each of the files.
func TestLogRotatedWhileStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	archive := filepath.Join(dir, "archives")
	must(t, os.Mkdir(archive, 0o755))
	path := filepath.Join(dir, "nagios.log")
	r := newRig(t, quiet.Use(t), dir, NewLoad(t, path, AlertLine), Settings{
		"readers.log.path": path, "readers.log.archive": archive, "readers.log.begin": "beginning",
	})
	r.declare(nil)
	r.load.Write(300)
	r.Start()
	r.await()
	r.load.Start(rate)
	r.progress()
	r.Kill()
	for hour := range 2 {
		r.load.Write(200)
		r.load.Rename(filepath.Join(archive, fmt.Sprintf("nagios-11-23-2026-%02d.log", hour)))
		time.Sleep(50 * time.Millisecond) // archives are distinguished by their times
	}
	r.load.Write(200)
	r.Start()
	r.progress()
	crashed := r.finish(1)

	// Without a crash there is no repeat.
	r.load.Write(100)
	for hour := range 2 {
		r.load.Rename(filepath.Join(archive, fmt.Sprintf("nagios-11-23-2026-%02d.log", 2+hour)))
		time.Sleep(50 * time.Millisecond)
		r.load.Write(100)
	}
	r.Start()
	stopped := r.finish(1)
	r.inOrder(stopped)
	if repeats := stopped.Duplicates - crashed.Duplicates; repeats > 0 {
		t.Errorf("%d repeats after an orderly stop", repeats)
	}
}

// TestPerfdataCopiedAndTruncatedAtItsEnd: what was read before is not repeated,
// and what is written after is not lost.
func TestPerfdataCopiedAndTruncatedAtItsEnd(t *testing.T) {
	t.Parallel()
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.Start()
	for turn := range 5 {
		r.load.Start(rate)
		r.progress()
		r.load.Stop()
		r.await()
		r.load.CopyTruncate(filepath.Join(r.dir, "elsewhere"))
		if turn%2 == 0 {
			r.load.Write(2000) // at once more than there was before
		}
	}
	r.inOrder(r.finish(0))
}

// TestPerfdataCopiedAndTruncatedUnderLoad: what had not been read when the file
// was truncated is found in the copy beside it.
func TestPerfdataCopiedAndTruncatedUnderLoad(t *testing.T) {
	t.Parallel()
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Write(500)
	r.load.Start(rate)
	r.Start()
	for turn := range 8 {
		r.progress()
		time.Sleep(500 * time.Millisecond) // two truncations within one look can't be distinguished
		r.load.CopyTruncate(fmt.Sprintf("%s.%d", r.load.path, turn+1))
	}
	r.inOrder(r.finish(0))
}

// TestPerfdataRotatedWhileTheConnectorIsKilled renames the file at random
// moments between and during the runs.
func TestPerfdataRotatedWhileTheConnectorIsKilled(t *testing.T) {
	t.Parallel()
	const turns = 12
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Write(3000)
	r.load.Start(rate)
	random := rand.New(rand.NewPCG(3, 4))
	for turn := range turns {
		r.Start()
		pause := 50*time.Millisecond + time.Duration(random.Int64N(int64(350*time.Millisecond)))
		time.Sleep(pause)
		if turn%3 != 2 {
			r.load.Rename(fmt.Sprintf("%s.%d", r.load.path, turn+1))
		}
		time.Sleep(pause / 2)
		r.Kill()
		if turn%3 == 2 {
			r.load.Rename(fmt.Sprintf("%s.%d", r.load.path, turn+1))
		}
	}
	r.Start()
	r.inOrder(r.finish(turns))
}

// TestPoisonDoesNotStopTheRest puts lines that nobody can read, and lines that
// RabbitMQ or Canopsis could not bear, into the middle of the load.
func TestPoisonDoesNotStopTheRest(t *testing.T) {
	t.Parallel()
	longHost := strings.Repeat("h", 300)
	line := func(host, service, output, perfdata string) string {
		return fmt.Sprintf("DATATYPE::SERVICEPERFDATA\tTIMET::%d\tHOSTNAME::%s\tSERVICEDESC::%s"+
			"\tSERVICESTATE::OK\tSERVICESTATETYPE::HARD\tSERVICEATTEMPT::1"+
			"\tSERVICEOUTPUT::%s\tSERVICEPERFDATA::%s\n",
			time.Now().Unix(), host, service, output, perfdata)
	}
	garbage := []struct{ text, reason string }{
		{"\x00\xff\xfe garbage \x7f\n", "prefix"},
		{
			"DATATYPE::SERVICEPERFDATA\tTIMET::yesterday\tHOSTNAME::h\tSERVICEDESC::s\tSERVICESTATE::OK\t" +
				"SERVICEOUTPUT::x\n", "TIMET",
		},
		{"DATATYPE::SERVICEPERFDATA\tTIMET::1\tSERVICEDESC::s\tSERVICESTATE::OK\tSERVICEOUTPUT::no host\n", "HOSTNAME"},
		{strings.Repeat("x", 2<<20) + "\n", "long"},
	}
	poison := []string{
		line(longHost, "s", "long name", "a=1"),
		line("quote", "lone", "lone quote", "'"),
		line("quote", "in the middle", "lone quote", "a=1 ' b=2"),
		line("latin", "s", "caf\xe9", "t=1"),
		line("long output", "s", strings.Repeat("o", 500<<10), "t=1"),
	}
	r := perfdataRig(t, nil)
	r.declare(nil)
	r.load.Start(rate)
	r.Start()
	for _, g := range garbage {
		r.progress()
		r.load.Append(g.text)
	}
	for _, p := range poison {
		r.load.Append(p)
		r.progress()
	}
	r.load.Stop()
	r.await()
	r.Stop()
	r.fetch()
	a := r.ledger.Account(r.load.Results())
	if a.Lost+a.Duplicates+a.Overtaken > 0 || len(a.Strange) != len(poison) {
		t.Errorf("%+v", a)
	}
	checkPoison(t, r, longHost)
	for i, q := range quarantined(t, r) {
		if i < len(garbage) && !strings.Contains(q.Reason, garbage[i].reason) {
			t.Errorf("garbage %d is quarantined because %q, want something of %q", i, q.Reason, garbage[i].reason)
		}
	}
	if n := len(quarantined(t, r)); n != len(garbage) {
		t.Errorf("%d items in quarantine, want %d", n, len(garbage))
	}
}

// checkPoison looks at the events that poison became.
func checkPoison(t *testing.T, r *rig, longHost string) {
	t.Helper()
	perfdata := map[string]string{}
	for _, m := range r.inbox.Messages() {
		b, err := bodyOf(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.RoutingKey) > 255 {
			t.Errorf("a routing key of %d bytes", len(m.RoutingKey))
		}
		perfdata[b.Component+"/"+b.Resource] = b.Perfdata
		if b.Component == "latin" && b.Output != "café" {
			t.Errorf("Latin-1 output became %q", b.Output)
		}
	}
	for entity, want := range map[string]string{
		longHost + "/s": "a=1", "quote/lone": "", "quote/in the middle": "a=1 b=2", "latin/s": "t=1",
		"long output/s": "t=1",
	} {
		if got, there := perfdata[entity]; !there || got != want {
			t.Errorf("%.20s: perf_data %q (sent: %v), want %q", entity, got, there, want)
		}
	}
}

type quarantineEntry struct{ Source, Where, Reason string }

func quarantined(t *testing.T, r *rig) (entries []quarantineEntry) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "quarantine.ndjson"))
	must(t, err)
	for line := range strings.Lines(string(text)) {
		var e quarantineEntry
		must(t, json.Unmarshal([]byte(line), &e))
		if e.Source == "" || !strings.Contains(e.Where, r.load.path) || e.Reason == "" {
			t.Errorf("an item without its source, place or reason: %+v", e)
		}
		entries = append(entries, e)
	}
	return entries
}
