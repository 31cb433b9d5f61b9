package config

import (
	"cmp"
	"errors"
	"fmt"
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

// Join joins faults in the order of their lines, each once; nil if there are
// none. Errors that are no faults come first.
func Join(faults ...error) error {
	lineOfFault := func(err error) int {
		var f Fault
		errors.As(err, &f)
		return f.Line
	}
	slices.SortStableFunc(faults, func(a, b error) int { return cmp.Compare(lineOfFault(a), lineOfFault(b)) })
	var once []error
	for _, f := range faults {
		if !slices.ContainsFunc(once, func(other error) bool { return f.Error() == other.Error() }) {
			once = append(once, f)
		}
	}
	return errors.Join(once...)
}

var (
	lineOf    = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)`)
	wrongType = regexp.MustCompile("^cannot unmarshal !!(\\w+) (?:`(.*)` )?into (.+)$")
)

func syntaxFault(file string, err error) error {
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		return Fault{File: file, Line: line, Text: "not valid YAML: " + m[2]}
	}
	return Fault{File: file, Text: "not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
}

// decodeFaults turns the error of decoding a node into faults.
func decodeFaults(file string, err error) []error {
	if err == nil {
		return nil
	}
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
		if m := wrongType.FindStringSubmatch(f.Text); m != nil {
			f.Text = fmt.Sprintf("%s is expected here, not %s", wanted(m[3]), found(m[1], m[2]))
		}
		faults = append(faults, f)
	}
	return faults
}

// wanted names a Go type to people who write YAML.
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

// found names a value of the wrong type.
func found(tag, value string) string {
	switch tag {
	case "map":
		return "a map"
	case "seq":
		return "a list"
	}
	return strconv.Quote(value)
}

// unknownKeys finds the keys of a node that a struct type doesn't have, however
// deep.
func unknownKeys(file string, n *yaml.Node, t reflect.Type) (faults []error) {
	switch {
	case n.Kind == yaml.AliasNode:
		return unknownKeys(file, n.Alias, t)
	case t.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			faults = append(faults, unknownKeys(file, item, t.Elem())...)
		}
	case isSection(t) && n.Kind == yaml.MappingNode:
		keys := keysOf(t)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			field, known := keys[key.Value]
			if !known && key.Tag != "!!merge" {
				faults = append(faults, Fault{File: file, Line: key.Line,
					Text: fmt.Sprintf("unknown key %q%s", key.Value, suggestion(key.Value, keys))})
				continue
			}
			if known {
				faults = append(faults, unknownKeys(file, value, field)...)
			}
		}
	}
	return faults
}

// isSection reports whether a type is a struct whose fields are keys.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[StateScale]()
}

// keysOf returns the keys of a section with the types of their values.
func keysOf(t reflect.Type) map[string]reflect.Type {
	keys := map[string]reflect.Type{}
	for i := range t.NumField() {
		if key := keyOf(t.Field(i)); key != "-" {
			keys[key] = t.Field(i).Type
		}
	}
	return keys
}

// keyOf returns the key of a field.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// suggestion names the known key that is nearest to a mistyped one.
func suggestion(key string, keys map[string]reflect.Type) string {
	var known []string
	for k := range keys {
		known = append(known, k)
	}
	slices.Sort(known)
	best, distance := "", len(key)
	for _, k := range known {
		if d := editDistance(key, k); d < distance || d == distance && best == "" {
			best, distance = k, d
		}
	}
	if best != "" && distance <= max(2, len(key)/2) {
		return fmt.Sprintf(", did you mean %q?", best)
	}
	return ", known here are " + strings.Join(known, ", ")
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
