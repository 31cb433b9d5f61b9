package eventmap

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Rule selects records. Each field is a pattern: "/re/" is a regular expression
// that may match anywhere, text with '*', '?' or '[' a glob, anything else the
// exact text. All are case-sensitive. A rule matches when all fields that are set
// match.
//
// State is the supervisor's name of a check's state (OK, CRITICAL, DOWN, …).
// Other records have no state: an exclude rule with a State never matches them, an
// include rule matches when its other fields do.
type Rule struct {
	Host, Service           string
	Hostgroup, Servicegroup string            // any group of the host, of the service
	CustomVars              map[string]string // by name without underscore; of the service, else of its host
	State                   string
}

// pattern reports whether a text matches; nil matches everything.
type pattern func(string) bool

// rule is a compiled Rule.
type rule struct {
	host, service, hostgroup, servicegroup, state pattern
	customVars                                    []customVarPattern
}

type customVarPattern struct {
	name    string
	matches pattern
}

// compileRules compiles the rules of an option.
func compileRules(name string, rules []Rule) (compiled []rule, faults []error) {
	for i, r := range rules {
		c, more := r.compile(fmt.Sprintf("%s[%d]", name, i))
		faults = append(faults, more...)
		compiled = append(compiled, c)
	}
	return compiled, faults
}

var errEmptyRule = errors.New("the rule is empty: it must name at least one thing to match")

// compile compiles the rule that the configuration has at key.
func (r Rule) compile(key string) (c rule, faults []error) {
	fault := func(name string, err error) { faults = append(faults, &option.Fault{Name: name, Err: err}) }
	set := 0
	for _, field := range []struct {
		name, text string
		into       *pattern
	}{
		{"host", r.Host, &c.host}, {"service", r.Service, &c.service},
		{"hostgroup", r.Hostgroup, &c.hostgroup}, {"servicegroup", r.Servicegroup, &c.servicegroup},
		{"state", r.State, &c.state},
	} {
		if field.text == "" {
			continue
		}
		set++
		var err error
		if *field.into, err = compilePattern(field.text); err != nil {
			fault(key+"."+field.name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.CustomVars)) {
		set++
		matches, err := compilePattern(r.CustomVars[name])
		if err != nil {
			fault(key+".vars."+name, err)
		}
		c.customVars = append(c.customVars, customVarPattern{strings.TrimPrefix(name, "_"), matches})
	}
	if set == 0 {
		fault(key, errEmptyRule)
	}
	if c.state != nil && !slices.ContainsFunc(slices.Concat(hostStates[:], serviceStates[:]), c.state) {
		fault(key+".state", fmt.Errorf("%q is none of the names %v %v", r.State, hostStates, serviceStates))
	}
	return c, faults
}

// compilePattern compiles one pattern; see Rule.
func compilePattern(text string) (pattern, error) {
	if len(text) >= 2 && text[0] == '/' && text[len(text)-1] == '/' {
		re, err := regexp.Compile(text[1 : len(text)-1])
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	}
	if !strings.ContainsAny(text, "*?[") {
		return func(s string) bool { return s == text }, nil
	}
	re, err := regexp.Compile(globRegexp(text))
	if err != nil {
		return nil, fmt.Errorf("glob %q: %w", text, err)
	}
	return re.MatchString, nil
}

// globRegexp translates a glob: '*' any text, '?' one character, "[a-c]" and
// "[!a-c]" a set.
func globRegexp(glob string) string {
	var re strings.Builder
	re.WriteString(`(?s)\A`)
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '*':
			re.WriteString(`.*`)
		case '?':
			re.WriteString(`.`)
		case '[':
			end := strings.IndexByte(glob[i+1:], ']')
			if end <= 0 {
				re.WriteString(`\[`)
				continue
			}
			set := strings.ReplaceAll(glob[i+1:i+1+end], `\`, `\\`)
			if set[0] == '!' {
				set = "^" + set[1:]
			}
			re.WriteString("[" + set + "]")
			i += end + 1
		default:
			re.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	re.WriteString(`\z`)
	return re.String()
}

// matches reports whether the rule matches. state is "" for records without one;
// the state pattern then has the result stateless.
func (r *rule) matches(m *Mapper, s *subject, state string, stateless bool) bool {
	if r.state != nil {
		if state == "" && !stateless || state != "" && !r.state(state) {
			return false
		}
	}
	if r.host != nil && !r.host(m.plainName(s.entity.Host)) {
		return false
	}
	if r.service != nil && (s.entity.IsHost() || !r.service(m.plainName(s.entity.Service))) {
		return false
	}
	if r.hostgroup != nil && !m.anyMatches(r.hostgroup, s.hostgroups(nil)) {
		return false
	}
	if r.servicegroup != nil && !m.anyMatches(r.servicegroup, s.servicegroups(nil)) {
		return false
	}
	for _, v := range r.customVars {
		value, ok := s.serviceVar(v.name)
		if !ok {
			value, ok = s.hostVar(v.name)
		}
		if !ok || !v.matches(m.plainName(value)) {
			return false
		}
	}
	return true
}

func (m *Mapper) anyMatches(matches pattern, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return matches(m.plainName(name)) })
}

// plainName cleans a name for comparison with a pattern.
func (m *Mapper) plainName(name string) string {
	clean, _ := m.charset.cleanName(name)
	return clean
}

// selected applies the include and exclude rules.
func (m *Mapper) selected(s *subject, state string) bool {
	included := len(m.include) == 0
	for i := range m.include {
		if included = m.include[i].matches(m, s, state, true); included {
			break
		}
	}
	if !included {
		return false
	}
	for i := range m.exclude {
		if m.exclude[i].matches(m, s, state, false) {
			return false
		}
	}
	return true
}

// The names of the states, by number.
var (
	hostStates    = [...]string{"UP", "DOWN", "UNREACHABLE"}
	serviceStates = [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}
)

// stateName returns the supervisor's name of a check's state, "" if it has none.
func stateName(entity supervision.Entity, state supervision.State) string {
	names := serviceStates[:]
	if entity.IsHost() {
		names = hostStates[:]
	}
	if state < 0 || int(state) >= len(names) {
		return ""
	}
	return names[state]
}
