package amqp

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tlsfiles"
)

func TestParseAddress(t *testing.T) {
	for _, test := range []struct {
		url  string
		want address
		mask string
	}{
		{"amqp://host", address{host: "host", port: 5672, vhost: "/"}, "amqp://host:5672/"},
		{"amqp://host/", address{host: "host", port: 5672, vhost: "/"}, "amqp://host:5672/"},
		{"amqp://host/%2f", address{host: "host", port: 5672, vhost: "/"}, "amqp://host:5672/"},
		{"amqp://host//", address{host: "host", port: 5672, vhost: "/"}, "amqp://host:5672/"},
		{
			"amqps://host/canopsis", address{tls: true, host: "host", port: 5671, vhost: "canopsis"},
			"amqps://host:5671/canopsis",
		},
		{
			"amqp://u:p%40%2F%23@[::1]:1234/a%2Fb",
			address{host: "::1", port: 1234, vhost: "a/b", user: "u", password: "p@/#"}, "amqp://u@[::1]:1234/a%2Fb",
		},
		{"amqp://u@host", address{host: "host", port: 5672, vhost: "/", user: "u"}, "amqp://u@host:5672/"},
	} {
		got, err := parseAddress(test.url)
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(address{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", test.url, err, diff)
		}
		if got.String() != test.mask {
			t.Errorf("%s is shown as %s, want %s", test.url, got, test.mask)
		}
	}
}

// TestBadURLsKeepTheirSecret has passwords that nobody encoded in all the
// places where they break a URL.
func TestBadURLsKeepTheirSecret(t *testing.T) {
	const secret = "4711"
	for _, raw := range []string{
		"", "rabbit:5672", "http://host", "amqp:host", "amqp://", "amqp:///vhost", "amqp://host:0", "amqp://host:99999",
		"amqp://u:" + secret + "/x@host/v",
		"amqp://u:" + secret + "?x@host/v",
		"amqp://u:" + secret + "#x@host/v",
		"amqp://u:x/" + secret + "@host/v",
		"amqp://u:x?" + secret + "@host/v",
		"amqp://u:x#" + secret + "@host/v",
		"amqp://u:x" + secret + "%zz@host/v",
		"amqp://u:x " + secret + "@host/v",
		"amqp://u:x" + secret + "\x7f@host/v",
		"amqp://u:[" + secret + "@host/v",
		"u:" + secret + "@host/v",
		"amqp://host/?password=" + secret,
		"amqp://host/v%" + secret + "x%",
	} {
		options := DefaultOptions()
		options.URLs = []string{"amqp://good", raw}
		_, err := New(options)
		if err == nil {
			t.Errorf("%q is taken", raw)
			continue
		}
		fault, _ := option.Of(err)
		if strings.Contains(err.Error(), secret) || fault == nil || fault.Name != "urls[1]" {
			t.Errorf("%q: %v", raw, err)
		}
		if text := fault.Err.Error(); text != errURL.Error() && text != "names no host" &&
			text != `its scheme "http" is not amqp or amqps` {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("secret", "host", "vhost")
	f.Add("p@ss/w%rd:?#", "::1", "/")
	f.Fuzz(func(t *testing.T, password, host, vhost string) {
		u := url.URL{
			Scheme: "amqp", User: url.UserPassword("user", password), Host: host, Path: "/" + url.PathEscape(vhost),
		}
		for _, raw := range []string{password, "amqp://user:" + password + "@" + host + "/" + vhost, u.String()} {
			a, err := parseAddress(raw)
			if err != nil {
				scheme, _, _ := strings.Cut(raw, "://")
				if text := err.Error(); !errors.Is(err, errURL) && text != "names no host" &&
					text != fmt.Sprintf("its scheme %q is not amqp or amqps", strings.ToLower(scheme)) {
					t.Errorf("%q: an error of its own: %v", raw, err)
				}
				continue
			}
			for _, shown := range []string{a.String(), fmt.Sprintf("%v %+v %#v %s %q", a, a, a, a, a)} {
				if a.password != "" && strings.Contains(strings.ReplaceAll(shown, a.host, ""), "user:") {
					t.Errorf("%q is shown as %s", raw, shown)
				}
			}
			again, err := parseAddress(a.String())
			again.password = a.password
			if err != nil || again != a {
				t.Errorf("%q is shown as %s, which reads as %s, %v", raw, a, again, err)
			}
		}
	})
}

func TestNewReturnsAllFaults(t *testing.T) {
	options := Options{
		URLs:           []string{"amqp://host", "nonsense", "https://host", "amqp://:5672"},
		Mechanism:      External,
		User:           "u",
		Password:       publish.SecretText("guess1"),
		PasswordFile:   "relative",
		PasswordEnv:    "VARIABLE",
		TLS:            tlsfiles.Settings{CAFile: "ca", KeyFile: "key"},
		Exchange:       strings.Repeat("x", 256),
		AppID:          strings.Repeat("x", 256),
		Window:         1001,
		WindowBytes:    -1,
		MaxMessage:     -1,
		Heartbeat:      1500 * time.Millisecond,
		ConnectTimeout: -1,
		RetryMin:       time.Minute,
		RetryMax:       time.Second,
	}
	_, err := New(options)
	want := `urls[1]: ` + errURL.Error() + `
urls[2]: its scheme "https" is not amqp or amqps
urls[3]: names no host
password_file: only one of password_file, password_env and password_credential can be given
password_file: is not an absolute path (it is the path of a file, not the password)
mechanism: EXTERNAL takes the user from the client certificate: leave user and password out
tls.cert_file: cert_file and key_file belong together
tls.ca_file: is for amqps, but a URL is amqp
exchange: must have 1 to 255 bytes
app_id: must have at most 255 bytes
window: 1001 is not between 1 and 1000
window_bytes: -1 is not above zero
max_message: -1 is not above zero
heartbeat: 1.5s is not a whole number of seconds
connect_timeout: -1ns is not a duration above zero
write_timeout: 0s is not a duration above zero
confirm_timeout: 0s is not a duration above zero
grace: 0s is not a duration above zero
reconnect_max: 1s is less than the shortest pause, 1m0s`
	if err == nil {
		t.Fatal("all of it is taken")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, e := range option.Split(err) {
		if _, ok := option.Of(e); !ok {
			t.Errorf("not a fault of an option: %v", e)
		}
	}
}

func TestNewReturnsTheFaultsOfNothing(t *testing.T) {
	_, err := New(Options{})
	want := `urls: is empty: at least one broker is needed
mechanism: "" is not one of PLAIN, EXTERNAL
exchange: must have 1 to 255 bytes
window: 0 is not between 1 and 1000
window_bytes: 0 is not above zero
max_message: 0 is not above zero
heartbeat: 0s is not a duration above zero
connect_timeout: 0s is not a duration above zero
write_timeout: 0s is not a duration above zero
confirm_timeout: 0s is not a duration above zero
grace: 0s is not a duration above zero
reconnect_min: 0s is not a duration above zero
reconnect_max: 0s is not a duration above zero`
	if err == nil {
		t.Fatal("all of it is taken")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	options := DefaultOptions()
	options.URLs, options.Mechanism = []string{"amqps://host"}, External
	if _, err := New(options); err == nil || err.Error() != "mechanism: EXTERNAL needs tls.cert_file and tls.key_file" {
		t.Errorf("EXTERNAL without a certificate: %v", err)
	}
	options.TLS = tlsfiles.Settings{CertFile: "cert", KeyFile: "key"}
	if _, err := New(options); err != nil {
		t.Error(err)
	}
}

func TestThePlaceOfThePasswordReplacesIt(t *testing.T) {
	for _, test := range []struct {
		change func(*Options)
		want   publish.Secret
	}{
		{func(*Options) {}, publish.SecretText("x")},
		{func(o *Options) { o.PasswordFile = "/a" }, publish.SecretFile("/a")},
		{func(o *Options) { o.PasswordEnv = "A" }, publish.SecretEnv("A")},
		{func(o *Options) { o.PasswordCredential = "a" }, publish.SecretCredential("a")},
	} {
		options := DefaultOptions()
		options.URLs, options.Password = []string{"amqp://host"}, publish.SecretText("x")
		test.change(&options)
		p, err := New(options)
		if err != nil || p.options.Password.String() != test.want.String() {
			t.Errorf("%v, want %v: %v", p.options.Password, test.want, err)
		}
	}
}
