// Package truth is the line that the test plugin writes for each execution.
package truth

import "time"

// Check is one execution of a check. One that Nagios had to kill has no End.
type Check struct {
	Key    string    `json:"key"`
	Exit   int       `json:"exit"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Output []byte    `json:"output"`
}

// N is the number that stands for {{n}} in the output.
func (c Check) N() int64 { return c.Start.UnixNano() }
