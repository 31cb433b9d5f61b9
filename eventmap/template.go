package eventmap

import (
	"errors"
	"fmt"
	"strings"
)

// macro is a Nagios macro; value returns its value for a subject.
type macro struct {
	service bool // needs a service
	value   func(*subject) string
}

// findMacro finds a macro of an object by its name without $: $HOSTNAME$,
// $SERVICEDESC$, those of the object's attributes, and custom variables in the
// form $_HOSTSITE$ and $_SERVICEAPP$.
func findMacro(name string) (macro, bool) {
	switch {
	case name == "HOSTNAME":
		return macro{false, func(s *subject) string { return s.entity.Host }}, true
	case name == "SERVICEDESC":
		return macro{true, func(s *subject) string { return s.entity.Service }}, true
	case len(name) > len(hostVarMacro) && strings.HasPrefix(name, hostVarMacro):
		variable := name[len(hostVarMacro):]
		return macro{false, func(s *subject) string { v, _ := s.hostVar(variable); return v }}, true
	case len(name) > len(serviceVarMacro) && strings.HasPrefix(name, serviceVarMacro):
		variable := name[len(serviceVarMacro):]
		return macro{true, func(s *subject) string { v, _ := s.serviceVar(variable); return v }}, true
	}
	for _, a := range attributes {
		switch name {
		case a.hostMacro:
			return macro{false, func(s *subject) string { return s.ofHost(a) }}, true
		case a.serviceMacro:
			return macro{true, func(s *subject) string { return s.ofService(a) }}, true
		}
	}
	return macro{}, false
}

// template is text with macros of Nagios in it.
type template []templatePart

// templatePart is literal text, or a macro.
type templatePart struct {
	literal string
	value   func(*subject) string // nil: the literal
}

var errSingleDollar = errors.New("a '$' without its pair; write $MACRO$, or $$ for the sign itself")

// parseTemplate reads a template. With hostOnly, macros of a service are an error.
func parseTemplate(text string, hostOnly bool) (template, error) {
	var t template
	for text != "" {
		literal, rest, isMacro := strings.Cut(text, "$")
		if literal != "" {
			t = append(t, templatePart{literal: literal})
		}
		if !isMacro {
			break
		}
		name, after, closed := strings.Cut(rest, "$")
		text = after
		if !closed {
			return nil, errSingleDollar
		}
		if name == "" {
			t = append(t, templatePart{literal: "$"})
			continue
		}
		m, known := findMacro(name)
		if !known {
			return nil, fmt.Errorf("unknown macro $%s$", name)
		}
		if m.service && hostOnly {
			return nil, fmt.Errorf("$%s$ is of a service; a host and its services must share one component", name)
		}
		t = append(t, templatePart{value: m.value})
	}
	return t, nil
}

// expand returns the text for a subject. It is "" when the template has macros and
// all of them are empty.
func (t template) expand(s *subject) string {
	if len(t) == 1 { // the usual form, and no copy
		if t[0].value != nil {
			return t[0].value(s)
		}
		return t[0].literal
	}
	var out strings.Builder
	macros, filled := false, false
	for _, part := range t {
		text := part.literal
		if part.value != nil {
			text = part.value(s)
			macros = true
			filled = filled || text != ""
		}
		out.WriteString(text)
	}
	if macros && !filled {
		return ""
	}
	return out.String()
}
