package testbroker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// scriptDir is where Debian's and EPEL's packages put the scripts that run
// under any user; those in /usr/sbin insist on root or rabbitmq and write to
// /var/log.
const scriptDir = "/usr/lib/rabbitmq/bin"

// Private ports are taken from below the kernel's range for outgoing
// connections (32768 and up): a client that dials a port of that range again
// and again, while nobody listens there, may end up connected to itself.
const (
	firstPort = 20000
	lastPort  = 32000
)

type ports struct{ amqp, amqps, epmd, dist int }

// program finds an executable of RabbitMQ or Erlang.
func program(name string) (string, error) {
	path := filepath.Join(scriptDir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is not installed: "+
			"apt-get install rabbitmq-server (Debian, Ubuntu) or dnf install rabbitmq-server (EPEL)", name)
	}
	return path, nil
}

// prepare makes the directory with all that the node reads and writes.
func (b *Broker) prepare(options Options) error {
	var err error
	if b.dir, err = os.MkdirTemp("", "testbroker"); err != nil {
		return err
	}
	if b.account, err = unprivileged(); err != nil {
		return err
	}
	if b.ports, err = freePorts(); err != nil {
		return err
	}
	if options.TLS {
		if b.certs, err = makeCertificates(filepath.Join(b.dir, "tls"), User); err != nil {
			return err
		}
	}
	definitions, err := json.Marshal(definitions())
	if err != nil {
		return err
	}
	plugins := "[]."
	if options.TLS {
		plugins = "[rabbitmq_auth_mechanism_ssl]."
	}
	files := map[string]string{
		"rabbitmq.conf":    strings.Join(append(b.config(), options.Config...), "\n") + "\n",
		"enabled_plugins":  plugins + "\n",
		"definitions.json": string(definitions),
		"env.conf":         "", // instead of /etc/rabbitmq/rabbitmq-env.conf
		"output":           "",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return b.giveAway()
}

// giveAway makes the broker's user the owner of its directory.
func (b *Broker) giveAway() error {
	if b.account == nil {
		return nil
	}
	return filepath.WalkDir(b.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, int(b.account.Uid), int(b.account.Gid))
	})
}

func (b *Broker) config() []string {
	lines := []string{
		fmt.Sprintf("listeners.tcp.1 = 127.0.0.1:%d", b.ports.amqp),
		"load_definitions = " + filepath.Join(b.dir, "definitions.json"),
		"log.file.level = info",
	}
	if b.certs != nil {
		lines = append(lines,
			fmt.Sprintf("listeners.ssl.1 = 127.0.0.1:%d", b.ports.amqps),
			"ssl_options.cacertfile = "+b.certs.CA,
			"ssl_options.certfile = "+b.certs.serverCert,
			"ssl_options.keyfile = "+b.certs.serverKey,
			"ssl_options.verify = verify_peer",
			"ssl_options.fail_if_no_peer_cert = true",
			"auth_mechanisms.1 = PLAIN",
			"auth_mechanisms.2 = EXTERNAL",
			"ssl_cert_login_from = common_name",
		)
	}
	return lines
}

// definitions are the user and the vhost; tests declare the rest.
func definitions() map[string]any {
	return map[string]any{
		"users":  []map[string]any{{"name": User, "password": Password, "tags": ""}},
		"vhosts": []map[string]any{{"name": VHost}, {"name": "/"}},
		"permissions": []map[string]any{{
			"user": User, "vhost": VHost, "configure": ".*", "write": ".*", "read": ".*",
		}},
	}
}

func (b *Broker) environment() []string {
	file := func(name string) string { return filepath.Join(b.dir, name) }
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"LANG=C.UTF-8",
		"HOME=" + b.dir, // the cookie is created there
		"ERL_EPMD_PORT=" + strconv.Itoa(b.ports.epmd),
		"ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_NODENAME=testbroker" + strconv.Itoa(b.ports.amqp) + "@localhost",
		"RABBITMQ_DIST_PORT=" + strconv.Itoa(b.ports.dist),
		"RABBITMQ_CONF_ENV_FILE=" + file("env.conf"),
		"RABBITMQ_CONFIG_FILE=" + file("rabbitmq.conf"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + file("enabled_plugins"),
		"RABBITMQ_MNESIA_BASE=" + file("mnesia"),
		"RABBITMQ_LOG_BASE=" + file("log"),
		"RABBITMQ_PID_FILE=" + file("pid"),
		// Makes the start script exec the Erlang machine: our child's process
		// id is then the one to stop, pause and measure.
		"RUNNING_UNDER_SYSTEMD=true",
	}
}

// logTail returns the end of what the broker wrote, for an error message.
func (b *Broker) logTail() string {
	var tail strings.Builder
	logs, _ := filepath.Glob(filepath.Join(b.dir, "log", "*.log"))
	for _, name := range append(logs, filepath.Join(b.dir, "output")) {
		content, _ := os.ReadFile(name)
		tail.Write(content[max(0, len(content)-3000):])
	}
	return tail.String()
}

// unprivileged returns the account to run RabbitMQ under: none if we aren't
// root, otherwise the package's own, or nobody.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"rabbitmq", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(account.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(account.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root, and there is neither a user rabbitmq nor nobody")
}

func freePorts() (ports, error) {
	var p ports
	taken := map[int]bool{}
	for _, port := range []*int{&p.amqp, &p.amqps, &p.epmd, &p.dist} {
		for tries := 0; *port == 0; tries++ {
			if tries == 1000 {
				return p, fmt.Errorf("no free TCP port between %d and %d", firstPort, lastPort)
			}
			candidate := firstPort + rand.IntN(lastPort-firstPort)
			if !taken[candidate] && isFree(candidate) {
				*port, taken[candidate] = candidate, true
			}
		}
	}
	return p, nil
}

func isFree(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func awaitListener(ctx context.Context, port int) error {
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}
