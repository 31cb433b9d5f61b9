package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// decoder sets sections from nodes. It decodes value by value, so that each
// fault has its key and the rest is decoded all the same; package yaml reports
// no key.
type decoder struct {
	file string
	// elsewhere are keys that are no part of the section and are decoded by its
	// caller.
	elsewhere []string
	faults    []error
}

// maxDepth bounds maps that are merged into each other.
const maxDepth = 32

func (d *decoder) fault(n *yaml.Node, at, format string, args ...any) {
	d.faults = append(d.faults, Fault{File: d.file, Line: n.Line, Key: at, Text: fmt.Sprintf(format, args...)})
}

// section sets the keys of a section that a map has.
func (d *decoder) section(n *yaml.Node, v reflect.Value, at string, depth int) {
	switch {
	case depth > maxDepth:
		d.fault(n, at, "is merged with itself")
		return
	case n.Kind == yaml.AliasNode:
		d.section(n.Alias, v, at, depth+1)
		return
	case n.Tag == "!!null":
		return // a key without a value: the defaults stay
	case n.Kind != yaml.MappingNode:
		d.fault(n, at, "a map of keys is expected here, not %s", shown(n))
		return
	}
	fields, seen := fieldsOf(v), map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			d.merge(n.Content[i+1], v, at, depth+1)
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			continue
		}
		if line, twice := seen[key.Value]; twice {
			d.fault(key, at, "mapping key %q already defined at line %d", displayedKey(key.Value), line)
			continue
		}
		seen[key.Value] = key.Line
		field, known := fields[key.Value]
		if !known && slices.Contains(d.elsewhere, key.Value) {
			continue
		}
		if !known {
			d.fault(key, at, "unknown key %q%s", displayedKey(key.Value), suggestion(key.Value, fields))
			continue
		}
		d.value(value, field, join(at, key.Value), depth)
	}
}

// merge sets what the value of a merge key (<<) has: a map, or a list of maps.
func (d *decoder) merge(n *yaml.Node, v reflect.Value, at string, depth int) {
	if n.Kind == yaml.SequenceNode {
		for _, item := range slices.Backward(n.Content) { // the first of several wins
			d.section(item, v, at, depth)
		}
		return
	}
	d.section(n, v, at, depth)
}

// value sets one key.
func (d *decoder) value(n *yaml.Node, v reflect.Value, at string, depth int) {
	if n.Kind == yaml.AliasNode && (isSection(v.Type()) || isList(v.Type())) {
		d.value(n.Alias, v, at, depth+1)
		return
	}
	switch {
	case isSection(v.Type()):
		d.section(n, v, at, depth+1)
	case isList(v.Type()) && n.Kind == yaml.SequenceNode:
		list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
		for i, item := range n.Content {
			d.section(item, list.Index(i), fmt.Sprintf("%s[%d]", at, i), depth+1)
		}
		v.Set(list)
	case n.Decode(v.Addr().Interface()) == nil:
	case v.Type() == reflect.TypeFor[Secret]():
		d.fault(n, at, "a text is expected here: write the value in quotes")
	case v.Type() == reflect.TypeFor[[]Address]():
		d.fault(n, at, "a list of addresses is expected here")
	default:
		d.note(n, at, n.Decode(v.Addr().Interface()))
	}
}

var (
	lineOf    = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)`)
	wrongType = regexp.MustCompile("^cannot unmarshal !!(\\w+) (?:`(.*)` )?into (.+)$")
)

// note turns the error of decoding a value into faults of its key.
func (d *decoder) note(n *yaml.Node, at string, err error) {
	var te *yaml.TypeError
	switch {
	case err == nil:
	case errors.As(err, &te):
		for _, text := range te.Errors {
			f := Fault{File: d.file, Line: n.Line, Key: at, Text: text}
			if m := lineOf.FindStringSubmatch(text); m != nil {
				if n.Kind != yaml.AliasNode { // else it is the line of the anchor
					f.Line, _ = strconv.Atoi(m[1])
				}
				f.Text = m[2]
			}
			if m := wrongType.FindStringSubmatch(f.Text); m != nil {
				f.Text = fmt.Sprintf("%s is expected here, not %s", wanted(m[3]), found(m[1], m[2]))
			}
			d.faults = append(d.faults, f)
		}
	default:
		d.fault(n, at, "%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
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

func shown(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a map"
	}
	if mayHoldSecret(n.Value) {
		return "a text"
	}
	return strconv.Quote(n.Value)
}

// isSection reports whether a type is a struct whose fields are keys.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[StateScale]()
}

// isList reports whether a type is a list of sections.
func isList(t reflect.Type) bool { return t.Kind() == reflect.Slice && isSection(t.Elem()) }

// fieldsOf returns the fields of a section by their keys.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		if key := keyOf(v.Type().Field(i)); key != "-" {
			fields[key] = v.Field(i)
		}
	}
	return fields
}

// keyOf returns the key of a field.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// suggestion names the known key that is nearest to a mistyped one.
func suggestion(key string, fields map[string]reflect.Value) string {
	var known []string
	for k := range fields {
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
