package brokermodule

import (
	"slices"
	"strings"
)

// statement is an option of a configuration file, and the lines that it takes.
type statement struct {
	first, end    int // lines[first:end]
	option, value string
}

// splitLines splits a text into its lines, each with its line end.
func splitLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// statements finds the options. As in the cores, a backslash at the end continues
// a line, even a comment, and two of them do not.
func statements(lines []string) []statement {
	var found []statement
	var joined strings.Builder
	first := 0
	for i, line := range lines {
		body := strings.TrimRight(line, "\r\n")
		if i > first {
			body = strings.TrimLeft(body, " \t")
		}
		body, continued := strings.CutSuffix(body, `\`)
		joined.WriteString(body)
		if continued && !strings.HasSuffix(body, `\`) && i+1 < len(lines) {
			continue
		}
		option, value, isOption := strings.Cut(strings.TrimSpace(joined.String()), "=")
		if isOption && option != "" && option[0] != '#' && option[0] != ';' {
			found = append(found, statement{first, i + 1, strings.TrimSpace(option), strings.TrimSpace(value)})
		}
		joined.Reset()
		first = i + 1
	}
	return found
}

// isOurModule reports whether a line loads the module.
func (s statement) isOurModule() bool {
	path, _ := s.module()
	return s.option == "broker_module" && isOurs(path)
}

// module splits the value of a broker_module line into path and arguments.
func (s statement) module() (path, args string) {
	path, args, _ = strings.Cut(s.value, " ")
	return path, strings.TrimSpace(args)
}

// last returns the last statement of an option.
func last(all []statement, option string) (statement, bool) {
	for _, s := range slices.Backward(all) {
		if s.option == option {
			return s, true
		}
	}
	return statement{}, false
}
