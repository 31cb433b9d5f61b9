package amqp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tlsfiles"
)

type files = tlsfiles.Settings

// withoutLogin is a broker's plain URL without user and password.
func withoutLogin(broker *testbroker.Broker) string {
	return "amqp://" + broker.Addr() + "/" + testbroker.VHost
}

func TestLoginRefusedThenPasswordFixed(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, name := topology(t, broker)
	file := filepath.Join(t.TempDir(), "password")
	must(t, os.WriteFile(file, []byte("guess1\n"), 0o600))
	options := quick(broker.URL(), exchange)
	options.URLs = []string{withoutLogin(broker)}
	options.ConnectTimeout = refusalTimeout
	options.User, options.Password = testbroker.User, publish.SecretFile(file)
	q := newMemoryQueue()
	q.fill(100)
	r := run(t, options, q)
	r.awaitLog(t, string(classLogin))
	must(t, os.Remove(file))
	r.awaitLog(t, string(classCredentials))
	must(t, os.WriteFile(file, []byte(testbroker.Password+"\n"), 0o600))
	q.awaitEmpty(t)
	q.checkDelivered(t, broker.Drain(t, name), 0)
	if n := strings.Count(r.log.String(), string(classLogin)); n != 1 {
		t.Errorf("the refusal is logged %d times, want once", n)
	}
}

// refusalTimeout is enough for RabbitMQ to refuse a login: it waits for three
// seconds before it closes the socket.
const refusalTimeout = 5 * time.Second

// TestRefusals looks at the words for faults that stay until somebody acts.
func TestRefusals(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	exchange, _ := topology(t, broker)
	certificates := broker.Certificates()
	_, tlsPort, _ := strings.Cut(broker.TLSURL(), "localhost")
	trusted := files{CAFile: certificates.CA, CertFile: certificates.ClientCert, KeyFile: certificates.ClientKey}
	change := func(change func(*files)) files { t := trusted; change(&t); return t }

	for _, test := range []struct {
		name    string
		url     string
		options Options
		want    class
	}{
		{"password in the URL", "amqp://cpsrabbit:guess1@" + broker.Addr() + "/canopsis", Options{}, classLogin},
		{"default user", withoutLogin(broker), Options{}, classLogin},
		{
			"missing variable", withoutLogin(broker), Options{Password: publish.SecretEnv("NO_SUCH_VARIABLE")},
			classCredentials,
		},
		{"unknown vhost", strings.Replace(broker.URL(), "/canopsis", "/nowhere", 1), Options{}, classVHost},
		{"vhost without permissions", strings.Replace(broker.URL(), "/canopsis", "/%2f", 1), Options{}, classVHost},
		{
			"other authority", broker.TLSURL(),
			Options{TLS: change(func(t *files) { t.CAFile = certificates.OtherCA })}, classCertificate,
		},
		{
			"system's authorities", broker.TLSURL(), Options{TLS: change(func(t *files) { t.CAFile = "" })},
			classCertificate,
		},
		{
			"other server name", broker.TLSURL(),
			Options{TLS: change(func(t *files) { t.ServerName = "rabbit.example" })}, classCertificate,
		},
		{"address not in the certificate", "amqps://127.0.0.1" + tlsPort, Options{TLS: trusted}, classCertificate},
		{"no client certificate", broker.TLSURL(), Options{TLS: files{CAFile: certificates.CA}}, classTLS},
		{"TLS to the plain port", "amqps://" + broker.Addr(), Options{TLS: trusted}, classTLS},
		{"plain to the TLS port", "amqp://localhost" + tlsPort, Options{}, classTLSPort},
		{"missing CA file", broker.TLSURL(), Options{TLS: files{CAFile: "/nonexistent/ca.pem"}}, classCredentials},
		{"CA file without PEM", broker.TLSURL(), Options{TLS: files{CAFile: certificates.ClientKey}}, classCredentials},
		{"key and certificate swapped", broker.TLSURL(),
			Options{TLS: files{
				CAFile: certificates.CA, CertFile: certificates.ClientKey, KeyFile: certificates.ClientCert,
			}}, classCredentials},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			options := quick(broker.URL(), exchange)
			options.URLs = []string{test.url}
			options.ConnectTimeout = refusalTimeout
			options.User, options.Password, options.TLS = test.options.User, test.options.Password, test.options.TLS
			r := run(t, options, newMemoryQueue())
			await(t, "the fault", func() bool { return r.State().LastError != "" })
			if got := r.State().LastError; !strings.HasPrefix(got, string(test.want)) {
				t.Errorf("the last error is %q, want %q", got, test.want)
			}
			r.awaitLog(t, string(test.want))
			r.stop(t)
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	certificates := broker.Certificates()
	trusted := files{CAFile: certificates.CA, CertFile: certificates.ClientCert, KeyFile: certificates.ClientKey}
	_, port, _ := strings.Cut(broker.TLSURL(), "localhost")
	for _, test := range []struct {
		name   string
		change func(*Options)
	}{
		{"external", func(o *Options) { o.Mechanism = External }},
		{
			"plain login", func(o *Options) {
				o.User, o.Password = testbroker.User, publish.SecretText(testbroker.Password)
			},
		},
		{"server name", func(o *Options) {
			o.Mechanism, o.TLS.ServerName = External, "localhost"
			o.URLs = []string{"amqps://127.0.0.1" + port}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			exchange, name := topology(t, broker)
			options := quick(broker.URL(), exchange)
			options.URLs, options.TLS = []string{broker.TLSURL()}, trusted
			test.change(&options)
			q := newMemoryQueue()
			q.fill(2000)
			run(t, options, q)
			q.awaitEmpty(t)
			q.checkDelivered(t, broker.Drain(t, name), 0)
		})
	}
}
