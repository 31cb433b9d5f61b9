package statusdat

import "testing"

func TestEveryStatusKeyHasAnEntryOfItsOwn(t *testing.T) {
	for key := HostName; key <= ProcessPerformanceData; key++ {
		line := [8 * keyWords]byte{}
		copy(line[:], "\t"+keyNames[key]+"value\n")
		found := noKey
		for i, probe := range statusKeys.probes {
			if entry := &statusKeys.entries[i]; probe != 0 && entry.matches(&line) {
				found = entry.key
			}
		}
		if found != key {
			t.Errorf("%s: found %s", key, found)
		}
	}
}

func TestNewlineMask(t *testing.T) {
	for i := range maskSize {
		for _, other := range []byte{0, 9, 0x0b, 0x8a, 0xff, 0x0a} {
			var text [maskSize]byte
			for j := range text {
				text[j] = other
			}
			text[i] = '\n'
			var want uint64
			for j := range text {
				if text[j] == '\n' {
					want |= 1 << j
				}
			}
			if got := newlineMask(&text); got != want {
				t.Fatalf("newline at %d among %#x: %064b, want %064b", i, other, got, want)
			}
		}
	}
}
