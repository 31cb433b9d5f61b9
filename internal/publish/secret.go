package publish

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
)

// maxSecret bounds a file with a secret, in bytes: RabbitMQ's own passwords and
// tokens are far below.
const maxSecret = 64 << 10

// Secret is a password, or the place to read one from each time it is needed,
// so that a new one is taken without a restart. It prints as the place, never
// as the password, with whatever verb or encoder. The zero Secret is unset.
type Secret struct {
	place string
	// A function, because no printer or encoder looks into one.
	read func() (string, error)
}

// SecretText is a password that the configuration holds itself. An empty one
// is an unset Secret.
func SecretText(password string) Secret {
	if password == "" {
		return Secret{}
	}
	return Secret{place: "configuration", read: func() (string, error) { return password, nil }}
}

// SecretFile is the content of a file without the line ending at its end.
func SecretFile(path string) Secret {
	return Secret{place: "file " + path, read: func() (string, error) {
		content, err := regular.Read(path, maxSecret)
		if err != nil {
			return "", err
		}
		return strings.TrimRight(string(content), "\r\n"), nil
	}}
}

// SecretEnv is the value of an environment variable.
func SecretEnv(name string) Secret {
	return Secret{place: "environment variable " + name, read: func() (string, error) {
		value, ok := os.LookupEnv(name)
		if !ok {
			return "", errors.New("it is not set")
		}
		return value, nil
	}}
}

// SecretCredential is a systemd credential (LoadCredential= or
// LoadCredentialEncrypted= of the unit): a file in $CREDENTIALS_DIRECTORY.
func SecretCredential(name string) Secret {
	return Secret{place: "systemd credential " + name, read: func() (string, error) {
		dir, ok := os.LookupEnv("CREDENTIALS_DIRECTORY")
		if !ok {
			return "", errors.New("CREDENTIALS_DIRECTORY is not set: " +
				"not started by systemd, or the unit loads no credential")
		}
		return SecretFile(filepath.Join(dir, name)).read()
	}}
}

// IsSet reports whether there is a secret at all.
func (s Secret) IsSet() bool { return s.read != nil }

// Read returns the password as it is now. An unset or empty secret is an error,
// which names the place and never shows the content.
func (s Secret) Read() (string, error) {
	if s.read == nil {
		return "", errors.New("no password is configured")
	}
	password, err := s.read()
	if err != nil {
		return "", fmt.Errorf("reading the password from %s: %w", s.place, err)
	}
	if password == "" {
		return "", fmt.Errorf("reading the password from %s: it is empty", s.place)
	}
	return password, nil
}

// String names the place.
func (s Secret) String() string {
	if s.read == nil {
		return ""
	}
	return "<secret from " + s.place + ">"
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue is String, for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, for encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
