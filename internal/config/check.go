package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// checker collects faults of values.
type checker struct {
	l      *Loaded
	faults []error
}

func (c *checker) fault(key, format string, args ...any) {
	c.faults = append(c.faults, c.l.Fault(key, fmt.Sprintf(format, args...)))
}

func (c *checker) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.fault(key, "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

func (c *checker) absolute(key, path string) {
	if path != "" && !strings.HasPrefix(path, "/") {
		c.fault(key, "%q is not an absolute path", path)
	}
}

func (c *checker) positive(key string, d time.Duration) {
	if d <= 0 {
		c.fault(key, "%s is not a duration above zero", d)
	}
}

// check gives all faults of values, in the order of the reference.
func (l *Loaded) check() []error {
	c := &checker{l: l}
	if l.Supervisor != "auto" && l.Supervisor != "none" {
		c.absolute("supervisor", l.Supervisor)
	}
	if l.Supervisor == "" {
		c.fault("supervisor", "is empty: write auto, none or the path of nagios.cfg")
	}
	if strings.Contains(l.Connector, "/") {
		c.fault("connector", "%q contains '/', which Canopsis takes for the end of the connector's name", l.Connector)
	}
	c.readers(&l.Readers)
	c.journal()
	c.amqp(&l.Publish.AMQP)
	if !l.Publish.AMQP.Enabled && !l.Publish.Stdout.Enabled {
		c.fault("publish", "no target is enabled: enable amqp or stdout")
	}
	c.absolute("quarantine.path", l.Quarantine.Path)
	if l.Quarantine.Path == "" {
		c.fault("quarantine.path", "is empty")
	}
	c.oneOf("log.level", l.Log.Level, "debug", "info", "warn", "error")
	c.oneOf("log.format", l.Log.Format, "text", "json")
	return c.faults
}

func (c *checker) readers(r *Readers) {
	for key, s := range map[string]Switch{
		"readers.module.enabled": r.Module.Enabled,
		"readers.log.enabled":    r.Log.Enabled, "readers.perfdata.enabled": r.Perfdata.Enabled,
		"readers.status.enabled": r.Status.Enabled, "readers.objects.enabled": r.Objects.Enabled,
	} {
		c.oneOf(key, string(s), string(Auto), string(On), string(Off))
	}
	for key, path := range map[string]string{
		"readers.module.path": r.Module.Path,
		"readers.log.path":    r.Log.Path, "readers.log.archive": r.Log.Archive,
		"readers.perfdata.host.path": r.Perfdata.Host.Path, "readers.perfdata.service.path": r.Perfdata.Service.Path,
		"readers.perfdata.spool.path": r.Perfdata.Spool.Path, "readers.perfdata.spool.move_to": r.Perfdata.Spool.MoveTo,
		"readers.status.path": r.Status.Path, "readers.objects.path": r.Objects.Path,
	} {
		c.absolute(key, path)
	}
	c.oneOf("readers.log.begin", string(r.Log.Begin), string(FromEnd), string(FromBeginning))
	c.oneOf("readers.perfdata.begin", string(r.Perfdata.Begin), string(FromEnd), string(FromBeginning))
	c.oneOf("readers.perfdata.host.mode", r.Perfdata.Host.Mode, "", "a", "w", "p")
	c.oneOf("readers.perfdata.service.mode", r.Perfdata.Service.Mode, "", "a", "w", "p")
	c.oneOf("readers.perfdata.spool.after", r.Perfdata.Spool.After, "keep", "delete", "move")
	if (r.Perfdata.Spool.After == "move") != (r.Perfdata.Spool.MoveTo != "") {
		c.fault("readers.perfdata.spool.move_to", "belongs to 'after: move', and is needed by it")
	}
	c.positive("readers.status.poll", r.Status.Poll)
	c.oneOf("readers.status.resync", r.Status.Resync, "always", "changed", "never")
}

func (c *checker) journal() {
	j := &c.l.Journal
	c.absolute("journal.path", j.Path)
	if j.Path == "" {
		c.fault("journal.path", "is empty")
	}
	if j.MaxSize < 1<<20 {
		c.fault("journal.max_size", "%s is less than 1MiB", j.MaxSize)
	}
	if j.MaxAge < 0 {
		c.fault("journal.max_age", "%s is below zero", j.MaxAge)
	}
}

func (c *checker) amqp(a *AMQP) {
	if !a.Enabled {
		return
	}
	if len(a.URLs) == 0 {
		c.fault("publish.amqp.urls", "is empty")
	}
	for i, text := range a.URLs {
		key := fmt.Sprintf("publish.amqp.urls[%d]", i)
		// The error of url.Parse repeats the text, which may hold a password.
		u, err := url.Parse(string(text))
		switch {
		case err != nil:
			c.fault(key, "is not a URL; special characters of a password must be percent-encoded, or better be given by password_file")
		case u.Scheme != "amqp" && u.Scheme != "amqps":
			c.fault(key, "its scheme %q is not amqp or amqps", u.Scheme)
		case u.Hostname() == "":
			c.fault(key, "names no host")
		}
	}
	if a.Exchange == "" || len(a.Exchange) > 255 {
		c.fault("publish.amqp.exchange", "must have 1 to 255 bytes")
	}
	c.oneOf("publish.amqp.mechanism", a.Mechanism, "PLAIN", "EXTERNAL")
	if a.Window < 1 || a.Window > 1000 {
		c.fault("publish.amqp.window", "%d is not between 1 and 1000", a.Window)
	}
	c.positive("publish.amqp.heartbeat", a.Heartbeat)
	c.positive("publish.amqp.write_timeout", a.WriteTimeout)
	c.positive("publish.amqp.reconnect_max", a.ReconnectMax)
	c.absolute("publish.amqp.password_file", a.PasswordFile)
	given := 0
	for _, s := range []string{a.PasswordFile, a.PasswordEnv, a.Credential} {
		if s != "" {
			given++
		}
	}
	if given > 1 {
		c.fault("publish.amqp.password_file", "only one of password_file, password_env and password_credential can be given")
	}
	if (a.TLS.CertFile == "") != (a.TLS.KeyFile == "") {
		c.fault("publish.amqp.tls.cert_file", "cert_file and key_file belong together")
	}
	if a.Mechanism == "EXTERNAL" && a.TLS.CertFile == "" {
		c.fault("publish.amqp.mechanism", "EXTERNAL needs tls.cert_file and tls.key_file")
	}
}
