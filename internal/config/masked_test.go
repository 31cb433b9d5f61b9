package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// amqp puts a line into the section publish.amqp, as line 4 of the file.
func amqp(line string) string {
	return "connector: nagios\npublish:\n  amqp:\n    " + line + "\n    user: nagios\n"
}

// Each of these passwords is read by YAML as something else, or not at all.
func TestAPasswordThatYAMLTakesForSomethingElse(t *testing.T) {
	for _, c := range []struct{ name, text, where, says string }{
		{"alias", amqp("password: *Geheim123"), "config.yml:4: password: ", "quotes"},
		{"alias in a flow map", "publish: {amqp: {password: *Geheim123}}", "config.yml:1: password: ", "quotes"},
		{"alias in JSON", `{"publish": {"amqp": {"password": *Geheim123}}}`, "config.yml:1: password: ", "quotes"},
		{"alias as an address", amqp("urls: [*Geheim123]"), "config.yml:4: urls: ", "quotes"},
		{"alias in a list", amqp("urls:\n     - *Geheim123"), "config.yml:5: ", "quotes"},
		{"tag", amqp("password: !Geheim123"), "config.yml:4: publish.amqp.password: ", "quotes"},
		{"tag and a rest", amqp("password: !Geheim 123"), "config.yml:4: publish.amqp.password: ", "quotes"},
		{"lone exclamation mark", amqp("password: ! Geheim123"), "config.yml:4: publish.amqp.password: ", "quotes"},
		{"tag of a number", amqp("password: !!int Geheim123"), "config.yml:4: publish.amqp.password: ", "quotes"},
		{"tag of bytes", amqp("password: !!binary Geheim123"), "config.yml:4: publish.amqp.password: ", "quotes"},
		{"tag without its handle", amqp("password: !Ge!heim123"), "config.yml:4: password: ", "quotes"},
		{"anchor", amqp("password: &Geheim123"), "config.yml:4: publish.amqp.password: ", "quotes"},
		{"anchor and a rest", amqp("password: &Geheim 123"), "config.yml:4: publish.amqp.password: ", "quotes"},
		{"nothing", amqp("password:"), "config.yml:4: publish.amqp.password: ", "empty"},
		{"comment", amqp("password: #Geheim123"), "config.yml:4: publish.amqp.password: ", "empty"},
		{"null", amqp("password: null"), "config.yml:4: publish.amqp.password: ", "empty"},
		{"tilde", amqp("password: ~"), "config.yml:4: publish.amqp.password: ", "empty"},
		{"empty block", amqp("password: |"), "config.yml:4: publish.amqp.password: ", "empty"},
		{"at sign", amqp("password: @Geheim123"), "config.yml:4: password: ", "quotes"},
		{"percent sign", amqp("password: %Geheim123"), "config.yml:4: password: ", "quotes"},
		{"backquote", amqp("password: `Geheim123"), "config.yml:4: password: ", "quotes"},
		{"unclosed quotes", amqp(`password: "Geheim123`), "config.yml:4: password: ", "quotes"},
		{"unclosed single quotes", amqp(`password: 'Geheim'123`), "config.yml:", "YAML"},
		{"escape", amqp(`password: "Geheim\123"`), "config.yml:4: password: ", "quotes"},
		{"list", amqp("password: [Geheim123]"), "config.yml:4: publish.amqp.password: ", "quotes"},
		{"unclosed list", amqp("password: [Geheim123"), "config.yml:", "YAML"},
		{"map", amqp("password: {Geheim123: Geheim123}"), "config.yml:4: publish.amqp.password: ", "quotes"},
		{"colon", amqp("password: Geheim: 123"), "config.yml:4: password: ", "quotes"},
		{"dash", amqp("password: - Geheim123"), "config.yml:4: password: ", "quotes"},
		{"no blank", "publish:\n  amqp:\n    password:Geheim123\n", "config.yml:3: publish.amqp: ", "a text"},
		{"no blank in a flow map", "publish: {amqp: {password:Geheim123}}", "config.yml:1: publish.amqp: ",
			"password…"},
		{"twice", amqp("password: Geheim123\n    password: Geheim123"), "config.yml:5: publish.amqp: ", "already"},
		{"in a target", "targets:\n  - type: amqp\n    password: !Geheim123\n", "config.yml:3: targets[0].password: ",
			"quotes"},
		{"as a file", amqp("password_file: !Geheim123"), "config.yml:4: publish.amqp.password_file: ", "quotes"},
		{"no variable", amqp("password_env:"), "config.yml:4: publish.amqp.password_env: ", "empty"},
		{"used elsewhere", "log: {level: *x}\npublish:\n  amqp: {password: &x Geheim123}\n", "config.yml:1: level: ",
			"quotes"},
		{"used for a size", "publish:\n  amqp: {password: &x Geheim123}\njournal: {max_size: *x}\n", "config.yml:3: ",
			"xxxxx"},
		{"used for a choice", "publish:\n  amqp: {password: &x Geheim123}\nlog: {level: *x}\n", "config.yml:3: ",
			"xxxxx"},
		{"used for a number", "publish:\n  amqp: {password: &x Geheim123, window: *x}\n", "config.yml:2: ",
			"a whole number"},
		{"addresses that are no list", amqp("urls: a://:Geheim123@h"), "config.yml:4: publish.amqp.urls: ", "a list"},
		{"a short address that is no list", amqp("urls: u:Geheim@h"), "config.yml:4: publish.amqp.urls: ", "a list"},
		{"addresses with keys", amqp("urls: [{u: Geheim123}]"), "config.yml:4: publish.amqp.urls: ", "a list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(t, c.text)
			if err == nil {
				t.Fatalf("no error for\n%s", c.text)
			}
			got := err.Error()
			if !strings.Contains(got, c.where) || !strings.Contains(got, c.says) {
				t.Errorf("%s\nwant %q, and %q", got, c.where, c.says)
			}
			if strings.Contains(got, "Ge") || strings.Contains(got, "123") {
				t.Errorf("a part of the password is shown: %s", got)
			}
		})
	}
}

func TestPasswordsThatAreTakenAsTheyAre(t *testing.T) {
	for line, want := range map[string]string{
		`password: Geheim123`:             "Geheim123",
		`password: "!Geheim123"`:          "!Geheim123",
		`password: '*Geheim123'`:          "*Geheim123",
		`password: 0123`:                  "0123",
		`password: 1e3`:                   "1e3",
		`password: yes`:                   "yes",
		`password: "null"`:                "null",
		`password: ""`:                    "",
		`password: !!str 123`:             "123",
		`password: Geheim#123`:            "Geheim#123",
		`password: Geheim!123`:            "Geheim!123",
		`password: 2026-01-01`:            "2026-01-01",
		`{password: &x Geheim, user: *x}`: "Geheim",
	} {
		l, err := parse(t, "publish:\n  amqp:\n    "+line+"\n")
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if got := string(l.Publish.AMQP.Password); got != want {
			t.Errorf("%s: read as %q", line, got)
		}
	}
}

// What the rooms find out is masked as well.
func TestAFaultOfARoomShowsNoSecret(t *testing.T) {
	l, err := parse(t, "publish:\n  amqp: {password: &x Geheim123, mechanism: *x}\n")
	if err != nil {
		t.Fatal(err)
	}
	got := l.Fault("publish.amqp.mechanism", `"Geheim123" is not one of PLAIN, EXTERNAL`).Error()
	if strings.Contains(got, "Geheim") || !strings.Contains(got, masked) {
		t.Error(got)
	}
}

func TestAnAddressShowsNoPartOfAPassword(t *testing.T) {
	for _, raw := range []string{
		"amqp://u:Ge/heim@h/v", "amqp://u:Ge#heim@h/v", "amqp://u:Ge?heim@h/v", "amqp://u:Ge%heim@h/v",
		"amqp:u:Geheim@h", "amqp://u:1/Geheim@h", "amqp://u:Ge@heim@h/v", "u:Geheim@h", "amqp://u:Ge heim@h",
	} {
		shown := Address(raw).String()
		if strings.Contains(shown, "Ge") || strings.Contains(shown, "heim") {
			t.Errorf("%s is shown as %s", raw, shown)
		}
	}
}

// secretFields returns the keys of the fields that may hold a password.
func secretFields(t reflect.Type) (keys []string) {
	for f := range t.Fields() {
		switch f.Type {
		case reflect.TypeFor[Secret](), reflect.TypeFor[[]Address]():
			keys = append(keys, keyOf(f))
			continue
		}
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys = append(keys, secretFields(inner)...)
		}
	}
	return keys
}

func TestEverySecretKeyIsKnown(t *testing.T) {
	keys := secretFields(reflect.TypeFor[Config]())
	for _, options := range targetTypes() {
		keys = append(keys, secretFields(reflect.TypeOf(options).Elem())...)
	}
	slices.Sort(keys)
	if got := slices.Compact(keys); !slices.Equal(got, slices.Sorted(slices.Values(secretKeys))) {
		t.Errorf("secret keys are %q, known are %q", got, secretKeys)
	}
}
