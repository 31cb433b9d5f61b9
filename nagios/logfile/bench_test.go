package logfile

import (
	"os"
	"testing"
)

// BenchmarkReader reads the Nagios excerpt; a line has some 100 bytes.
func BenchmarkReader(b *testing.B) {
	content, err := os.ReadFile("testdata/nagios-4.4.6.log")
	if err != nil {
		b.Fatal(err)
	}
	lines := linesOf("nagios.log", content)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	r := NewParser("")
	for b.Loop() {
		for _, l := range lines {
			r.Add(l)
		}
		r.Take()
	}
	b.ReportMetric(float64(len(lines)*b.N)/b.Elapsed().Seconds(), "lines/s")
}
