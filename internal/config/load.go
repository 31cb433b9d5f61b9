package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Fault is something wrong with the configuration.
type Fault struct {
	File string
	Line int    // 0: unknown
	Key  string // its dotted path; empty for faults of the syntax
	Text string
}

func (f Fault) Error() string {
	where := f.File
	if f.Line > 0 {
		where += ":" + strconv.Itoa(f.Line)
	}
	if f.Key != "" {
		return where + ": " + f.Key + ": " + f.Text
	}
	return where + ": " + f.Text
}

// Loaded is a configuration and where it came from.
type Loaded struct {
	*Config
	File  string // empty: no file, all defaults
	lines map[string]int
}

// Fault makes a fault of a key, with its file and line, for the rooms that
// check the meaning of their options.
func (l *Loaded) Fault(key, text string) error {
	file := l.File
	if file == "" {
		file = "built-in configuration"
	}
	return Fault{File: file, Line: l.lines[key], Key: key, Text: text}
}

// Load reads a file. A missing file is an error that errors.Is
// fs.ErrNotExist; other errors are Faults, joined.
func Load(path string) (*Loaded, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	return Parse(f, path)
}

// WithoutFile gives the defaults.
func WithoutFile() *Loaded { return &Loaded{Config: Default()} }

// maxFile bounds the size of a configuration file, in bytes.
const maxFile = 4 << 20

// Parse reads a configuration and checks all that can be checked without
// looking at the machine.
func Parse(r io.Reader, name string) (*Loaded, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(text) > maxFile {
		return nil, Fault{File: name, Text: fmt.Sprintf("larger than %s", Size(maxFile))}
	}
	l := &Loaded{Config: Default(), File: name, lines: map[string]int{}}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, syntaxFault(name, err)
	}
	noteLines(&root, "", l.lines)
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var faults []error
	if err := dec.Decode(l.Config); err != nil && !errors.Is(err, io.EOF) {
		faults = decodeFaults(name, err)
	} else if err := dec.Decode(new(yaml.Node)); err == nil {
		faults = append(faults, Fault{File: name, Text: "a second document after '---' would be ignored: put everything into one"})
	}
	faults = append(faults, l.check()...)
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b error) int { return lineOfFault(a) - lineOfFault(b) })
		return nil, errors.Join(faults...)
	}
	return l, nil
}

func lineOfFault(err error) int {
	var f Fault
	errors.As(err, &f)
	return f.Line
}

// noteLines notes the line of every key by its dotted path.
func noteLines(n *yaml.Node, path string, lines map[string]int) {
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			noteLines(c, path, lines)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if path != "" {
				key = path + "." + key
			}
			lines[key] = n.Content[i].Line
			noteLines(n.Content[i+1], key, lines)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			key := fmt.Sprintf("%s[%d]", path, i)
			lines[key] = c.Line
			noteLines(c, key, lines)
		}
	}
}

var (
	lineOf     = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)`)
	unknownKey = regexp.MustCompile(`^field (.+) not found in type config\.(\w+)$`)
	wrongType  = regexp.MustCompile("^cannot unmarshal !!(\\w+) (?:`(.*)` )?into (.+)$")
)

func syntaxFault(file string, err error) error {
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		return Fault{File: file, Line: line, Text: "not valid YAML: " + m[2]}
	}
	return Fault{File: file, Text: "not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
}

func decodeFaults(file string, err error) []error {
	var te *yaml.TypeError
	if !errors.As(err, &te) {
		return []error{syntaxFault(file, err)}
	}
	var faults []error
	for _, text := range te.Errors {
		f := Fault{File: file, Text: text}
		if m := lineOf.FindStringSubmatch(text); m != nil {
			f.Line, _ = strconv.Atoi(m[1])
			f.Text = m[2]
		}
		if m := unknownKey.FindStringSubmatch(f.Text); m != nil {
			f.Text = fmt.Sprintf("unknown key %q%s", m[1], suggestion(m[1], keysOf(m[2])))
		} else if m := wrongType.FindStringSubmatch(f.Text); m != nil {
			f.Text = fmt.Sprintf("%s is expected here, not %s", wanted(m[3]), given(m[1], m[2]))
		}
		faults = append(faults, f)
	}
	return faults
}

func wanted(goType string) string {
	switch {
	case goType == "bool":
		return "true or false"
	case strings.HasPrefix(goType, "int"):
		return "a whole number"
	case goType == "time.Duration":
		return "a duration like 10s or 5m"
	case goType == "string", goType == "config.Switch", goType == "config.Begin", goType == "config.Secret":
		return "a text"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	}
	return "a map of keys"
}

func given(tag, value string) string {
	switch tag {
	case "map":
		return "a map"
	case "seq":
		return "a list"
	}
	return strconv.Quote(value)
}

// keysOf gives the keys of a struct of this package by its Go name.
func keysOf(typeName string) []string {
	var keys []string
	walk(reflect.TypeFor[Config](), func(t reflect.Type) {
		if t.Name() == typeName {
			for i := range t.NumField() {
				keys = append(keys, t.Field(i).Tag.Get("yaml"))
			}
		}
	})
	return keys
}

func walk(t reflect.Type, visit func(reflect.Type)) {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[StateScale]() {
		return
	}
	visit(t)
	for i := range t.NumField() {
		walk(t.Field(i).Type, visit)
	}
}

// suggestion names the known key that is nearest to a mistyped one.
func suggestion(key string, known []string) string {
	best, distance := "", len(key)
	for _, k := range known {
		if d := editDistance(key, k); d < distance || d == distance && best == "" {
			best, distance = k, d
		}
	}
	switch {
	case best != "" && distance <= max(2, len(key)/2):
		return fmt.Sprintf(", did you mean %q?", best)
	case len(known) > 0:
		slices.Sort(known)
		return ", known here are " + strings.Join(known, ", ")
	}
	return ""
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := left
			if a[i] != b[j] {
				d = 1 + min(left, row[j], row[j+1])
			}
			left, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
