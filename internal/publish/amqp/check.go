package amqp

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
)

// checker collects the faults of options.
type checker struct{ faults []error }

func (c *checker) check(ok bool, name, format string, args ...any) {
	if !ok {
		c.faults = append(c.faults, option.Faultf(name, format, args...))
	}
}

func (c *checker) positive(name string, d time.Duration) {
	c.check(d > 0, name, "%s is not a duration above zero", d)
}

// check returns the addresses of the URLs, and all that is wrong with the
// options, joined: each fault is an *option.Fault. No fault shows any part of a
// password.
func (o *Options) check() ([]address, error) {
	c := &checker{}
	addresses, plain := o.checkURLs(c)
	o.checkLogin(c)
	o.checkTLS(c, plain)
	c.check(o.Exchange != "" && len(o.Exchange) <= maxShortString, "exchange",
		"must have 1 to %d bytes", maxShortString)
	c.check(len(o.AppID) <= maxShortString, "app_id", "must have at most %d bytes", maxShortString)
	c.check(o.Window >= 1 && o.Window <= maxWindow, "window", "%d is not between 1 and %d", o.Window, maxWindow)
	c.check(o.WindowBytes > 0, "window_bytes", "%d is not above zero", o.WindowBytes)
	c.check(o.MaxMessage > 0, "max_message", "%d is not above zero", o.MaxMessage)
	if o.Heartbeat <= 0 {
		c.positive("heartbeat", o.Heartbeat)
	} else {
		c.check(o.Heartbeat%time.Second == 0, "heartbeat", "%s is not a whole number of seconds", o.Heartbeat)
	}
	c.positive("connect_timeout", o.ConnectTimeout)
	c.positive("write_timeout", o.WriteTimeout)
	c.positive("confirm_timeout", o.ConfirmTimeout)
	c.positive("grace", o.Grace)
	c.positive("reconnect_min", o.RetryMin)
	if o.RetryMax <= 0 {
		c.positive("reconnect_max", o.RetryMax)
	} else {
		c.check(o.RetryMin <= o.RetryMax, "reconnect_max",
			"%s is less than the shortest pause, %s", o.RetryMax, o.RetryMin)
	}
	return addresses, errors.Join(c.faults...)
}

func (o *Options) checkURLs(c *checker) (addresses []address, plain bool) {
	c.check(len(o.URLs) > 0, "urls", "is empty: at least one broker is needed")
	for i, raw := range o.URLs {
		a, err := parseAddress(raw)
		c.check(err == nil, fmt.Sprintf("urls[%d]", i), "%w", err)
		plain = plain || err == nil && !a.tls
		addresses = append(addresses, a)
	}
	return addresses, plain
}

func (o *Options) checkLogin(c *checker) {
	known := o.Mechanism == Plain || o.Mechanism == External
	c.check(known, "mechanism", "%q is not one of %s, %s", o.Mechanism, Plain, External)
	places := 0
	for _, place := range []string{o.PasswordFile, o.PasswordEnv, o.PasswordCredential} {
		if place != "" {
			places++
		}
	}
	c.check(places <= 1, "password_file",
		"only one of password_file, password_env and password_credential can be given")
	c.check(o.PasswordFile == "" || filepath.IsAbs(o.PasswordFile), "password_file",
		"is not an absolute path (it is the path of a file, not the password)")
	if o.Mechanism != External {
		return
	}
	c.check(o.TLS.CertFile != "" || o.TLS.KeyFile != "", "mechanism", "EXTERNAL needs tls.cert_file and tls.key_file")
	c.check(o.User == "" && places == 0 && !o.Password.IsSet(), "mechanism",
		"EXTERNAL takes the user from the client certificate: leave user and password out")
}

func (o *Options) checkTLS(c *checker, plain bool) {
	if err := o.TLS.Check(); err != nil {
		c.faults = append(c.faults, err)
	}
	if !plain {
		return
	}
	for _, set := range []struct{ name, value string }{
		{"tls.ca_file", o.TLS.CAFile}, {"tls.cert_file", o.TLS.CertFile},
		{"tls.key_file", o.TLS.KeyFile}, {"tls.server_name", o.TLS.ServerName},
	} {
		if set.value != "" {
			c.check(false, set.name, "is for amqps, but a URL is amqp")
			return
		}
	}
}

// secret returns the password, or the place to read it from.
func (o *Options) secret() publish.Secret {
	switch {
	case o.PasswordFile != "":
		return publish.SecretFile(o.PasswordFile)
	case o.PasswordEnv != "":
		return publish.SecretEnv(o.PasswordEnv)
	case o.PasswordCredential != "":
		return publish.SecretCredential(o.PasswordCredential)
	}
	return o.Password
}
