package nagios

import (
	"bufio"
	"fmt"
	"iter"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

// maxConfigFile bounds the size of a configuration file, and so of each line.
const maxConfigFile = 16 << 20

// byteOrderMark is what some editors write in front of UTF-8.
const byteOrderMark = "\ufeff"

func readConfigFile(path string) (string, error) {
	text, err := regular.Read(path, maxConfigFile)
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(string(text), byteOrderMark), nil
}

// logicalLines returns the lines of a configuration file, without surrounding
// blanks, with the number of the line at which each begins. A backslash at the
// end continues a line, two of them are a backslash (Nagios 4.4.6,
// common/shared.c, mmap_fgets_multiline). Blank lines are left out.
func logicalLines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		lines := bufio.NewScanner(strings.NewReader(text))
		lines.Buffer(nil, maxConfigFile+1)
		number, first := 0, 0
		var joined strings.Builder
		for lines.Scan() {
			number++
			line := lines.Text()
			if joined.Len() > 0 {
				line = strings.TrimLeft(line, " \t")
			} else {
				first = number
			}
			body, continued := strings.CutSuffix(line, `\`)
			joined.WriteString(body)
			if continued && !strings.HasSuffix(body, `\`) {
				continue
			}
			whole := strings.TrimSpace(joined.String())
			joined.Reset()
			if whole != "" && !yield(first, whole) {
				return
			}
		}
		if whole := strings.TrimSpace(joined.String()); whole != "" {
			yield(first, whole)
		}
	}
}

// isComment reports whether a line of the main configuration is a comment.
func isComment(line string) bool { return line[0] == '#' || line[0] == ';' }

// UnescapeTemplate resolves the escapes of a perfdata template: \t, \r and \n.
// Any other backslash is a backslash, two of them are two (Nagios 4.4.6,
// xdata/xpddefault.c, xpddefault_preprocess_file_templates).
func UnescapeTemplate(template string) string {
	return strings.NewReplacer(`\t`, "\t", `\r`, "\r", `\n`, "\n").Replace(template)
}

// origin returns the place of a line, "file:line".
func origin(path string, line int) string { return fmt.Sprintf("%s:%d", path, line) }
