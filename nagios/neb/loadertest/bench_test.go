package loadertest

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkCallback measures what the module costs the core for a service check, as a
// ratio to a module that only does one write of the same bytes, in rounds of a
// thousand calls of each in turn. The goals are 1.5 for the median and 2 for the 99th
// percentile. "frozen" has a reader that watches the spool, has the segment open and is stopped.
func BenchmarkCallback(b *testing.B) {
	for _, reader := range []string{"none", "frozen"} {
		b.Run("reader="+reader, func(b *testing.B) {
			dir := build(b, plain.cflags)
			if out, err := exec.Command("make", "-s", "-C", "../loader", "bench",
				"OUT="+dir).CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			args := []string{
				filepath.Join(dir, "nagios2canopsis.so"), filepath.Join(dir, "bare.so"), b.TempDir(), "200",
			}
			if reader == "frozen" {
				args = append(args, reader)
			}
			b.ResetTimer()
			out, err := exec.Command(filepath.Join(dir, "bench"), args...).Output()
			if err != nil {
				b.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			words := strings.Fields(lines[len(lines)-1])
			for i := 2; i+1 < len(words); i += 2 {
				value, err := strconv.ParseFloat(words[i+1], 64)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(value, words[i])
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
