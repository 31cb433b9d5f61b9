package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Size is a number of bytes, written like 64KiB, 16MiB or 1GiB.
type Size int64

// UnmarshalYAML reads a size.
func (s *Size) UnmarshalYAML(n *yaml.Node) error {
	v, err := parseSize(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		return lineError(n, fmt.Sprintf("%q is not a size, write it like 64KiB, 16MiB or 1GiB", n.Value))
	}
	*s = v
	return nil
}

func parseSize(text string) (Size, error) {
	t := strings.TrimSpace(text)
	unit := int64(1)
	for _, u := range []struct {
		suffix string
		factor int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(t, u.suffix); ok {
			t, unit = strings.TrimSpace(rest), u.factor
			break
		}
	}
	v, err := strconv.ParseInt(t, 10, 64)
	if err != nil || v < 0 || v > (1<<62)/unit {
		return 0, fmt.Errorf("not a size: %q", text)
	}
	return Size(v * unit), nil
}

// MarshalYAML writes a size.
func (s Size) MarshalYAML() (any, error) { return s.String(), nil }

// String writes a size with the largest unit that divides it.
func (s Size) String() string {
	for _, u := range []struct {
		suffix string
		factor Size
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if s != 0 && s%u.factor == 0 {
			return strconv.FormatInt(int64(s/u.factor), 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// Secret is a text that is never shown.
type Secret string

const masked = "xxxxx"

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// MarshalYAML hides the secret.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// GoString hides the secret.
func (s Secret) GoString() string { return s.String() }

// Address is the URL of a broker; a password in it is never shown.
type Address string

// String hides the password.
func (a Address) String() string {
	u, err := url.Parse(string(a))
	if err != nil || u.Opaque != "" || strings.Contains(u.Host+u.Path+u.RawQuery+u.Fragment, "@") {
		return masked // a part of the password may be anywhere
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), masked)
	}
	return u.String()
}

// MarshalYAML hides the password.
func (a Address) MarshalYAML() (any, error) { return a.String(), nil }

// LogValue hides the password.
func (a Address) LogValue() slog.Value { return slog.StringValue(a.String()) }

// StateScale is the name of a scale, or a table of state names.
type StateScale struct {
	Name  string
	Table map[string]int
}

// UnmarshalYAML reads a name or a table.
func (s *StateScale) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.ScalarNode:
		*s = StateScale{Name: n.Value}
		return nil
	case yaml.MappingNode:
		table := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			v, err := strconv.Atoi(value.Value)
			if err != nil || v < 0 || v > 3 {
				return lineError(value, fmt.Sprintf("%q is not a Canopsis state, which is 0, 1, 2 or 3", value.Value))
			}
			table[strings.ToLower(key.Value)] = v
		}
		*s = StateScale{Table: table}
		return nil
	}
	return lineError(n, "a state scale is 'severity', 'nagios' or a table of states")
}

// MarshalYAML writes a name or a table.
func (s StateScale) MarshalYAML() (any, error) {
	if s.Table != nil {
		return s.Table, nil
	}
	return s.Name, nil
}

// lineError is an error in the form of those of package yaml, so that it is
// collected with them instead of ending the decoding.
func lineError(n *yaml.Node, text string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s", n.Line, text)}}
}
