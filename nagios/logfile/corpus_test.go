package logfile

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
)

// readCorpus returns the content of a file, unpacked.
func readCorpus(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// linesOf cuts a file into lines as the follower does.
func linesOf(file string, content []byte) []Line {
	first, _, _ := bytes.Cut(content, []byte{'\n'})
	id := fmt.Sprintf("%x", sha256.Sum256(first))
	var lines []Line
	for offset := 0; ; {
		end := bytes.IndexByte(content[offset:], '\n')
		if end < 0 {
			return lines
		}
		lines = append(lines, Line{
			Text: content[offset : offset+end], File: file, FileID: id, Offset: int64(offset),
		})
		offset += end + 1
	}
}

// readAll returns what lines become.
func readAll(program string, lines []Line) supervision.Batch {
	r := NewParser(program)
	for _, l := range lines {
		r.Add(l)
	}
	r.release()
	r.forgetAll()
	return r.Take()
}

func nagiosCorpus(t *testing.T) []Line {
	dir := corpus.Dir(t, "nagios4")
	var lines []Line
	for _, name := range []string{
		"archives/nagios-11-23-2026-00.log", "archives/nagios-11-24-2026-00.log", "nagios.log",
	} {
		lines = append(lines, linesOf(filepath.Base(name), readCorpus(t, filepath.Join(dir, name)))...)
	}
	if len(lines) != 9223 {
		t.Fatalf("%d lines, want 9,223", len(lines))
	}
	return lines
}

// TestCorpusAccountsForEveryLine compares the counts with those of a plain
// search for the words.
func TestCorpusAccountsForEveryLine(t *testing.T) {
	lines := nagiosCorpus(t)
	kind := regexp.MustCompile(
		`^\[\d+\] ((?:HOST|SERVICE|CURRENT|INITIAL|PASSIVE)[A-Z ]*|EXTERNAL COMMAND): (?:([A-Z_]+)|)`)
	refusal := regexp.MustCompile(`^\[\d+\] Error: External command failed -> ([A-Z_]+)`)
	want, refused := map[string]int{}, map[string]int{}
	for _, l := range lines {
		if m := refusal.FindSubmatch(l.Text); m != nil {
			refused[string(m[1])]++
		}
		if m := kind.FindSubmatch(l.Text); m != nil {
			want[string(m[1])]++
			if string(m[1]) == "EXTERNAL COMMAND" {
				want[string(m[2])]++
			}
		}
	}
	b := readAll("", lines)
	got := map[supervision.Kind]int{}
	for _, rec := range b.Records {
		got[rec.Kind]++
	}
	silentPassives := 0
	for _, rec := range b.Records {
		if rec.Kind == supervision.CheckResult && rec.Check.StateType == supervision.StateTypeNotReported {
			silentPassives++
		}
	}
	// 182 PASSIVE lines, 132 of which cause an ALERT.
	if silentPassives != 50 {
		t.Errorf("%d passive results without an ALERT, want 50", silentPassives)
	}
	for _, test := range []struct {
		what string
		got  int
		want int
	}{
		{"alerts", got[supervision.CheckResult] - silentPassives, want["HOST ALERT"] + want["SERVICE ALERT"]},
		{"notifications", got[supervision.Notification], want["HOST NOTIFICATION"] + want["SERVICE NOTIFICATION"]},
		{
			"flapping", got[supervision.FlappingStarted] + got[supervision.FlappingStopped],
			want["HOST FLAPPING ALERT"] + want["SERVICE FLAPPING ALERT"],
		},
		{
			"acknowledged", got[supervision.Acknowledged],
			want["ACKNOWLEDGE_HOST_PROBLEM"] + want["ACKNOWLEDGE_SVC_PROBLEM"] - refused["ACKNOWLEDGE_SVC_PROBLEM"],
		},
		{
			"refused", b.Skipped[skipRefused],
			refused["ACKNOWLEDGE_SVC_PROBLEM"] + refused["SCHEDULE_SVC_DOWNTIME"],
		},
		{"refused acknowledgements", refused["ACKNOWLEDGE_SVC_PROBLEM"], 7},
		{"refused downtimes", refused["SCHEDULE_SVC_DOWNTIME"], 7}, // "not-a-number"
		{
			"acknowledgement removed", got[supervision.AcknowledgementRemoved],
			want["REMOVE_HOST_ACKNOWLEDGEMENT"] + want["REMOVE_SVC_ACKNOWLEDGEMENT"],
		},
		{"comments", got[supervision.CommentAdded], want["ADD_HOST_COMMENT"] + want["ADD_SVC_COMMENT"]},
		{
			"comments deleted", got[supervision.CommentDeleted],
			want["DEL_HOST_COMMENT"] + want["DEL_SVC_COMMENT"] +
				want["DEL_ALL_HOST_COMMENTS"] + want["DEL_ALL_SVC_COMMENTS"],
		},
		{"reloads", got[supervision.SupervisorReloaded], 2},
		{"starts", got[supervision.SupervisorStarted], 4},
		{"stops", got[supervision.SupervisorStopped], 4},
		{"unknown lines", b.Skipped[skipUnknown], 0},
		{
			"passive orders", b.Skipped[skipPassiveOrder],
			want["PROCESS_HOST_CHECK_RESULT"] + want["PROCESS_SERVICE_CHECK_RESULT"],
		},
		{"passives not reported", b.Skipped[skipNotReported], 0},
	} {
		if test.got != test.want {
			t.Errorf("%s: %d, want %d", test.what, test.got, test.want)
		}
	}
	for _, r := range b.Rejected {
		t.Errorf("rejected at %s: %s", r.Where, r.Reason)
	}
}

// TestCorpusFields compares every field of alerts and states with a reading by
// regular expressions.
func TestCorpusFields(t *testing.T) {
	lines := nagiosCorpus(t)
	b := readAll("", lines)
	byRef := map[string]supervision.Record{}
	for _, rec := range b.Records {
		if _, twice := byRef[rec.Ref]; twice {
			t.Errorf("Ref %s is used twice", rec.Ref)
		}
		byRef[rec.Ref] = rec
	}
	states := map[string]supervision.State{
		"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3, "UP": 0, "DOWN": 1, "UNREACHABLE": 2,
	}
	naive := regexp.MustCompile(`^\[(\d+)\] (?:(HOST|SERVICE) ALERT|(?:CURRENT|INITIAL) (HOST|SERVICE) STATE): (.*)$`)
	compared := 0
	for _, l := range lines {
		m := naive.FindStringSubmatch(string(l.Text))
		if m == nil {
			continue
		}
		names := 1
		if m[2]+m[3] == "SERVICE" {
			names = 2
		}
		f := strings.SplitN(m[4], ";", names+4)
		if m[3] != "" && (f[names+3] == "" || f[names+3] == "(null)") {
			continue
		}
		seconds, _ := strconv.ParseInt(m[1], 10, 64)
		attempt, _ := strconv.Atoi(f[names+2])
		want := supervision.Record{
			Kind: supervision.CheckResult, Entity: supervision.Entity{Host: f[0]}, Time: time.Unix(seconds, 0).UTC(),
			Ref: "log:" + l.FileID[:16] + ":" + strconv.FormatInt(l.Offset, 10),
			Check: &supervision.Check{
				State: states[f[names]], StateType: map[string]supervision.StateType{"SOFT": 0, "HARD": 1}[f[names+1]],
				Attempt: attempt, Output: f[names+3], CheckType: supervision.CheckTypeNotReported,
			},
		}
		if m[3] != "" {
			want.Kind = supervision.PresentState
		}
		if names == 2 {
			want.Entity.Service = f[1]
		}
		// What a passive result in front of it adds is compared elsewhere.
		added := cmpopts.IgnoreFields(supervision.Check{}, "LongOutput", "Perfdata", "CheckType")
		if diff := cmp.Diff(want, byRef[want.Ref], added); diff != "" {
			t.Errorf("%s:\n%s", l.Text, diff)
		}
		compared++
	}
	if compared < 2108 {
		t.Errorf("only %d lines compared", compared)
	}
}

// TestCorpusOfOtherSupervisors reads what Icinga 2 and Shinken wrote: nothing of
// it may be unknown or unreadable, and every alert is a record.
func TestCorpusOfOtherSupervisors(t *testing.T) {
	// Anchored: one recorded plugin prints such a line itself.
	alert := regexp.MustCompile(`^\[\d+\] (HOST|SERVICE) ALERT: `)
	for _, path := range []string{
		"icinga2/compat/archives/icinga-11-23-2026-14.log.gz", "icinga2/compat/icinga.log.gz",
		"shinken/1.4/shinken.log.gz", "shinken/2.0.3/shinken.log.gz", "shinken/2.4.4/shinken.log.gz",
		"shinken/3.0/shinken.log.gz",
	} {
		dir := corpus.Dir(t, "")
		lines := linesOf(path, readCorpus(t, filepath.Join(dir, path)))
		alerts := 0
		for _, l := range lines {
			if alert.Match(l.Text) {
				alerts++
			}
		}
		b := readAll("", lines)
		for _, rec := range b.Records {
			if rec.Kind == supervision.CheckResult && rec.Check.StateType != supervision.StateTypeNotReported {
				alerts--
			}
		}
		if alerts != 0 {
			t.Errorf("%s: %d alerts are no records", path, alerts)
		}
		if n := b.Skipped[skipUnknown]; n > 0 {
			t.Errorf("%s: %d unknown lines", path, n)
		}
		for _, r := range b.Rejected {
			t.Errorf("rejected at %s: %s", r.Where, r.Reason)
		}
	}
}
