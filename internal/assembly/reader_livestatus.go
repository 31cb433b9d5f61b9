package assembly

import (
	"context"
	"log/slog"
	"os"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tlsfiles"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/objects"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/sources"
)

// chooseLivestatus chooses the readers of a Livestatus socket: of the present state,
// and of the log if no other reader shows it.
func chooseLivestatus(s *selection) []Choice {
	r := s.readers.Livestatus
	switch {
	case r.Enabled == config.Off:
		return nil
	case r.Address == "":
		if r.Enabled == config.On {
			s.fault("readers.livestatus.address",
				"must be set: unix:/path/to/socket, tcp://host:port or tls://host:port")
		}
		return nil
	}
	s.checkSocket(r.Address)
	s.livestatus = s.livestatusOptions()
	choices := []Choice{{
		Name: sources.Name, Path: r.Address,
		Note: "the last result and the conditions of every object; resync: " + s.readers.Status.Resync,
		build: s.livestatusFeed(timeline.Snapshot, func(o sources.Options) (supervision.Source, error) {
			return sources.New(o)
		}),
	}}
	if r.Log == config.Off || r.Log == config.Auto && (s.has(logName) || s.module.owns) {
		return choices
	}
	return append(choices, Choice{
		Name: sources.LogName, Path: r.Address,
		Note: "state changes, acknowledgements, downtimes, comments, flapping, from the table log",
		build: s.livestatusFeed(timeline.Changes, func(o sources.Options) (supervision.Source, error) {
			return sources.NewLog(o)
		}),
	})
}

// livestatusFeed makes the feed of one of the two sources.
func (s *selection) livestatusFeed(
	view timeline.View, make func(sources.Options) (supervision.Source, error),
) buildFeed {
	r, server := s.readers.Livestatus, s.livestatus
	return func(log *slog.Logger) (pipeline.Feed, error) {
		source, err := make(sources.Options{Server: server, Poll: r.Poll, Scan: r.Scan, Logger: log})
		if err != nil {
			return pipeline.Feed{}, option.Within("readers.livestatus", err)
		}
		return pipeline.Feed{
			Source: source, Reader: timeline.Reader{View: view, HasState: true, HasOutput: true},
		}, nil
	}
}

// livestatusOptions are those of every connection to the site's Livestatus server.
func (s *selection) livestatusOptions() livestatus.Options {
	r := s.readers.Livestatus
	return livestatus.Options{
		Address: r.Address, Site: s.Name, Backend: r.Backend, TLS: tlsfiles.Settings(r.TLS),
	}
}

// inventoryOfLivestatus makes what knows the hosts and services from the Livestatus
// server, and the worker that keeps it up to date; it knows nothing if there is none.
func (s *Site) inventoryOfLivestatus(ctx context.Context, log *slog.Logger) (supervision.Inventory, *pipeline.Worker) {
	if s.livestatus.Address == "" {
		return noObjects{}, nil
	}
	log = log.With("reader", livestatusObjects)
	watcher, err := objects.New(s.livestatus, log)
	if err != nil {
		return noObjects{}, nil // the reader of the same address reports it
	}
	if err := watcher.Load(ctx); err != nil {
		log.Warn("the objects can't be read yet: events go out without groups, addresses and custom variables until "+
			"they can", "err", err)
	}
	return watcher, &pipeline.Worker{Kind: "reader", Name: livestatusObjects, Run: watcher.Run}
}

// livestatusNeeds returns what a connection to the Livestatus server needs.
func (s *Site) livestatusNeeds() (needs []Need) {
	if socket := livestatus.SocketPath(s.livestatus.Address); socket != "" {
		needs = append(needs, Need{
			What: "the Livestatus socket", Path: socket, Rights: access.Read | access.Write, MayLack: true,
			Without: "the supervisor can't be asked",
		})
	}
	return needs
}

// Try reads what the site reads at each connection to its Livestatus server, and
// connects to nothing. Troubles keep it from asking.
func (s *Site) Try() (troubles []error) {
	for _, err := range s.livestatus.TLS.Try() {
		if fault, ok := option.Of(withRemedy(err)); ok {
			troubles = append(troubles, s.config.Fault("readers.livestatus."+fault.Name, fault.Err.Error()))
		}
	}
	return troubles
}

// livestatusObjects is the name of what reads the objects.
const livestatusObjects = "livestatus-objects"

// checkSocket notes what is wrong with the socket of an address, as far as it can be
// seen without connecting.
func (s *selection) checkSocket(address string) {
	path := livestatus.SocketPath(address)
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		s.notice("readers.livestatus.address: %s is not there yet (it appears when the supervisor runs)", path)
	case err != nil:
		s.Troubles = append(s.Troubles, s.config.Fault("readers.livestatus.address", err.Error()))
	case info.Mode().Type() != os.ModeSocket:
		s.Troubles = append(s.Troubles, s.config.Fault("readers.livestatus.address", path+" is no socket"))
	}
}
