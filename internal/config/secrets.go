package config

import (
	"net/url"
	"slices"
)

// Secrets returns what holds passwords and private keys: the keys of the configuration
// file that are passwords themselves, and the paths of further files by the keys that
// name them. Canopsis' own default password, which everybody knows, is not among them.
func (l *Loaded) Secrets() (passwords []string, files map[string]string) {
	files = map[string]string{}
	for _, target := range l.EachTarget() {
		a, ok := target.Options.(*AMQP)
		if !ok || !target.Enabled() {
			continue
		}
		key := func(name string) string { return join(target.prefix, name) }
		if a.Password != "" {
			passwords = append(passwords, key("password"))
		}
		if !slices.Equal(a.URLs, defaultAMQP().URLs) && anyPassword(a.URLs) {
			passwords = append(passwords, key("urls"))
		}
		for name, path := range map[string]string{"password_file": a.PasswordFile, "tls.key_file": a.TLS.KeyFile} {
			if path != "" {
				files[key(name)] = path
			}
		}
	}
	for _, site := range l.EachSite() {
		if path := site.Readers.Livestatus.TLS.KeyFile; path != "" {
			files[site.prefix+"readers.livestatus.tls.key_file"] = path
		}
	}
	return passwords, files
}

func anyPassword(urls []Address) bool {
	for _, address := range urls {
		u, err := url.Parse(string(address))
		if err == nil && u.User != nil {
			if password, _ := u.User.Password(); password != "" {
				return true
			}
		}
	}
	return false
}
