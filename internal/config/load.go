package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

// Loaded is a configuration and where it came from.
type Loaded struct {
	*Config
	File string // empty: no file, all defaults
	// Faults are what is wrong with the file. The values that they are about are
	// the defaults, so that the rest can be checked as well.
	Faults []error

	lines   map[string]int
	secrets []string // that no fault may show
}

// Fault makes a fault of a key, with its file and line, for the rooms that
// check the meaning of their options. A key that is not in the file has the
// line of the section that it belongs to.
func (l *Loaded) Fault(key, text string) error {
	file := l.File
	if file == "" {
		file = "built-in configuration"
	}
	return Fault{File: file, Line: l.line(key), Key: key, Text: mask(text, l.secrets)}
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

// Load reads a file, which must be a regular one. A missing file is an error that
// errors.Is fs.ErrNotExist; the others are those of Parse.
func Load(path string) (*Loaded, error) {
	f, err := regular.Open(path)
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
		return nil, syntaxFault(name, text, err)
	}
	if err := dec.Decode(new(yaml.Node)); err == nil {
		return nil, Fault{File: name, Text: "a second document after '---' would be ignored: put everything into one"}
	}
	l := &Loaded{Config: Default(), File: name, lines: map[string]int{}}
	if len(document.Content) > 0 {
		found := scanDocument(name, text, document.Content[0])
		l.Faults, l.secrets = found.faults, found.secrets
		noteLines(document.Content[0], "", l.lines)
		l.decode(document.Content[0])
	}
	l.Faults = append(l.Faults, l.check()...)
	l.maskFaults()
	return l, nil
}

// maskFaults hides the secrets that faults quote.
func (l *Loaded) maskFaults() {
	for i, err := range l.Faults {
		var f Fault
		if errors.As(err, &f) {
			f.Text = mask(f.Text, l.secrets)
			l.Faults[i] = f
		}
	}
}

// decode sets the configuration from the file's root. The items of lists whose
// defaults depend on the rest are decoded last.
func (l *Loaded) decode(root *yaml.Node) {
	sites, targets := without(root, "sites"), without(root, "targets")
	l.decodeSection(root, l.Config, "")
	if sites != nil {
		l.decodeSites(sites)
	}
	if targets != nil {
		l.decodeTargets(targets)
	}
}

// decodeSection sets a section from a node, and notes its faults.
func (l *Loaded) decodeSection(n *yaml.Node, section any, at string) {
	d := decoder{file: l.File}
	d.section(n, reflect.ValueOf(section).Elem(), at, 0)
	l.Faults = append(l.Faults, d.faults...)
}

// without takes a key out of a map, and returns its value; nil if there is none.
func without(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			value := n.Content[i+1]
			n.Content = slices.Delete(n.Content, i, i+2)
			return value
		}
	}
	return nil
}

// resolved returns what an alias stands for.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// lookUp returns the value of a key of a map, its own or one that is merged into
// it; nil if there is none.
func lookUp(n *yaml.Node, key string, depth int) *yaml.Node {
	n = resolved(n)
	if n.Kind == yaml.SequenceNode && depth > 0 { // several maps are merged
		for _, item := range n.Content {
			if found := lookUp(item, key, depth+1); found != nil {
				return found
			}
		}
	}
	if n.Kind != yaml.MappingNode || depth > maxDepth {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			if found := lookUp(n.Content[i+1], key, depth+1); found != nil {
				return found
			}
		}
	}
	return nil
}

// items returns the items of a list.
func (l *Loaded) items(key string, n *yaml.Node) []*yaml.Node {
	n = resolved(n)
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		l.Faults = append(l.Faults, l.Fault(key, "a list of at least one is expected here"))
		return nil
	}
	return n.Content
}

// decodeSites sets the sites. Each begins with the defaults and the common
// mapping.
func (l *Loaded) decodeSites(n *yaml.Node) {
	items := l.items("sites", n)
	if items == nil {
		return
	}
	for i, item := range items {
		if kind := resolved(item).Kind; kind != yaml.MappingNode {
			l.Faults = append(l.Faults, l.Fault(fmt.Sprintf("sites[%d]", i),
				"a map of keys is expected here, not "+shown(item)))
			continue
		}
		site := Site{Supervisor: "auto", Readers: defaultReaders(), Mapping: l.Mapping.clone()}
		l.decodeSection(item, &site, fmt.Sprintf("sites[%d]", i))
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
	items := l.items("targets", n)
	if items == nil {
		return
	}
	for i, item := range items {
		if target, known := l.decodeTarget(item, fmt.Sprintf("targets[%d]", i)); known {
			l.Targets = append(l.Targets, target)
		}
	}
	if _, set := l.lines["publish"]; set {
		l.Faults = append(l.Faults, l.Fault("publish", "is the short form of targets: move it there"))
	}
	l.Publish = Publish{}
}

// decodeTarget sets one target. What it may have besides name and type depends
// on its type.
func (l *Loaded) decodeTarget(item *yaml.Node, at string) (target Target, known bool) {
	d := decoder{file: l.File, elsewhere: []string{"name", "type"}}
	if name := lookUp(item, "name", 0); name != nil {
		d.note(name, at+".name", name.Decode(&target.Name))
	}
	if typ := lookUp(item, "type", 0); typ != nil {
		d.note(typ, at+".type", typ.Decode(&target.Type))
	}
	if target.Options, known = targetTypes()[target.Type]; !known {
		known := strings.Join(slices.Sorted(maps.Keys(targetTypes())), ", ")
		d.faults = append(d.faults, l.Fault(at+".type", fmt.Sprintf("%q is not one of %s", target.Type, known)))
		l.Faults = append(l.Faults, d.faults...)
		return target, false
	}
	if target.Name == "" {
		target.Name = target.Type
	}
	d.section(item, reflect.ValueOf(target.Options).Elem(), at, 0)
	l.Faults = append(l.Faults, d.faults...)
	return target, true
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
