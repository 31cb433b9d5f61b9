package amqp

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
)

// Try reads what is read at each connection: the password, the certificates and
// the key. It returns an *option.Fault for each that can't be used now, and
// connects to nothing. password_env and password_credential are of the environment
// of this process.
func (p *Publisher) Try() (faults []error) {
	o := p.options
	if o.Password.IsSet() {
		if _, err := o.Password.Read(); err != nil {
			faults = append(faults, option.Faultf(o.passwordOption(), "%w", err))
		}
	}
	if slices.ContainsFunc(p.addresses, func(a address) bool { return a.tls }) {
		faults = append(faults, o.TLS.Try()...)
	}
	return faults
}

// passwordOption returns the name of the option that names the password's place.
func (o *Options) passwordOption() string {
	switch {
	case o.PasswordFile != "":
		return "password_file"
	case o.PasswordEnv != "":
		return "password_env"
	case o.PasswordCredential != "":
		return "password_credential"
	}
	return "password"
}
