package config

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// report reports a fault of a key of the section that is checked.
type report func(key, format string, args ...any)

// section is a part of the configuration with rules that no single value can
// break.
type section interface{ check(report) }

// check returns the faults of the values that no room checks itself: paths and
// choices. A must tag lists what a value must be, separated by commas:
//
//	set         not empty
//	absolute    empty, or an absolute path
//	positive    a duration above zero
//	supervisor  auto, none, or an absolute path
//	a|b|c       one of these
func (l *Loaded) check() (faults []error) {
	fault := func(key, format string, args ...any) {
		faults = append(faults, l.Fault(key, fmt.Sprintf(format, args...)))
	}
	walk(reflect.ValueOf(*l.Config), "", func(key string, value reflect.Value, must string) {
		if s, ok := value.Interface().(section); ok {
			s.check(func(name, format string, args ...any) { fault(join(key, name), format, args...) })
		}
		if len(l.Sites) > 0 && isShortForm(key) {
			return
		}
		for rule := range strings.SplitSeq(must, ",") {
			if text := broken(rule, value); text != "" {
				fault(key, "%s", text)
			}
		}
	})
	l.checkNames(fault)
	_, listed := l.lines["targets"]
	switch {
	case !listed && l.noTarget():
		fault("publish", "no target is enabled: enable amqp or stdout, or write targets")
	case len(l.Targets) > 0 && l.noTarget():
		fault("targets", "none of them is enabled")
	}
	return faults
}

// isShortForm reports whether a key is one of those that sites replaces.
func isShortForm(key string) bool { return key == "supervisor" || strings.HasPrefix(key, "readers") }

// broken says why a value breaks a rule of a must tag; empty: it doesn't.
func broken(rule string, value reflect.Value) string {
	switch {
	case rule == "":
	case rule == "positive":
		if d := time.Duration(value.Int()); d <= 0 {
			return fmt.Sprintf("%s is not a duration above zero", d)
		}
	case rule == "set":
		if value.String() == "" {
			return "is empty"
		}
	case rule == "absolute":
		if text := value.String(); text != "" && !path.IsAbs(text) {
			return fmt.Sprintf("%q is not an absolute path", text)
		}
	case rule == "supervisor":
		switch text := value.String(); {
		case text == "":
			return "is empty: write auto, none or the path of nagios.cfg"
		case text != "auto" && text != "none":
			return broken("absolute", value)
		}
	default:
		if allowed := strings.Split(rule, "|"); !slices.Contains(allowed, value.String()) {
			return fmt.Sprintf("%q is not one of %s", value.String(), strings.Join(allowed, ", "))
		}
	}
	return ""
}

// walk visits every key of a section with its dotted path.
func walk(v reflect.Value, at string, visit func(key string, value reflect.Value, must string)) {
	switch {
	case isList(v.Type()):
		for i := range v.Len() {
			visitField(v.Index(i), fmt.Sprintf("%s[%d]", at, i), "", visit)
		}
	case isSection(v.Type()):
		for i := range v.NumField() {
			if key := keyOf(v.Type().Field(i)); key != "-" {
				visitField(v.Field(i), join(at, key), v.Type().Field(i).Tag.Get("must"), visit)
			}
		}
	}
}

func visitField(v reflect.Value, key, must string, visit func(string, reflect.Value, string)) {
	visit(key, v, must)
	walk(v, key, visit)
}

func join(section, key string) string {
	if section == "" {
		return key
	}
	return section + "." + key
}

var keyName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$`)

// checkNames checks the names of sites and targets, which are keys of what is
// stored.
func (l *Loaded) checkNames(fault report) {
	sites, targets := map[string]bool{}, map[string]bool{}
	for i, s := range l.Sites {
		checkName(fault, fmt.Sprintf("sites[%d].name", i), "site", s.Name, sites)
	}
	for i, t := range l.Targets {
		checkName(fault, fmt.Sprintf("targets[%d].name", i), "target", t.Name, targets)
	}
}

// checkName checks one name and adds it to those of its kind.
func checkName(fault report, key, kind, name string, seen map[string]bool) {
	switch {
	case !keyName.MatchString(name):
		fault(key, "%.80q is no name of a %s: write 1 to 64 letters, digits, '.', '_' or '-'", name, kind)
	case seen[name]:
		fault(key, "two %ss are called %q", kind, name)
	}
	seen[name] = true
}

// noTarget reports whether events would go nowhere.
func (l *Loaded) noTarget() bool {
	return !slices.ContainsFunc(l.EachTarget(), func(t TargetSection) bool { return t.Enabled() })
}
