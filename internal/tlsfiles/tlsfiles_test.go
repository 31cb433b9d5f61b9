package tlsfiles

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

func TestCheck(t *testing.T) {
	for _, s := range []Settings{{CertFile: "c"}, {KeyFile: "k"}} {
		if fault, ok := option.Of(s.Check()); !ok || fault.Name != "tls.cert_file" {
			t.Errorf("%+v: %v", s, s.Check())
		}
	}
	for _, s := range []Settings{{}, {CertFile: "c", KeyFile: "k"}, {CAFile: "a"}} {
		if err := s.Check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestServerName(t *testing.T) {
	for want, s := range map[string]Settings{"host": {}, "name": {ServerName: "name"}} {
		c, err := s.Config("host")
		if err != nil || c.ServerName != want || c.RootCAs != nil || c.Certificates != nil {
			t.Errorf("%+v: %+v, %v", s, c, err)
		}
	}
}

// TestFilesThatCantBeUsed: nothing is waited for, and nothing is read without a bound.
func TestFilesThatCantBeUsed(t *testing.T) {
	dir := t.TempDir()
	pipe, large, text := filepath.Join(dir, "pipe"), filepath.Join(dir, "large"), filepath.Join(dir, "text")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.WriteFile(text, []byte("no PEM"), 0o600),
		os.WriteFile(large, nil, 0o600), os.Truncate(large, maxPEM+1)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		pipe: "is a pipe", "/dev/zero": "is a device", large: "larger than", text: "PEM",
		filepath.Join(dir, "none"): "no such file",
	} {
		for name, s := range map[string]Settings{
			"tls.ca_file": {CAFile: path}, "tls.cert_file": {CertFile: path, KeyFile: path},
		} {
			faults := s.Try()
			if len(faults) != 1 {
				t.Fatalf("%s %s: %v", name, path, faults)
			}
			if fault, ok := option.Of(faults[0]); !ok || fault.Name != name || !strings.Contains(fault.Error(), want) {
				t.Errorf("%v, want %s and %q", faults[0], name, want)
			}
			if _, err := s.Config("host"); err == nil || path == pipe && !errors.Is(err, regular.ErrKind) {
				t.Errorf("%s %s: %v", name, path, err)
			}
		}
	}
}
