package livestatus

import "bytes"

// headerSize is that of a header of the form fixed16: three digits of the code, a
// blank, the length of what follows in 11 columns, and a line feed.
const headerSize = 16

// parseHeader reads a header, and reports whether the bytes are one: what comes may
// be a text of xinetd or unixcat, or LMD's complaint about a query.
func parseHeader(b []byte) (code int, length int64, ok bool) {
	if len(b) != headerSize || b[3] != ' ' {
		return 0, 0, false
	}
	code64, isCode := digits(b[:3])
	length, isLength := digits(bytes.TrimLeft(b[4:15], " "))
	return int(code64), length, isCode && isLength && code64 >= 100
}

// digits reads a number that consists of nothing else.
func digits(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, len(b) > 0
}
