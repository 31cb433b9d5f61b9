package publish

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const password = "s3cret!value"

func TestSecretRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("BUS_PASSWORD", password)
	t.Setenv("EMPTY_PASSWORD", "")
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	write("bus", password+"\n")
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name    string
		secret  Secret
		wantErr string // "" means that the password is read
	}{
		{"text", SecretText(password), ""},
		{"file", SecretFile(write("plain", password)), ""},
		{"file with line ending", SecretFile(write("crlf", password+"\r\n")), ""},
		{"environment", SecretEnv("BUS_PASSWORD"), ""},
		{"credential", SecretCredential("bus"), ""},
		{"unset", Secret{}, "no password is configured"},
		{"empty text", SecretText(""), "no password is configured"},
		{"empty file", SecretFile(write("empty", "\n")), "it is empty"},
		{"missing file", SecretFile(filepath.Join(dir, "none")), "none: no such file"},
		{"pipe", SecretFile(fifo), "fifo: is a pipe"},
		{"device without an end", SecretFile("/dev/zero"), "/dev/zero: is a device"},
		{"large file", SecretFile(write("large", strings.Repeat(password, 10000))), "larger than 65536 bytes"},
		{"empty variable", SecretEnv("EMPTY_PASSWORD"), "EMPTY_PASSWORD: it is empty"},
		{"missing variable", SecretEnv("NO_SUCH_VARIABLE"), "NO_SUCH_VARIABLE: it is not set"},
		{"missing credential", SecretCredential("none"), "credential none: open"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.secret.Read()
			if test.wantErr == "" {
				if err != nil || got != password {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.wantErr) {
				t.Errorf("got error %v, want one with %q", err, test.wantErr)
			}
		})
	}
}

func TestSecretIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	secret := SecretFile(path)
	for _, want := range []string{"old", "new"} {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := secret.Read(); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}

// TestSecretNeverShows prints a secret, alone and within exported and
// unexported fields, in all usual ways.
func TestSecretNeverShows(t *testing.T) {
	holder := struct {
		Password Secret
		hidden   Secret
		pointer  *Secret
	}{SecretText(password), SecretText(password), new(SecretText(password))}

	var shown strings.Builder
	for _, value := range []any{holder, &holder, holder.Password, &holder.Password, []Secret{holder.Password}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&shown, verb+"\n", value)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(encoded)
		slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "value", value)
	}
	for _, form := range []string{password, fmt.Sprintf("%x", password)} {
		if strings.Contains(shown.String(), form) {
			t.Errorf("the password is in:\n%s", shown.String())
		}
	}
	if !strings.Contains(shown.String(), "<secret from configuration>") {
		t.Errorf("nothing shows that there is a secret:\n%s", shown.String())
	}
}
