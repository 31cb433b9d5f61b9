package endtoend

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Settings is a configuration file as the difference from the defaults: values
// by the keys' full names, such as "publish.amqp.window".
type Settings map[string]any

// With returns these settings with others on top.
func (s Settings) With(others Settings) Settings {
	all := Settings{}
	for _, settings := range []Settings{s, others} {
		for key, value := range settings {
			all[key] = value
		}
	}
	return all
}

// YAML returns the text of the configuration file.
func (s Settings) YAML(t testing.TB) string {
	t.Helper()
	root := map[string]any{}
	for key, value := range s {
		words := strings.Split(key, ".")
		section := root
		for _, word := range words[:len(words)-1] {
			next, ok := section[word].(map[string]any)
			if !ok {
				next = map[string]any{}
				section[word] = next
			}
			section = next
		}
		section[words[len(words)-1]] = value
	}
	text, err := yaml.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
