// Command allrun runs "go test" with its arguments, prints what that prints, and
// fails when a test skipped itself: a test that tested nothing must not look
// like one that passed. Only the large recordings, which are not part of the
// repository, may be missing. With -short it prints how many tests were left out.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
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
	skipped, readErr := report(out, os.Stdout)
	if err := errors.Join(readErr, cmd.Wait()); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	if slices.Contains(args, "-short") {
		fmt.Printf("%d tests were left out: make test runs them\n", len(skipped))
		return nil
	}
	return judge(skipped, os.Getenv(recordings) != "", os.Stdout)
}

// judge prints the tests that were skipped, and fails if one had to run.
func judge(skipped []result, haveRecordings bool, w io.Writer) error {
	wrong := 0
	for _, s := range skipped {
		fmt.Fprintf(w, "skipped: %s %s\n%s", s.pkg, s.test, s.output)
		if haveRecordings || !strings.Contains(s.output, recordings) {
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d tests skipped themselves that had to run", wrong)
	}
	return nil
}

// event is a line of "go test -json" (go doc test2json).
type event struct {
	Action, Package, Test, Output string
}

// result is what a test printed.
type result struct{ pkg, test, output string }

// report prints the results of packages, and the output of tests that failed. It
// returns the tests that were skipped.
func report(events io.Reader, w io.Writer) (skipped []result, err error) {
	type key struct{ pkg, test string }
	output := map[key]string{}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return skipped, nil
		} else if err != nil {
			return skipped, err
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			fmt.Fprintf(w, "%s", line) // of the go command itself
			continue
		}
		of := key{e.Package, e.Test}
		switch {
		case e.Action == "output" && e.Test != "":
			output[of] += e.Output
		case e.Output == "PASS\n": // of a package, whose line follows
		case e.Action == "output" || e.Action == "build-output":
			fmt.Fprint(w, e.Output)
		case e.Action == "skip" && e.Test != "":
			skipped = append(skipped, result{e.Package, e.Test, output[of]})
			delete(output, of)
		case e.Action == "fail" && e.Test != "":
			fmt.Fprint(w, output[of])
			delete(output, of)
		case e.Action == "fail":
			for left, text := range output { // a panic ends tests without a result
				if left.pkg == e.Package {
					fmt.Fprint(w, text)
				}
			}
		case e.Action == "pass":
			delete(output, of)
		}
	}
}
