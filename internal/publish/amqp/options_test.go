package amqp

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
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
		{"amqps://host/canopsis", address{tls: true, host: "host", port: 5671, vhost: "canopsis"}, "amqps://host:5671/canopsis"},
		{"amqp://u:p%40%2F%23@[::1]:1234/a%2Fb", address{host: "::1", port: 1234, vhost: "a/b", user: "u", password: "p@/#"}, "amqp://u@[::1]:1234/a%2Fb"},
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
		_, err := New(Options{URLs: []string{"amqp://good", raw}})
		if err == nil {
			t.Errorf("%q is taken", raw)
			continue
		}
		if strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "URL 2: not of the form") {
			t.Errorf("%q returns %v", raw, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("secret", "host", "vhost")
	f.Add("p@ss/w%rd:?#", "::1", "/")
	f.Fuzz(func(t *testing.T, password, host, vhost string) {
		u := url.URL{Scheme: "amqp", User: url.UserPassword("user", password), Host: host, Path: "/" + url.PathEscape(vhost)}
		for _, raw := range []string{password, "amqp://user:" + password + "@" + host + "/" + vhost, u.String()} {
			a, err := parseAddress(raw)
			if err != nil {
				if !errors.Is(err, errURL) {
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

func TestNewShowsAllFaults(t *testing.T) {
	_, err := New(Options{
		URLs:           []string{"amqp://host", "nonsense"},
		External:       true,
		User:           "u",
		Password:       publish.SecretText("guess1"),
		TLS:            TLS{CAFile: "ca", CertFile: ""},
		Exchange:       strings.Repeat("x", 256),
		AppID:          strings.Repeat("x", 256),
		Window:         -1,
		WindowBytes:    -1,
		MaxMessage:     -1,
		Heartbeat:      1500 * time.Millisecond,
		ConnectTimeout: -1,
		RetryMin:       time.Minute,
	})
	want := `AMQP publisher: URL 2: ` + errURL.Error() + `
a CA, a certificate or a server name needs amqps URLs
SASL EXTERNAL needs a client certificate
SASL EXTERNAL takes the user from the certificate: no user and password
the exchange's name is longer than 255 bytes
the app id is longer than 255 bytes
the window is -1 messages, not 1 to 1000
the window is -1 bytes
the largest message is -1 bytes
the heartbeat is 1.5s, not whole seconds
a timeout is negative
pauses from 1m0s to 30s`
	if err == nil {
		t.Fatal("all of it is taken")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := New(Options{}); err == nil || !strings.Contains(err.Error(), "no URL") {
		t.Errorf("no URL returns %v", err)
	}
}
