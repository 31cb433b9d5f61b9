package livestatus

import (
	"errors"
	"net"
	"path"
	"strconv"
	"strings"
)

// address is where a server listens.
type address struct {
	network string // unix or tcp
	where   string // what to dial
	host    string // of TLS: the name in the certificate; empty without TLS
}

var errAddress = errors.New("not of the form unix:/path/to/socket, tcp://host:port or tls://host:port")

// parseAddress reads unix:/path, tcp://host:port or tls://host:port.
func parseAddress(text string) (address, error) {
	if socket, ok := strings.CutPrefix(text, "unix:"); ok {
		socket = "/" + strings.TrimLeft(socket, "/") // unix:///path is common, too
		if socket == "/" || !strings.HasPrefix(text, "unix:/") {
			return address{}, errAddress
		}
		return address{network: "unix", where: path.Clean(socket)}, nil
	}
	scheme, where, ok := strings.Cut(text, "://")
	if !ok || scheme != "tcp" && scheme != "tls" {
		return address{}, errAddress
	}
	host, port, err := net.SplitHostPort(where)
	if n, portErr := strconv.Atoi(port); err != nil || portErr != nil || host == "" || n < 1 || n > 65535 {
		return address{}, errAddress
	}
	a := address{network: "tcp", where: where}
	if scheme == "tls" {
		a.host = host
	}
	return a, nil
}

// SocketPath returns the path of a Unix socket's address; empty if it is another
// address, or none.
func SocketPath(text string) string {
	if a, err := parseAddress(text); err == nil && a.network == "unix" {
		return a.where
	}
	return ""
}
