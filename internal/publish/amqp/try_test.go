package amqp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTryReadsWhatAConnectionReads(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	password, empty, noPEM := put("password", "x\n"), put("empty", "\n"), put("ca", "no certificate")
	for _, c := range []struct {
		name string
		set  func(*Options)
		want []string
	}{
		{"nothing to read", func(*Options) {}, nil},
		{"a password", func(o *Options) { o.PasswordFile = password }, nil},
		{
			"no password", func(o *Options) { o.PasswordFile = dir + "/none" },
			[]string{"password_file: ", "no such file"},
		},
		{"an empty password", func(o *Options) { o.PasswordFile = empty }, []string{"password_file: ", "it is empty"}},
		{"no variable", func(o *Options) { o.PasswordEnv = "N2C_NOT_SET" }, []string{"password_env: ", "not set"}},
		{
			"no certificate", func(o *Options) { o.TLS.CAFile = noPEM },
			[]string{"tls.ca_file: ", "holds no PEM certificate"},
		},
		{
			"no client certificate", func(o *Options) { o.TLS.CertFile, o.TLS.KeyFile = dir+"/c", dir+"/k" },
			[]string{"tls.cert_file: ", "no such file"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := DefaultOptions()
			o.URLs = []string{"amqps://u@rabbit/canopsis"}
			c.set(&o)
			p, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			faults := p.Try()
			if c.want == nil && len(faults) > 0 || c.want != nil && len(faults) != 1 {
				t.Fatalf("faults %v", faults)
			}
			for _, want := range c.want {
				if !strings.Contains(faults[0].Error(), want) {
					t.Errorf("%v, want %q", faults[0], want)
				}
			}
		})
	}
}
