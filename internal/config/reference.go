package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// docs are the meanings of a section's options, by their keys.
type docs map[string]string

// documented is a section of the configuration.
type documented interface{ docs() docs }

// Reference writes the configuration reference as Markdown, from the schema
// and its defaults.
func Reference() string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(`# Configuration reference

The file is YAML, by default ^/etc/nagios2canopsis/config.yml^. Every key has a default, and a standard installation
needs no file. An unknown key is an error. Durations are written like ^10s^, ^5m^, ^1h30m^, sizes like ^64KiB^, ^1GiB^.

^nagios2canopsis check-config^ shows what a file amounts to. This page is made from the code.
`, "^", "`"))
	d := reflect.ValueOf(*Default())
	var top strings.Builder
	var sections []chapter
	collect(d, "", &top, &sections)
	sections = append(sections, longForms(sections)...)
	fmt.Fprintf(&b, "\n## Top level\n\n%s%s", tableHead, top.String())
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.path, s.doc)
		if s.rows != "" {
			fmt.Fprintf(&b, "\n%s%s", tableHead, s.rows)
		}
	}
	return b.String()
}

// longForms are the chapters of the types of targets that have no short form.
func longForms(sections []chapter) (more []chapter) {
	types := targetTypes()
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if slices.ContainsFunc(sections, func(c chapter) bool { return c.path == "publish."+name }) {
			continue
		}
		c := chapter{path: "targets of type " + name}
		var rows strings.Builder
		collect(reflect.ValueOf(types[name]).Elem(), c.path, &rows, &more)
		c.rows = rows.String()
		more = append(more, c)
	}
	return more
}

const tableHead = "| key | default | meaning |\n|---|---|---|\n"

type chapter struct{ path, doc, rows string }

// collect writes the rows of a section's own keys, and adds its parts as
// chapters of their own.
func collect(v reflect.Value, path string, rows *strings.Builder, sections *[]chapter) {
	docs := v.Interface().(documented).docs()
	for i := range v.NumField() {
		key := keyOf(v.Type().Field(i))
		doc := docs[key]
		dotted := strings.TrimPrefix(path+"."+key, ".")
		sub := v.Field(i)
		if isList(sub.Type()) {
			fmt.Fprintf(rows, "| `%s` | none | %s Its fields: %s. |\n", key, escape(doc), fieldList(sub.Type().Elem()))
			continue
		}
		if !isSection(sub.Type()) {
			fmt.Fprintf(rows, "| `%s` | %s | %s |\n", key, defaultText(sub), escape(doc))
			continue
		}
		at := len(*sections)
		*sections = append(*sections, chapter{path: dotted, doc: doc})
		var own strings.Builder
		collect(sub, dotted, &own, sections)
		(*sections)[at].rows = own.String()
	}
}

func fieldList(t reflect.Type) string {
	var fields []string
	docs := reflect.Zero(t).Interface().(documented).docs()
	for i := range t.NumField() {
		if key := keyOf(t.Field(i)); key != "-" {
			fields = append(fields, fmt.Sprintf("`%s` (%s)", key, escape(strings.TrimSuffix(docs[key], "."))))
		}
	}
	return strings.Join(fields, ", ")
}

func defaultText(v reflect.Value) string {
	if v.IsZero() && v.Kind() != reflect.Bool && v.Kind() != reflect.Int64 {
		return "empty"
	}
	b, err := yaml.Marshal(v.Interface())
	if err != nil {
		return "empty"
	}
	text := strings.TrimSpace(string(b))
	if list, ok := strings.CutPrefix(text, "- "); ok {
		text = "[" + strings.ReplaceAll(list, "\n- ", ", ") + "]"
	}
	return "`" + strings.Trim(text, `"`) + "`"
}

func escape(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
