package shinkentest

import (
	"encoding/json"
	"testing"
)

// BenchmarkModule measures the module's CPU per check result beside one that
// does nothing but dump the same pairs as JSON and write them.
func BenchmarkModule(b *testing.B) {
	modules := installed(b)
	for version, python := range interpreters(b) {
		b.Run("Python"+version, func(b *testing.B) {
			for b.Loop() {
				var figures map[string]float64
				out := run(b, python, "bench.py", modules, excerpts()["2.4.4"][0], b.TempDir())
				if err := json.Unmarshal([]byte(out), &figures); err != nil {
					b.Fatal(err)
				}
				for unit, value := range figures {
					b.ReportMetric(value, unit)
				}
			}
			b.ReportMetric(0, "ns/op") // has no meaning here
		})
	}
}
