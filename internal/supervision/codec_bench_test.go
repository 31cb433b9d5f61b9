package supervision

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// typical returns a check result of a service, as broker modules report it.
func typical(at time.Time) Record {
	return Record{
		Kind: CheckResult, Entity: Entity{Host: "web-017.example.org", Service: "Disk /var"}, Time: at,
		Ref: "n2c-1795424510-4711.seg@1048576",
		Check: &Check{
			State: Warning, StateType: Hard, Attempt: 3, MaxAttempts: 3,
			Output:   "DISK WARNING - free space: /var 1721 MB (17% inode=92%);",
			Perfdata: "/var=8279MB;8000;9000;0;10000 inode=8%;80;90;0;100",
			Command:  "check_nrpe!check_disk!20%!10%!/var", CheckType: Active,
			Latency: 0.000318, Execution: 0.147205, Start: at.Add(-147205 * time.Microsecond),
			Flags: &Flags{DowntimeDepth: 1},
		},
	}
}

// BenchmarkRecord reports the time and the bytes that a typical record takes,
// as ratios to encoding/json in rounds of each in turn.
func BenchmarkRecord(b *testing.B) {
	const rounds, records = 100, 200
	r := typical(time.Unix(1795424514, 250318000))
	text, err := json.Marshal(&r)
	if err != nil {
		b.Fatal(err)
	}
	binary := AppendRecord(nil, &r)
	buffer := make([]byte, 0, len(binary))
	works := []func() error{
		func() error { buffer = AppendRecord(buffer[:0], &r); return nil },
		func() error { _, _, err := DecodeRecord(binary); return err },
		func() error { _, err := json.Marshal(&r); return err },
		func() error { return json.Unmarshal(text, new(Record)) },
	}
	spent := make([][]float64, len(works))
	for b.Loop() {
		for range rounds {
			for i, work := range works {
				spent[i] = append(spent[i], nanoseconds(b, records, work))
			}
		}
	}
	// The median leaves out the rounds in which another process ran.
	var median []float64
	for _, each := range spent {
		slices.Sort(each)
		median = append(median, each[len(each)/2])
	}
	b.ReportMetric(median[0], "append-ns")
	b.ReportMetric(median[1], "decode-ns")
	b.ReportMetric(float64(len(binary)), "bytes")
	b.ReportMetric(median[0]/median[2], "append/json")
	b.ReportMetric(median[1]/median[3], "decode/json")
	b.ReportMetric(float64(len(binary))/float64(len(text)), "bytes/json")
	b.ReportMetric(0, "ns/op") // of all four together
}

// nanoseconds returns what one of so many calls takes.
func nanoseconds(b *testing.B, times int, work func() error) float64 {
	b.Helper()
	start := time.Now()
	for range times {
		if err := work(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(times)
}
