// Package truth is the line that the test plugin writes for each execution.
package truth

import "time"

// Check is one execution of a check.
type Check struct {
	Key    string    `json:"key"`
	Exit   int       `json:"exit"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Output []byte    `json:"output"`
}
