// Command allrun runs "go test" with its arguments, prints what that prints, and
// fails when a test skipped itself: a test that tested nothing must not look
// like one that passed. Only the large recordings, which are not part of the
// repository, may be missing.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// recordings names the folder of the large recordings in the environment. A test
// that skips itself without it names it in its reason.
const recordings = "N2C_CORPUS"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	skipped, readErr := report(out, os.Stdout, os.Getenv(recordings) == "")
	if err := errors.Join(readErr, cmd.Wait()); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	if len(skipped) > 0 {
		return fmt.Errorf("%d tests were skipped:\n%s", len(skipped), strings.Join(skipped, "\n"))
	}
	return nil
}

// event is a line of "go test -json" (go doc test2json).
type event struct {
	Action, Package, Test, Output string
}

type test struct{ pkg, name string }

// report prints the results of packages, and the output of tests that failed or
// were skipped. It returns the skipped tests, except those without recordings if
// there need not be any.
func report(events io.Reader, w io.Writer, withoutRecordings bool) (skipped []string, err error) {
	output := map[test]*strings.Builder{}
	show := func(of test) {
		if text := output[of]; text != nil {
			fmt.Fprint(w, text)
		}
		delete(output, of)
	}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				fmt.Fprintf(w, "%s", line) // of the build, not of a test
				continue
			}
			of := test{e.Package, e.Test}
			switch {
			case e.Action == "output" && e.Test != "":
				if output[of] == nil {
					output[of] = &strings.Builder{}
				}
				output[of].WriteString(e.Output)
			case e.Action == "output" || e.Action == "build-output":
				fmt.Fprint(w, e.Output)
			case e.Action == "pass":
				delete(output, of)
			case e.Action == "skip" && e.Test != "":
				text := output[of]
				if !withoutRecordings || text == nil || !strings.Contains(text.String(), recordings) {
					skipped = append(skipped, e.Package+" "+e.Test)
				}
				show(of)
			case e.Action == "fail" && e.Test != "":
				show(of)
			case e.Action == "fail":
				for left := range output { // a panic ends tests without a result
					if left.pkg == e.Package {
						show(left)
					}
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return skipped, nil
		} else if err != nil {
			return skipped, err
		}
	}
}
