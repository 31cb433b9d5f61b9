package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// secretKeys are the keys whose values no error shows, wherever it comes from: the
// fields of type Secret, and those of type Address, which may hold a password.
var secretKeys = []string{"password", "urls"}

// Hints for values that YAML reads in another way than they were meant.
const (
	hintTag    = "what begins with '!' is a tag in YAML, and no part of the value: write the value in quotes"
	hintAnchor = "what begins with '&' is the name of an anchor in YAML, and no part of the value: " +
		"write the value in quotes"
	hintAlias = "what begins with '*' stands for an anchor in YAML, and there is none of that name: " +
		"write the value in quotes"
	hintEmpty = "is empty: write the value in quotes, or leave the key out"
)

// scan is what one look at the whole document has found.
type scan struct {
	file    string
	lines   []string
	faults  []error
	secrets []string        // the values of secretKeys, and what they consist of
	aliases map[string]bool // the anchors that are used
}

func scanDocument(file string, text []byte, root *yaml.Node) scan {
	s := scan{file: file, lines: strings.Split(string(text), "\n"), aliases: map[string]bool{}}
	s.noteAliases(root)
	s.node(root, "", "")
	return s
}

func (s *scan) noteAliases(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		s.aliases[n.Value] = true
	}
	for _, c := range n.Content {
		s.noteAliases(c)
	}
}

// node looks at a value. key is the last one of its path.
func (s *scan) node(n *yaml.Node, at, key string) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			inner := n.Content[i].Value
			if slices.Contains(secretKeys, key) {
				s.secrets = append(s.secrets, inner)
			}
			s.node(n.Content[i+1], join(at, displayedKey(inner)), inheritSecret(key, inner))
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			s.node(c, fmt.Sprintf("%s[%d]", at, i), key)
		}
	case yaml.ScalarNode:
		s.scalar(n, at, key)
	case yaml.AliasNode:
		if slices.Contains(secretKeys, key) && n.Alias.Kind == yaml.ScalarNode {
			s.secrets = append(s.secrets, n.Alias.Value)
		}
	}
}

// inheritSecret returns the key that decides about a value: whatever stands below a
// secret key is secret too.
func inheritSecret(outer, inner string) string {
	if slices.Contains(secretKeys, outer) {
		return outer
	}
	return inner
}

func (s *scan) scalar(n *yaml.Node, at, key string) {
	if slices.Contains(secretKeys, key) {
		s.secrets = append(s.secrets, n.Value)
	}
	isQuoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	isPassword := strings.HasPrefix(key, "password")
	switch {
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		s.fault(n, at, hintTag)
	case isPassword && n.Style&yaml.TaggedStyle != 0 && n.Tag != "!!str", isPassword && s.beginsWith(n, '!'):
		s.fault(n, at, hintTag)
	case isPassword && n.Anchor != "" && !s.aliases[n.Anchor]:
		s.fault(n, at, hintAnchor)
	case isPassword && !isQuoted && (n.Value == "" || n.ShortTag() == "!!null"):
		s.fault(n, at, hintEmpty)
	}
}

// beginsWith reports whether a value begins with a character in the file. Package
// yaml drops a lone '!' without a trace.
func (s *scan) beginsWith(n *yaml.Node, c rune) bool {
	if n.Style != 0 || n.Line < 1 || n.Line > len(s.lines) {
		return false
	}
	line := []rune(s.lines[n.Line-1])
	return n.Column >= 1 && n.Column <= len(line) && line[n.Column-1] == c
}

func (s *scan) fault(n *yaml.Node, at, text string) {
	s.faults = append(s.faults, Fault{File: s.file, Line: n.Line, Key: at, Text: text})
}

// mask hides secrets that a text quotes: an alias or a key in the wrong place may
// have brought one there.
func mask(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		text = strings.ReplaceAll(text, fmt.Sprintf("%q", secret), fmt.Sprintf("%q", masked))
		if len(secret) > yamlShows {
			text = strings.ReplaceAll(text, fmt.Sprintf("%q", secret[:yamlShows]+"..."), fmt.Sprintf("%q", masked))
		}
	}
	return text
}

// yamlShows is how much package yaml shows of a long value.
const yamlShows = 7

// mayHoldSecret reports whether a text looks like a secret key that ran into its
// value, as in "password:xxxxx", or like an address.
func mayHoldSecret(text string) bool {
	return strings.Contains(strings.ToLower(text), "pass") || strings.Contains(text, "://")
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_.-]*`)

// displayedKey is a key as an error may show it.
func displayedKey(key string) string {
	plain := plainKey.FindString(key)
	if plain == key || !mayHoldSecret(key) {
		return key
	}
	return plain + "…"
}

var (
	unknownAnchor = regexp.MustCompile(`unknown anchor '(.*)' referenced`)
	lastKey       = regexp.MustCompile(`([A-Za-z0-9_]+)["']?\s*:\s*(?:[\[{]\s*|-\s+)*$`)
	secretOnLine  = regexp.MustCompile(`(?:^|[\s{,"'-])(` + strings.Join(secretKeys, "|") + `)["']?\s*:`)
)

// anchorFault is the fault of an alias without its anchor: a value that begins with
// '*'. Package yaml quotes it, and reports no line.
func anchorFault(file, name string, text []byte) Fault {
	f := Fault{File: file, Text: hintAlias}
	for i, line := range strings.Split(string(text), "\n") {
		before, after, found := strings.Cut(line, "*"+name)
		if !found || after != "" && !strings.ContainsAny(after[:1], " \t\r,]}") {
			continue
		}
		f.Line = i + 1
		if m := lastKey.FindStringSubmatch(before); m != nil {
			f.Key = m[1]
		}
		return f
	}
	return f
}

// secretOf returns the secret key that a line of a text sets, empty if it sets none.
func secretOf(text []byte, line int) string {
	lines := strings.Split(string(text), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	if m := secretOnLine.FindStringSubmatch(lines[line-1]); m != nil {
		return m[1]
	}
	return ""
}
