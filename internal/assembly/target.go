package assembly

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"reflect"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/pipeline"
)

// Target is a place to which events are sent.
type Target struct {
	Name   string // the key of its cursor in the journal
	Type   string
	Where  string // for people; never with a password
	Routes []outbox.Route

	config config.TargetSection
	build  func(log *slog.Logger, print io.Writer) (pipeline.Publisher, error)
}

// targetKind makes a target of its type from its section.
type targetKind func(config.TargetSection) Target

// targetKinds are the types of targets, by their names in the configuration.
func targetKinds() map[string]targetKind {
	return map[string]targetKind{"amqp": amqpTarget, "stdout": stdoutTarget}
}

// newTarget makes the target of a section, and lets its room check the options.
func newTarget(section config.TargetSection) (Target, []error) {
	t := targetKinds()[section.Type](section)
	t.Name, t.Type, t.config = section.Name, section.Type, section
	_, err := t.Build(slog.New(slog.DiscardHandler), io.Discard)
	var faults []error
	for _, e := range option.Split(err) {
		faults = append(faults, t.fault(e))
	}
	return t, faults
}

// fault names a fault that the target's room found by its key in the
// configuration file.
func (t *Target) fault(err error) error {
	if fault, ok := option.Of(err); ok {
		return t.config.Fault(fault.Name, fault.Err.Error())
	}
	return t.config.Fault("", err.Error())
}

// Try reads what the target reads at each connection, such as a file with its
// password, and connects to nothing. troubles keep it from sending. doubts may be
// troubles of this process's environment alone.
func (t *Target) Try() (troubles, doubts []error) {
	publisher, err := t.Build(slog.New(slog.DiscardHandler), io.Discard)
	if err != nil {
		return []error{t.fault(err)}, nil
	}
	tries, ok := publisher.(interface{ Try() []error })
	if !ok {
		return nil, nil
	}
	for _, err := range tries.Try() {
		err = withRemedy(err)
		if fault, ok := option.Of(err); ok && (fault.Name == "password_env" || fault.Name == "password_credential") {
			doubts = append(doubts, t.fault(err))
			continue
		}
		troubles = append(troubles, t.fault(err))
	}
	return troubles, doubts
}

// withRemedy adds to a fault about a file that may not be read what helps.
func withRemedy(err error) error {
	var denied *fs.PathError
	fault, ok := option.Of(err)
	if !ok || !errors.As(err, &denied) || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return option.Faultf(fault.Name, "%s: %w", denied.Path,
		access.Explain(denied.Path, denied, access.Read, letGroupRead))
}

// letGroupRead helps with a file that holds a secret: the group of the user that
// needs it is the only one that reads it.
func letGroupRead(path string, of access.Owner) string {
	group := of.Reader.Groups[0]
	return fmt.Sprintf("let group %s read it (chgrp %s %s; chmod 640 %s)", group, group, path, path)
}

// Build makes what sends. print is where a target of type stdout writes.
func (t *Target) Build(log *slog.Logger, print io.Writer) (pipeline.Publisher, error) {
	return t.build(log.With("target", t.Name), print)
}

// Same reports whether another plan of the target would run as this one does.
func (t *Target) Same(o *Target) bool {
	return t.Name == o.Name && reflect.DeepEqual(t.config.Target, o.config.Target)
}
