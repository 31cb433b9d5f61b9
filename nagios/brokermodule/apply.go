package brokermodule

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

// Apply makes the change. The new file is written beside the old one, and
// verify is called with its path. If verify accepts it, it replaces the old one in
// one step. backup is the path at which the old one is kept. After an error
// everything is as it was.
func (e *Edit) Apply(
	ctx context.Context, verify func(ctx context.Context, path string) error, now time.Time,
) (backup string, err error) {
	info, err := os.Stat(e.target)
	if err != nil {
		return "", fmt.Errorf("examining the main configuration: %w", err)
	}
	staged, err := e.stage(filepath.Dir(e.target), info)
	if err != nil {
		return "", err
	}
	defer os.Remove(staged) // fails once it is in place
	trial := staged
	// Relative paths begin where the supervisor finds its configuration, which
	// for a link is elsewhere.
	if filepath.Dir(e.path) != filepath.Dir(e.target) {
		if trial, err = e.stage(filepath.Dir(e.path), info); err != nil {
			return "", err
		}
		defer os.Remove(trial)
	}
	if err := e.check(ctx, trial, verify); err != nil {
		return "", err
	}
	if text, err := os.ReadFile(e.target); err != nil || string(text) != strings.Join(e.lines, "") {
		return "", errors.Join(
			fmt.Errorf("%s was changed by somebody else in the meantime: repeat this", e.target), err)
	}
	if backup, err = e.backUp(info, now); err != nil {
		return "", err
	}
	if err := os.Rename(staged, e.target); err != nil {
		return "", errors.Join(fmt.Errorf("putting the new configuration in place: %w", err), os.Remove(backup))
	}
	return backup, nil
}

// check lets our own reader check the new text first, then the supervisor.
func (e *Edit) check(ctx context.Context, trial string, verify func(context.Context, string) error) error {
	cfg, err := nagios.Read(trial)
	if err != nil {
		return fmt.Errorf("reading the new configuration: %w", err)
	}
	err = e.achieves(cfg)
	if err == nil {
		err = verify(ctx, trial)
	}
	if err != nil {
		// The trial file is about to be removed: its name would mislead.
		return errors.New(strings.ReplaceAll(err.Error(), trial, e.path))
	}
	return nil
}

// stage writes the new text to a file that no core reads as configuration: its
// name begins with a dot, and doesn't end in .cfg.
func (e *Edit) stage(dir string, like fs.FileInfo) (string, error) {
	f, err := os.CreateTemp(dir, "."+filepath.Base(e.target)+".nagios2canopsis-*.new")
	if err != nil {
		return "", fmt.Errorf("writing the new configuration: %w%s", err, hint(err))
	}
	if err := fill(f, apply(e.lines, e.changes), like, e.target); err != nil {
		return "", errors.Join(fmt.Errorf("writing the new configuration: %w%s", err, hint(err)), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// backUp writes the old text to a new file beside the old one.
func (e *Edit) backUp(like fs.FileInfo, now time.Time) (string, error) {
	path := e.target + ".nagios2canopsis-" + now.Format("20060102-150405")
	f, err := createNew(path)
	for n := 2; errors.Is(err, fs.ErrExist) && n < 100; n++ {
		f, err = createNew(path + "-" + strconv.Itoa(n))
	}
	if err != nil {
		return "", fmt.Errorf("keeping a backup: %w", err)
	}
	if err := fill(f, strings.Join(e.lines, ""), like, e.target); err != nil {
		return "", errors.Join(fmt.Errorf("keeping a backup: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func createNew(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// fill writes a text to a file, copies the attributes of another file to it, and
// syncs it to disk.
func fill(f *os.File, text string, like fs.FileInfo, likePath string) error {
	_, err := f.WriteString(text)
	if err == nil {
		err = copyAttributes(f, like, likePath)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func hint(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return " (repeat this as root)"
	}
	return ""
}
