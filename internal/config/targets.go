package config

import (
	"time"

	"gopkg.in/yaml.v3"
)

// Publish is the short form of the targets: one of each type.
type Publish struct {
	AMQP   AMQP   `yaml:"amqp" doc:"RabbitMQ."`
	Stdout Stdout `yaml:"stdout" doc:"Standard output, a line of JSON an event."`
}

// Target is a place to which events are sent.
type Target struct {
	Name string `yaml:"name" doc:"The target's name, the key of how far it has sent: keep it. Under another name it begins with the oldest event that is stored. Empty: its type."`
	Type string `yaml:"type" doc:"The type of the target. The further keys are those of the type: see publish.amqp, publish.stdout."`
	// Options is the section of the type: *AMQP or *Stdout.
	Options any `yaml:"-"`
}

// targetTypes returns an empty section of each type, with its defaults.
func targetTypes() map[string]any {
	amqp, stdout := defaultAMQP(), Stdout{Enabled: true}
	return map[string]any{"amqp": &amqp, "stdout": &stdout}
}

// MarshalYAML writes the name, the type and the keys of the type as one map.
func (t Target) MarshalYAML() (any, error) {
	type head Target // without this method
	var out, options yaml.Node
	if err := out.Encode(head(t)); err != nil {
		return nil, err
	}
	if err := options.Encode(t.Options); err != nil {
		return nil, err
	}
	out.Content = append(out.Content, options.Content...)
	return &out, nil
}

// Stdout prints events.
type Stdout struct {
	Enabled bool `yaml:"enabled" doc:"Whether events are printed."`
}

func (s *Stdout) enabled() bool { return s.Enabled }

// AMQP is a target of type amqp. Its values are checked by internal/publish/amqp.
type AMQP struct {
	Enabled         bool          `yaml:"enabled" doc:"Whether events are sent to RabbitMQ."`
	URLs            []Address     `yaml:"urls" doc:"amqp:// or amqps:// addresses, tried in turn. The path is the virtual host ('/canopsis'; '/%2F' is the default one of RabbitMQ)."`
	User            string        `yaml:"user" doc:"The user, instead of the one in the URLs."`
	Password        Secret        `yaml:"password" doc:"The password, instead of the one in the URLs. Better give it by one of the following."`
	PasswordFile    string        `yaml:"password_file" doc:"A file with the password, read again at each connection."`
	PasswordEnv     string        `yaml:"password_env" doc:"The environment variable with the password."`
	Credential      string        `yaml:"password_credential" doc:"The name of a systemd credential with the password (LoadCredential=)."`
	Exchange        string        `yaml:"exchange" doc:"The topic exchange."`
	DeclareExchange bool          `yaml:"declare_exchange" doc:"Whether to create the exchange if it is missing; normally Canopsis does."`
	Mechanism       string        `yaml:"mechanism" doc:"How to log in: PLAIN, or EXTERNAL for the name in the client certificate."`
	Window          int           `yaml:"window" doc:"How many messages may be unconfirmed, at most 1000. After a crash as many may be sent twice."`
	Heartbeat       time.Duration `yaml:"heartbeat" doc:"The heartbeat; a silent broker is given up after one and a half."`
	WriteTimeout    time.Duration `yaml:"write_timeout" doc:"How long a write may take before the connection is given up."`
	ReconnectMax    time.Duration `yaml:"reconnect_max" doc:"The longest pause between two attempts to connect."`
	TLS             TLS           `yaml:"tls" doc:"For amqps."`
}

func (a *AMQP) enabled() bool { return a.Enabled }

// TLS is the configuration of amqps.
type TLS struct {
	CAFile     string `yaml:"ca_file" doc:"The certificates that sign the broker's; empty: those of the system."`
	CertFile   string `yaml:"cert_file" doc:"The client's certificate."`
	KeyFile    string `yaml:"key_file" doc:"The client's key."`
	ServerName string `yaml:"server_name" doc:"The name in the broker's certificate, if it is not that of the URL."`
}

// defaultAMQP is a target of type amqp that says nothing more.
func defaultAMQP() AMQP {
	return AMQP{
		Enabled: true, URLs: []Address{"amqp://cpsrabbit:canopsis@localhost:5672/canopsis"},
		Exchange: "canopsis.events", Mechanism: "PLAIN", Window: 500,
		Heartbeat: 10 * time.Second, WriteTimeout: 10 * time.Second, ReconnectMax: 30 * time.Second,
	}
}
