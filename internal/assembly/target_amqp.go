package assembly

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish/amqp"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tlsfiles"
)

// amqpTarget sends to RabbitMQ.
func amqpTarget(section config.TargetSection) Target {
	a := section.Options.(*config.AMQP)
	return Target{
		Where: fmt.Sprintf("exchange %s at %v", a.Exchange, a.URLs), Routes: []outbox.Route{outbox.Bus},
		build: func(log *slog.Logger, _ io.Writer) (pipeline.Publisher, error) { return amqp.New(amqpOptions(a, log)) },
	}
}

func amqpOptions(a *config.AMQP, log *slog.Logger) amqp.Options {
	o := amqp.DefaultOptions()
	o.User, o.Password, o.Mechanism = a.User, publish.SecretText(string(a.Password)), a.Mechanism
	o.PasswordFile, o.PasswordEnv, o.PasswordCredential = a.PasswordFile, a.PasswordEnv, a.Credential
	o.TLS = tlsfiles.Settings(a.TLS)
	o.Exchange, o.DeclareExchange, o.Window = a.Exchange, a.DeclareExchange, a.Window
	o.Heartbeat, o.WriteTimeout, o.ConfirmTimeout = a.Heartbeat, a.WriteTimeout, a.ConfirmTimeout
	o.RetryMax, o.Log = a.ReconnectMax, log
	for _, url := range a.URLs {
		o.URLs = append(o.URLs, string(url))
	}
	return o
}
