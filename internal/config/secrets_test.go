package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSecrets(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		passwords  []string
		files      map[string]string
	}{
		{"the defaults", "supervisor: none\n", nil, map[string]string{}},
		{
			"in the short form", "publish: {amqp: {password: x, urls: ['amqp://u:p@h/v', 'amqp://h/v']}}\n",
			[]string{"publish.amqp.password", "publish.amqp.urls"}, map[string]string{},
		},
		{"addresses without a password", "publish: {amqp: {urls: ['amqp://u@h/v']}}\n", nil, map[string]string{}},
		{
			"files", "targets: [{type: amqp, password_file: /p, tls: {cert_file: /c, key_file: /k}}]\n", nil,
			map[string]string{"targets[0].password_file": "/p", "targets[0].tls.key_file": "/k"},
		},
		{
			"a site's key", "sites: [{name: a, readers: {livestatus: {address: 'tls://h:1', tls: {key_file: /k}}}}]\n",
			nil, map[string]string{"sites[0].readers.livestatus.tls.key_file": "/k"},
		},
		{"a target that is off", "publish: {amqp: {enabled: false, password: x}}\n", nil, map[string]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := Parse(strings.NewReader(c.yaml), "c.yml")
			if err != nil {
				t.Fatal(err)
			}
			passwords, files := l.Secrets()
			if diff := cmp.Diff(c.passwords, passwords) + cmp.Diff(c.files, files); diff != "" {
				t.Error(diff)
			}
		})
	}
}
