package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// Loaded is a configuration and where it came from.
type Loaded struct {
	*Config
	File string // empty: no file, all defaults
	// Faults are what is wrong with the file. The values that they are about are
	// the defaults, so that the rest can be checked as well.
	Faults []error

	lines map[string]int
}

// Fault makes a fault of a key, with its file and line, for the rooms that
// check the meaning of their options. A key that is not in the file has the
// line of the section that it belongs to.
func (l *Loaded) Fault(key, text string) error {
	file := l.File
	if file == "" {
		file = "built-in configuration"
	}
	return Fault{File: file, Line: l.line(key), Key: key, Text: text}
}

func (l *Loaded) line(key string) int {
	for {
		if line, known := l.lines[key]; known {
			return line
		}
		i := strings.LastIndexAny(key, ".[")
		if i < 0 {
			return 0
		}
		key = key[:i]
	}
}

// Load reads a file. A missing file is an error that errors.Is
// fs.ErrNotExist; the others are those of Parse.
func Load(path string) (*Loaded, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	return Parse(f, path)
}

// WithoutFile returns the defaults.
func WithoutFile() *Loaded { return &Loaded{Config: Default()} }

// maxFile bounds the size of a configuration file, in bytes.
const maxFile = 4 << 20

// Parse reads a configuration and checks all that can be checked without
// looking at the machine. An error means that it is no YAML; every other fault
// is in Loaded.Faults.
func Parse(r io.Reader, name string) (*Loaded, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(text) > maxFile {
		return nil, Fault{File: name, Text: fmt.Sprintf("larger than %s", Size(maxFile))}
	}
	var document yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, syntaxFault(name, err)
	}
	if err := dec.Decode(new(yaml.Node)); err == nil {
		return nil, Fault{File: name, Text: "a second document after '---' would be ignored: put everything into one"}
	}
	l := &Loaded{Config: Default(), File: name, lines: map[string]int{}}
	if len(document.Content) > 0 {
		noteLines(document.Content[0], "", l.lines)
		l.decode(document.Content[0])
	}
	l.Faults = append(l.Faults, l.check()...)
	return l, nil
}

// decode sets the configuration from the file's root. The items of lists whose
// defaults depend on the rest are decoded one by one, last.
func (l *Loaded) decode(root *yaml.Node) {
	if root.Kind != yaml.MappingNode {
		if root.Tag != "!!null" {
			l.Faults = append(l.Faults, decodeFaults(l.File, root.Decode(l.Config))...)
		}
		return
	}
	sites, targets := without(root, "sites"), without(root, "targets")
	l.decodeNode(root, l.Config)
	if sites != nil {
		l.decodeSites(sites)
	}
	if targets != nil {
		l.decodeTargets(targets)
	}
}

// decodeNode sets a section from a node, and notes its faults.
func (l *Loaded) decodeNode(n *yaml.Node, section any) {
	l.Faults = append(l.Faults, unknownKeys(l.File, n, reflect.TypeOf(section).Elem())...)
	l.Faults = append(l.Faults, decodeFaults(l.File, n.Decode(section))...)
}

// without takes a key out of a map, and returns its value; nil if there is none.
func without(n *yaml.Node, key string) (value *yaml.Node) {
	kept := n.Content[:0:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key && value == nil {
			value = n.Content[i+1]
			continue
		}
		kept = append(kept, n.Content[i], n.Content[i+1])
	}
	n.Content = kept
	return value
}

// items returns the items of a list.
func (l *Loaded) items(key string, n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		l.Faults = append(l.Faults, l.Fault(key, "a list of at least one is expected here"))
		return nil
	}
	return n.Content
}

// decodeSites sets the sites. Each begins with the defaults and the common
// mapping.
func (l *Loaded) decodeSites(n *yaml.Node) {
	for _, item := range l.items("sites", n) {
		site := Site{Supervisor: "auto", Readers: defaultReaders(), Mapping: l.Mapping.clone()}
		l.decodeNode(item, &site)
		l.Sites = append(l.Sites, site)
	}
	for _, key := range []string{"supervisor", "connector", "connector_name", "readers"} {
		if _, set := l.lines[key]; set {
			l.Faults = append(l.Faults, l.Fault(key, "belongs to the short form of one site: move it into sites"))
		}
	}
	l.Supervisor, l.Connector, l.ConnectorName, l.Readers = "", "", "", Readers{}
}

// decodeTargets sets the targets, each with the defaults of its type.
func (l *Loaded) decodeTargets(n *yaml.Node) {
	for i, item := range l.items("targets", n) {
		var target Target
		if item.Kind != yaml.MappingNode {
			l.Faults = append(l.Faults, decodeFaults(l.File, item.Decode(&target))...)
			continue
		}
		l.Faults = append(l.Faults, decodeFaults(l.File, item.Decode(&target))...)
		options, known := targetTypes()[target.Type]
		if !known {
			l.Faults = append(l.Faults, l.Fault(fmt.Sprintf("targets[%d].type", i), fmt.Sprintf("%q is not one of amqp, stdout", target.Type)))
			continue
		}
		without(item, "name")
		without(item, "type")
		l.decodeNode(item, options)
		if target.Name == "" {
			target.Name = target.Type
		}
		target.Options = options
		l.Targets = append(l.Targets, target)
	}
	if _, set := l.lines["publish"]; set {
		l.Faults = append(l.Faults, l.Fault("publish", "is the short form of targets: move it there"))
	}
	l.Publish = Publish{}
}

// noteLines notes the line of every key by its dotted path.
func noteLines(n *yaml.Node, path string, lines map[string]int) {
	switch n.Kind {
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
