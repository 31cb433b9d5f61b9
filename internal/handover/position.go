package handover

import (
	"encoding/json"
	"fmt"
)

// Position is how far each segment has been read that is still there, or that was
// and may come back. It is stored as JSON.
type Position struct {
	Segments []Mark `json:"segments"` // by name
}

// Mark is a place in one segment.
type Mark struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"` // behind the last line that is durable, in bytes
}

// ParsePosition reads a stored position. No bytes are the zero position.
func ParsePosition(stored []byte) (p Position, err error) {
	if len(stored) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(stored, &p); err != nil {
		return Position{}, fmt.Errorf("stored position: %w", err)
	}
	for _, m := range p.Segments {
		if m.Offset < 0 {
			return Position{}, fmt.Errorf("stored position: offset %d of %s", m.Offset, m.File)
		}
	}
	return p, nil
}

// Of returns the offset in a segment: 0 for one that is not in the position.
func (p Position) Of(file string) int64 {
	for _, m := range p.Segments {
		if m.File == file {
			return m.Offset
		}
	}
	return 0
}
