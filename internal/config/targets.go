package config

import (
	"time"

	"gopkg.in/yaml.v3"
)

// Publish is the short form of the targets: one of each type.
type Publish struct {
	AMQP   AMQP   `yaml:"amqp"`
	Stdout Stdout `yaml:"stdout"`
}

func (Publish) docs() docs {
	return docs{
		"amqp":   "RabbitMQ.",
		"stdout": "Standard output, a line of JSON an event.",
	}
}

// Target is a place to which events are sent.
type Target struct {
	Name string `yaml:"name"`
	Type string `yaml:"type"`
	// Options is the section of the type: *AMQP or *Stdout.
	Options any `yaml:"-"`
}

func (Target) docs() docs {
	return docs{
		"name": "The target's name, the key of how far it has sent: keep it. Under another name it begins with the " +
			"oldest event that is stored. Empty: its type.",
		"type": "The type of the target. The further keys are those of the type: see publish.amqp, publish.stdout.",
	}
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
	Enabled bool `yaml:"enabled"`
}

func (Stdout) docs() docs {
	return docs{
		"enabled": "Whether events are printed.",
	}
}

func (s *Stdout) enabled() bool { return s.Enabled }

// AMQP is a target of type amqp. Its values are checked by internal/publish/amqp.
type AMQP struct {
	Enabled         bool          `yaml:"enabled"`
	URLs            []Address     `yaml:"urls"`
	User            string        `yaml:"user"`
	Password        Secret        `yaml:"password"`
	PasswordFile    string        `yaml:"password_file"`
	PasswordEnv     string        `yaml:"password_env"`
	Credential      string        `yaml:"password_credential"`
	Exchange        string        `yaml:"exchange"`
	DeclareExchange bool          `yaml:"declare_exchange"`
	Mechanism       string        `yaml:"mechanism"`
	Window          int           `yaml:"window"`
	Heartbeat       time.Duration `yaml:"heartbeat"`
	WriteTimeout    time.Duration `yaml:"write_timeout"`
	ConfirmTimeout  time.Duration `yaml:"confirm_timeout"`
	ReconnectMax    time.Duration `yaml:"reconnect_max"`
	TLS             TLS           `yaml:"tls"`
}

func (AMQP) docs() docs {
	return docs{
		"enabled": "Whether events are sent to RabbitMQ.",
		"urls": "amqp:// or amqps:// addresses, tried in turn. The path is the virtual host " +
			"('/canopsis'; '/%2F' is the default one of RabbitMQ).",
		"user":                "The user, instead of the one in the URLs.",
		"password":            "The password, instead of the one in the URLs. Better give it by one of the following.",
		"password_file":       "A file with the password, read again at each connection.",
		"password_env":        "The environment variable with the password.",
		"password_credential": "The name of a systemd credential with the password (LoadCredential=).",
		"exchange":            "The topic exchange.",
		"declare_exchange":    "Whether to create the exchange if it is missing; normally Canopsis does.",
		"mechanism":           "How to log in: PLAIN, or EXTERNAL for the name in the client certificate.",
		"window": "How many messages may be unconfirmed, at most 1000. After a crash as many may be " +
			"sent twice.",
		"heartbeat":     "The heartbeat; a silent broker is given up after one and a half.",
		"write_timeout": "How long a write may take before the connection is given up.",
		"confirm_timeout": "How long RabbitMQ may leave a message unconfirmed until a new connection is tried, which " +
			"sends it again. Doubles up to 15 minutes while no confirmation comes; does not count while RabbitMQ has " +
			"blocked publishing (memory or disk alarm).",
		"reconnect_max": "The longest pause between two attempts to connect.",
		"tls":           "For amqps.",
	}
}

func (a *AMQP) enabled() bool { return a.Enabled }

// TLS is the configuration of a connection that is encrypted.
type TLS struct {
	CAFile     string `yaml:"ca_file"`
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
	ServerName string `yaml:"server_name"`
}

func (TLS) docs() docs {
	return docs{
		"ca_file":     "The certificates that sign the server's; empty: those of the system.",
		"cert_file":   "The client's certificate.",
		"key_file":    "The client's key.",
		"server_name": "The name in the server's certificate, if it is not that of the address.",
	}
}

// defaultAMQP is a target of type amqp that says nothing more.
func defaultAMQP() AMQP {
	return AMQP{
		Enabled: true, URLs: []Address{"amqp://cpsrabbit:canopsis@localhost:5672/canopsis"},
		Exchange: "canopsis.events", Mechanism: "PLAIN", Window: 500,
		Heartbeat: 10 * time.Second, WriteTimeout: 10 * time.Second, ConfirmTimeout: time.Minute,
		ReconnectMax: 30 * time.Second,
	}
}
