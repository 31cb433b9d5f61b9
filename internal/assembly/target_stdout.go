package assembly

import (
	"io"
	"log/slog"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish/stdout"
)

// stdoutTarget prints.
func stdoutTarget(config.TargetSection) Target {
	return Target{
		Where: "standard output", Routes: []outbox.Route{outbox.Bus},
		build: func(_ *slog.Logger, print io.Writer) (pipeline.Publisher, error) { return stdout.New(print), nil },
	}
}
