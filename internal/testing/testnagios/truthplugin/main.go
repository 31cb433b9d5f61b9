// Command truthplugin is a check plugin for tests. It prints what the test
// decided, and appends to checks.ndjson what it printed.
//
//	truthplugin DIR KEY
//
// DIR/state/KEY holds "EXIT SLEEP_SECONDS\n" and then the raw output, in which
// {{n}} is replaced by a number that no other run has: its start in nanoseconds.
// With negative seconds the plugin appends that it began, and ends with whoever
// started it.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testnagios/truth"
)

func main() {
	start := time.Now()
	dir, key := os.Args[1], os.Args[2]
	exit, sleep, output := 3, 0.0, []byte("no state file for this check\n")
	if b, err := os.ReadFile(filepath.Join(dir, "state", key)); err == nil {
		head, rest, _ := bytes.Cut(b, []byte("\n"))
		fmt.Sscanf(string(head), "%d %g", &exit, &sleep)
		output = rest
	}
	check := truth.Check{Key: key, Exit: exit, Start: start}
	if sleep < 0 {
		writeDown(dir, check)
		for parent := os.Getppid(); os.Getppid() == parent; {
			time.Sleep(100 * time.Millisecond)
		}
		return
	}
	time.Sleep(time.Duration(sleep * float64(time.Second)))
	check.Output = bytes.ReplaceAll(output, []byte("{{n}}"), strconv.AppendInt(nil, check.N(), 10))
	check.End = time.Now()
	writeDown(dir, check)
	os.Stdout.Write(check.Output)
	os.Exit(exit)
}

func writeDown(dir string, check truth.Check) {
	line, err := json.Marshal(check)
	if err == nil {
		err = appendLine(filepath.Join(dir, "checks.ndjson"), append(line, '\n'))
	}
	if err != nil {
		fmt.Println("truthplugin:", err)
		os.Exit(3)
	}
}

func appendLine(path string, line []byte) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	return f.Close()
}
