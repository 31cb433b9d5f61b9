package cases

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// expectation is a case's expect.yml; testdata/README.md describes it.
type expectation struct {
	Why         string
	CheckConfig struct {
		Exit   int
		Says   []string
		Silent []string
	} `yaml:"check_config"`
	Run         struct{ Exit int }
	Events      []event
	Logged      []string
	NotLogged   []string `yaml:"not_logged"`
	Quarantined []string
}

// event is the body of a Canopsis event, or the fields of it that are expected.
type event map[string]any

func parseExpectation(text []byte) (expectation, error) {
	var x expectation
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	dec.KnownFields(true)
	if err := dec.Decode(&x); err != nil {
		return x, err
	}
	if x.Why == "" {
		return x, fmt.Errorf("why is missing")
	}
	for i, e := range x.Events {
		if e["component"] == nil {
			return x, fmt.Errorf("event %d has no component", i+1)
		}
		// JSON's types, as the events that are compared have them.
		raw, err := json.Marshal(e)
		if err != nil {
			return x, err
		}
		x.Events[i] = nil
		if err := json.Unmarshal(raw, &x.Events[i]); err != nil {
			return x, err
		}
	}
	return x, nil
}

// object is what events keep their order for.
func (e event) object() string {
	resource, _ := e["resource"].(string)
	return fmt.Sprintf("%v/%s", e["component"], resource)
}

// field returns a field, or a field of an object behind a dot.
func (e event) field(name string) any {
	if value, found := e[name]; found {
		return value
	}
	outer, inner, _ := strings.Cut(name, ".")
	object, _ := e[outer].(map[string]any)
	return object[inner]
}

// fits returns the first field in which an event is not as expected.
func (want event) fits(got event) error {
	for name, value := range want {
		is := got.field(name)
		if value == nil && (is == nil || is == "") {
			continue
		}
		if !reflect.DeepEqual(value, is) {
			return fmt.Errorf("%s is %#v, want %#v", name, is, value)
		}
	}
	return nil
}

// compareEvents returns what is wrong with the events that were sent.
func compareEvents(want, got []event) []string {
	var wrong []string
	waiting := map[string][]event{}
	for _, e := range want {
		waiting[e.object()] = append(waiting[e.object()], e)
	}
	for _, e := range got {
		of := e.object()
		if len(waiting[of]) == 0 {
			wrong = append(wrong, "one too many: "+e.String())
			continue
		}
		if err := waiting[of][0].fits(e); err != nil {
			wrong = append(wrong, fmt.Sprintf("%v\n\tof %s", err, e))
		}
		waiting[of] = waiting[of][1:]
	}
	for _, e := range want {
		if rest := waiting[e.object()]; len(rest) > 0 && reflect.DeepEqual(rest[0], e) {
			wrong = append(wrong, "not sent: "+e.String())
			waiting[e.object()] = rest[1:]
		}
	}
	return wrong
}

func (e event) String() string {
	raw, err := json.Marshal(map[string]any(e))
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// compareText returns what is wrong with a text that must hold some texts and
// must not hold others.
func compareText(name, text string, says, silent []string) []string {
	var wrong []string
	for _, want := range says {
		if !strings.Contains(text, want) {
			wrong = append(wrong, fmt.Sprintf("%s does not say %q", name, want))
		}
	}
	for _, unwanted := range silent {
		if strings.Contains(text, unwanted) {
			wrong = append(wrong, fmt.Sprintf("%s says %q", name, unwanted))
		}
	}
	return wrong
}
