package logfile

import (
	"encoding/json"

	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
)

// position is the source's place, as it is stored. Held are the lines before Log
// that wait for those after it.
type position struct {
	Log     follow.Position `json:"log"`
	Held    []Line          `json:"held,omitempty"`
	Program string          `json:"program,omitempty"`
}

// encode leaves out the file of a line that is of the same file as the line in
// front of it: there may be a thousand.
func (p position) encode() ([]byte, error) {
	held := make([]Line, len(p.Held))
	copy(held, p.Held)
	for i := len(held) - 1; i > 0; i-- {
		if held[i].FileID == held[i-1].FileID && held[i].File == held[i-1].File {
			held[i].File, held[i].FileID = "", ""
		}
	}
	p.Held = held
	return json.Marshal(p)
}

func decodePosition(stored []byte) (p position, err error) {
	if err := json.Unmarshal(stored, &p); err != nil {
		return p, err
	}
	for i := 1; i < len(p.Held); i++ {
		if p.Held[i].FileID == "" {
			p.Held[i].File, p.Held[i].FileID = p.Held[i-1].File, p.Held[i-1].FileID
		}
	}
	return p, nil
}
