package amqp

import (
	"context"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// named makes every name have these addresses.
func named(ips ...string) func(*Publisher) {
	return func(p *Publisher) {
		p.dialer.lookUp = func(context.Context, string) ([]string, error) { return ips, nil }
	}
}

// rudePeer accepts connections at an address and closes them.
func rudePeer(t *testing.T, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
}

// A name has several addresses, as that of a cluster has, and the first one accepts:
// what is behind it hangs, or closes the connection.
func TestEachAddressOfANameIsTried(t *testing.T) {
	t.Parallel()
	broker := quiet.Use(t)
	_, port, err := net.SplitHostPort(broker.Addr())
	must(t, err)
	hanging, closing := "127.0.0.2:"+port, "127.0.0.3:"+port
	silentPeerAt(t, hanging)
	rudePeer(t, closing)
	for name, ips := range map[string][]string{
		"hangs":          {"127.0.0.2", "127.0.0.1"},
		"closes":         {"127.0.0.3", "127.0.0.1"},
		"refuses":        {"127.0.0.4", "127.0.0.1"},
		"each of them":   {"127.0.0.4", "127.0.0.3", "127.0.0.2", "127.0.0.1"},
		"a late address": {"127.0.0.3", "127.0.0.4", "127.0.0.1", "127.0.0.2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exchange, queue := topology(t, broker)
			options := quick(broker.URL(), exchange)
			options.URLs = []string{broker.URLAt("cluster.example:" + port)}
			options.ConnectTimeout = time.Second
			q := newMemoryQueue()
			q.fill(100)
			r := runWith(t, options, q, named(ips...))
			q.awaitEmpty(t)
			q.checkDelivered(t, broker.Drain(t, queue), 0)
			if !strings.Contains(r.log.String(), "address=127.0.0.1:"+port) {
				t.Error("the address is not logged")
			}
		})
	}
}

// A name server may answer in another order each time.
func TestAddressesTakeTurnsInAnyOrder(t *testing.T) {
	d := newDialer()
	a := address{host: "cluster.example", port: 1}
	seen := map[string]int{}
	for n := range 9 {
		ips := []string{strconv.Itoa(n % 3), strconv.Itoa((n + 2) % 3), strconv.Itoa((n + 1) % 3)}
		next := d.inTurn(a, ips)
		if len(next) != 3 {
			t.Fatalf("%q of %q", next, ips)
		}
		seen[next[0]]++
		d.tried[a.hostPort()] = append(d.tried[a.hostPort()], next[0])
	}
	for ip, n := range seen {
		if n != 3 {
			t.Errorf("address %s was first %d times of 9", ip, n)
		}
	}
}
