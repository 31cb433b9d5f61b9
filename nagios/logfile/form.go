package logfile

import "bytes"

// reasonFormless is why a line is reported that is not read: a log in another form
// would be ignored line by line.
const reasonFormless = "not of the form [seconds] KIND: text: not read"

// reasonNoForm is why a whole file is reported.
const reasonNoForm = "no line is of the form [seconds] text: it is no log that can be read"

// knownMarks are in the lines that show something, whatever stands in front of them.
var knownMarks = [][]byte{
	[]byte(" ALERT: "), []byte(" STATE: "), []byte(" CHECK: "), []byte(" NOTIFICATION: "), []byte("EXTERNAL COMMAND: "),
}

// hasKnownKind reports whether a line that was not understood shows something all the
// same.
func hasKnownKind(line []byte) bool {
	for _, mark := range knownMarks {
		if bytes.Contains(line, mark) {
			return true
		}
	}
	return false
}
