package assembly

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/nagios"
)

func TestALogThatCannotBeReadIsOneTrouble(t *testing.T) {
	const missing = "; until it can be read, changes of state, acknowledgements, comments, downtimes and flapping " +
		"are not seen at once; the status file shows those that last until it is written, up to 60 s later"
	for name, c := range map[string]struct{ yaml, begin string }{
		"the supervisor's": {
			"", "log_file={DIR}/nagios.log (from {DIR}/nagios.cfg:1): too many levels of symbolic links ",
		},
		"our own": {"readers: {log: {path: {DIR}}}", "c.yml:2: readers.log.path: {DIR}: not a regular file "},
	} {
		t.Run(name, func(t *testing.T) {
			dir, mainConfig := site(t)
			log := filepath.Join(dir, "nagios.log")
			if err := errors.Join(os.Remove(log), os.Symlink("nagios.log", log)); err != nil {
				t.Fatal(err)
			}
			text := "supervisor: " + mainConfig + "\n" + strings.ReplaceAll(c.yaml, "{DIR}", dir)
			l, err := config.Parse(strings.NewReader(text), "c.yml")
			if err != nil {
				t.Fatal(err)
			}
			p, err := Resolve(l, "/")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, trouble := range p.Sites[0].Troubles {
				got = append(got, strings.ReplaceAll(trouble.Error(), dir, "{DIR}"))
			}
			if len(got) != 1 || !strings.HasPrefix(got[0], c.begin) || !strings.HasSuffix(got[0], missing) {
				t.Errorf("%q", got)
			}
		})
	}
}

// What ends the reader says what helps, if the log is what can't be read.
func TestALogThatIsDeniedWhileItIsRead(t *testing.T) {
	dir := t.TempDir()
	denied := fmt.Errorf("opening an archive: %w", fs.ErrPermission)
	unreadable := &helpedLog{supervisor: &nagios.Config{}, path: dir} // no file
	got := unreadable.explain(denied)
	if !strings.HasPrefix(got.Error(), dir+": not a regular file but a directory (running as user ") {
		t.Errorf("got %v", got)
	}
	readable := &helpedLog{supervisor: &nagios.Config{}, path: filepath.Join(dir, "log")}
	if err := os.WriteFile(readable.path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"an archive": denied, "something else": fs.ErrClosed, "nothing": nil} {
		if got := readable.explain(err); !errors.Is(got, err) {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
