package supervision

import "sync"

// Meter keeps the progress of a source, which embeds it to be a Gauge. Its zero
// value is that of a source that has not read anything.
type Meter struct {
	mu  sync.Mutex
	now Progress
}

// Progress returns what Handed noted last.
func (m *Meter) Progress() Progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Handed notes a batch that was handed over, and how far the source has read
// with it: of which file, up to which byte, of how many.
func (m *Meter) Handed(b Batch, path string, offset, size int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Path, m.now.Offset, m.now.Size = path, offset, size
	for i := range b.Records {
		if at := b.Records[i].Time; at.After(m.now.Newest) {
			m.now.Newest = at
		}
	}
	if b.EndSeen.After(m.now.EndSeen) {
		m.now.EndSeen = b.EndSeen
	}
}
