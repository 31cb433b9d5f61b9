package testbroker

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

func publish(t *testing.T, b *Broker, body string) {
	t.Helper()
	b.withChannel(t, "publishing", func(ch *amqp091.Channel) error {
		if err := ch.Confirm(false); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		confirm, err := ch.PublishWithDeferredConfirmWithContext(ctx, "x", "k", true, false,
			amqp091.Publishing{Body: []byte(body), DeliveryMode: amqp091.Persistent})
		if err != nil {
			return err
		}
		acked, err := confirm.WaitContext(ctx)
		if err == nil && !acked {
			err = fmt.Errorf("not acknowledged")
		}
		return err
	})
}

// TestLife goes through everything that other packages rely on with one
// broker: what is stored survives Stop and Kill, a paused broker is silent, and
// nothing is left at the end.
func TestLife(t *testing.T) {
	t.Parallel()
	b := Start(t, Options{})
	b.DeclareExchange(t, "x")
	b.DeclareQueue(t, "q", nil)
	b.Bind(t, "q", "#", "x")

	publish(t, b, "before stop")
	if err := b.Stop(); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", b.Addr()); err == nil {
		conn.Close()
		t.Fatal("a stopped broker takes connections")
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	publish(t, b, "before kill")
	b.Kill()
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, message := range b.Drain(t, "q") {
		bodies = append(bodies, string(message.Body))
	}
	if got := strings.Join(bodies, ","); got != "before stop,before kill" {
		t.Fatalf("after stop and kill the queue holds %q", got)
	}
	if b.CPU() < 1 {
		t.Errorf("three starts used %v s of CPU", b.CPU())
	}

	if err := b.Pause(); err != nil {
		t.Fatal(err)
	}
	if conn, err := b.Dial(); err == nil {
		conn.Close()
		t.Error("a paused broker lets clients log in")
	}
	if err := b.Resume(); err != nil {
		t.Fatal(err)
	}
	b.DeleteQueue(t, "q")

	dir := b.dir
	b.Close()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("directory is left: %v", err)
	}
	if left := processesWith(t, dir); len(left) != 0 {
		t.Errorf("processes are left: %q", left)
	}
}

// processesWith returns the command lines of processes that carry the directory
// in their environment.
func processesWith(t *testing.T, dir string) []string {
	t.Helper()
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range environs {
		environ, _ := os.ReadFile(name)
		if bytes.Contains(environ, []byte(dir)) {
			cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "cmdline"))
			found = append(found, string(cmdline))
		}
	}
	return found
}

// TestMemoryAlarm looks at the protocol: under the alarm, RabbitMQ answers a
// publish with connection.blocked.
func TestMemoryAlarm(t *testing.T) {
	t.Parallel()
	b := Start(t, Options{})
	b.DeclareExchange(t, "x")
	conn, err := b.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	blocked := conn.NotifyBlocked(make(chan amqp091.Blocking, 2))
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetMemoryAlarm(true); err != nil {
		t.Fatal(err)
	}
	if err := ch.PublishWithContext(t.Context(), "x", "k", false, false, amqp091.Publishing{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		select {
		case got := <-blocked:
			if got.Active != want {
				t.Fatalf("blocked is %v, want %v", got.Active, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no notification that blocked is %v", want)
		}
		if err := b.SetMemoryAlarm(false); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTLSListenerSpeaksTLS(t *testing.T) {
	t.Parallel()
	b := Start(t, Options{TLS: true})
	_, addr, _ := strings.Cut(b.TLSURL(), "amqps://")
	addr, _, _ = strings.Cut(addr, "/")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "AMQP\x00\x00\x09\x01")
	const alert = 21 // TLS record type
	if first, err := bufio.NewReader(conn).ReadByte(); err != nil || first != alert {
		t.Errorf("plain AMQP is answered with %d, %v; want a TLS alert", first, err)
	}
}
