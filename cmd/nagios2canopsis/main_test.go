package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/demo"
)

// call runs a command line and returns its exit code and what it printed.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	code = run(ctx, environment{args: args, stdout: &out, stderr: &err})
	return code, out.String(), err.String()
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{nil, 2, "", "Usage:"},
		{[]string{"--help"}, 0, "check-config", ""},
		{[]string{"frobnicate"}, 2, "", `there is no command "frobnicate"`},
		{[]string{"run", "--help"}, 0, "", "SIGHUP"},
		{[]string{"run", "--confg", "x"}, 2, "", "-config"},
		{[]string{"run", "now"}, 2, "", `unexpected argument "now"`},
		{[]string{"run", "--config", "/nowhere/c.yml"}, 1, "", "/nowhere/c.yml"},
		{[]string{"version"}, 0, "nagios2canopsis " + version(), ""},
	} {
		code, stdout, stderr := call(t, c.args...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: code %d, want %d\nstdout %q, want %q\nstderr %q, want %q",
				c.args, code, c.code, stdout, c.stdout, stderr, c.stderr)
		}
	}
}

func TestVersionIsAFlagToo(t *testing.T) {
	_, want, _ := call(t, "version")
	if code, stdout, stderr := call(t, "--version"); code != 0 || stdout != want || want == "" || stderr != "" {
		t.Errorf("code %d, %q, want %q\n%s", code, stdout, want, stderr)
	}
}

func TestCheckConfig(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "nagios.log"), "")
	main := write(t, filepath.Join(dir, "nagios.cfg"), "log_file="+dir+"/nagios.log\nstatus_file="+dir+"/status.dat\n")
	good := write(t, filepath.Join(dir, "good.yml"),
		"supervisor: "+main+"\nconnector_name: paris\npublish: {amqp: {urls: ['amqp://u:geheim@rabbit/canopsis']}}\n"+
			"journal: {path: "+dir+"/j.db}\nquarantine: {path: "+dir+"/q}\n")
	code, stdout, stderr := call(t, "check-config", "--config", good)
	if code != 0 {
		t.Fatalf("code %d: %s", code, stderr)
	}
	for _, want := range []string{
		"connector_name: paris", dir + "/nagios.log", "amqp://u:xxxxx@rabbit/canopsis", "status.dat", "All is well.",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in:\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "geheim") {
		t.Error("the password is shown")
	}

	bad := write(t, filepath.Join(dir, "bad.yml"), "supervisor: "+main+"\nconector: x\nlog: {level: loud}\n")
	code, _, stderr = call(t, "check-config", "--config", bad)
	if code != 1 || !strings.Contains(stderr, bad+":2: unknown key") || !strings.Contains(stderr, bad+":3: log.level") {
		t.Errorf("code %d, %s", code, stderr)
	}

	write(t, main, "log_file="+dir+"/absent.log\nstatus_file="+write(t, filepath.Join(dir, "status.dat"), "")+"\n")
	code, stdout, _ = call(t, "check-config", "--config", good)
	if code != 1 || !strings.Contains(stdout, "log_file="+dir+"/absent.log") {
		t.Errorf("code %d for a missing log:\n%s", code, stdout)
	}
}

func TestDemoShowsEvents(t *testing.T) {
	code, stdout, stderr := call(t, "demo", "-for", "4s")
	if code != 0 {
		t.Fatalf("code %d: %s", code, stderr)
	}
	var checks int
	sc := bufio.NewScanner(strings.NewReader(stdout))
	for sc.Scan() {
		var line struct {
			Key  string `json:"routing_key"`
			Body struct {
				Connector string `json:"connector"`
				Type      string `json:"event_type"`
				Output    string `json:"output"`
			} `json:"body"`
		}
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			t.Fatalf("%q: %v", sc.Text(), err)
		}
		if strings.HasPrefix(line.Key, "nagios.demo.check.") && line.Body.Type == "check" && line.Body.Output != "" {
			checks++
		}
	}
	if checks < 5 {
		t.Errorf("%d check events in 4 s:\n%s%s", checks, stdout, stderr)
	}
}

func TestTailShowsEventsAndTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	site := &demo.Site{Dir: dir, Pace: 50 * time.Millisecond}
	if err := site.Create(); err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	state := filepath.Join(t.TempDir(), "state")
	cfg := write(t, filepath.Join(t.TempDir(), "c.yml"),
		"supervisor: "+site.MainConfig()+"\nconnector_name: demo\njournal: {path: "+state+"/j.db}\n"+
			"quarantine: {path: "+state+"/q.ndjson}\n")
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	played := make(chan error, 1)
	go func() { played <- site.Run(ctx) }()
	var out, log bytes.Buffer
	code := run(ctx, environment{args: []string{"tail", "--config", cfg}, stdout: &out, stderr: &log})
	if err := <-played; err != nil {
		t.Fatal(err)
	}
	if code != 0 || strings.Count(out.String(), "nagios.demo.check.") < 10 ||
		!strings.Contains(out.String(), `"output": "`) {
		t.Errorf("code %d\n%.2000s\n%s", code, out.String(), log.String())
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("tail stored something")
	}
}
