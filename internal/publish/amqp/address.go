package amqp

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// address is where a broker listens, with the login in its URL.
type address struct {
	tls      bool
	host     string
	port     int
	vhost    string
	user     string
	password string
}

const (
	defaultPort    = 5672
	defaultTLSPort = 5671
)

// errURL deliberately shows nothing of the URL, nor of what net/url reported:
// where a password isn't encoded, any part of it may end up as host, port,
// path, query or fragment.
var errURL = errors.New("not of the form amqp[s]://[user[:password]@]host[:port][/vhost]" +
	" (reserved characters in a user, password or vhost have to be percent-encoded; " +
	"user and password have options of their own)")

// parseAddress reads an AMQP URL, see https://www.rabbitmq.com/docs/uri-spec.
// Unlike there, a missing or empty path means the vhost "/", as clients have it,
// and query parameters are refused: each has an option. No error shows any part
// of the URL.
func parseAddress(raw string) (address, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return address{}, errURL
	}
	if u.Scheme != "amqp" && u.Scheme != "amqps" {
		if u.Scheme != "" && strings.HasPrefix(strings.ToLower(raw), u.Scheme+"://") {
			return address{}, fmt.Errorf("its scheme %q is not amqp or amqps", u.Scheme)
		}
		return address{}, errURL
	}
	if u.Hostname() == "" {
		return address{}, errors.New("names no host")
	}
	// net/url takes "::1" without brackets for the host ":" and the port 1.
	if strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(u.Host, "[") {
		return address{}, errURL
	}
	a := address{host: u.Hostname(), vhost: "/"}
	a.port = defaultPort
	if u.Scheme == "amqps" {
		a.port, a.tls = defaultTLSPort, true
	}
	if port := u.Port(); port != "" {
		if a.port, err = strconv.Atoi(port); err != nil || a.port < 1 || a.port > 65535 {
			return address{}, errURL
		}
	}
	a.user = u.User.Username()
	a.password, _ = u.User.Password()
	if path := strings.TrimPrefix(u.EscapedPath(), "/"); path != "" {
		// "user:12/34@host" would be the vhost "34@host" on port 12.
		if strings.Contains(path, "@") {
			return address{}, errURL
		}
		if a.vhost, err = url.PathUnescape(path); err != nil {
			return address{}, errURL
		}
	}
	return a, nil
}

// hostPort is what to dial.
func (a address) hostPort() string { return net.JoinHostPort(a.host, strconv.Itoa(a.port)) }

// String is the URL without the password.
func (a address) String() string {
	u := url.URL{Scheme: "amqp", Host: a.hostPort(), Path: "/"}
	if a.tls {
		u.Scheme = "amqps"
	}
	if a.user != "" {
		u.User = url.User(a.user)
	}
	if a.vhost != "/" {
		u.Path, u.RawPath = "/"+a.vhost, "/"+url.PathEscape(a.vhost)
	}
	return u.String()
}

// Format keeps the password from every verb.
func (a address) Format(f fmt.State, _ rune) { fmt.Fprint(f, a.String()) }
