package amqp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/rabbitmq/amqp091-go"
)

// class is a kind of fault: what an administrator would call "the same
// problem". Its text is what is wrong and, where we can know, what to do.
type class string

const (
	classUnreachable class = "the broker cannot be reached"
	classUnknownHost class = "the broker's host name cannot be resolved"
	classSilent      class = "the broker does not answer: it hangs, or something on the way drops its packets"
	classLost        class = "the connection to the broker was lost"
	classStopping    class = "the broker is shutting down or has closed the connection"
	classLogin       class = "the broker refuses the login: check user and password, " +
		"or with SASL EXTERNAL that there is a user with the certificate's name"
	classMechanism class = "the broker does not offer our way of login: " +
		"SASL EXTERNAL needs its plugin rabbitmq_auth_mechanism_ssl"
	classVHost class = "the broker refuses the vhost: " +
		"create it, or give the user permissions on it (rabbitmqctl set_permissions)"
	classPermission class = "the broker refuses access: " +
		"give the user write permission on the exchange (rabbitmqctl set_permissions)"
	classExchange    class = "the exchange is missing: is Canopsis installed on this vhost?"
	classCertificate class = "the broker's certificate cannot be verified: " +
		"check the CA file, the server name and the certificate's dates"
	classTLS class = "TLS with the broker fails: " +
		"check that the port speaks TLS and which client certificate it wants"
	classCredentials class = "a password or certificate file cannot be read"
	classTLSPort     class = "the port speaks TLS: " +
		"write amqps:// instead of amqp://, or the port of the broker that doesn't (mostly 5672)"
	classUnconfirmed class = "the broker does not confirm: " +
		"a queue hangs or has no majority, or something on the way swallows the confirmations"
	classForbidden class = "the broker forbids the routing key: " +
		"give the user permission for the topic (rabbitmqctl set_topic_permissions)"
	classUnroutable class = "the exchange has no queue bound that takes the message: is the Canopsis engine running?"
	classNacked     class = "the broker takes no message: the queue is full or has failed"
	classTooLarge   class = "the broker refuses a message as too large"
	classProtocol   class = "the broker refuses what we do"
)

// fault is an error that ends a connection or a stream, to be tried again.
type fault struct {
	class class
	err   error
}

func (f *fault) Error() string { return string(f.class) + ": " + f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// errSilent is the cause of giving up a broker that doesn't answer in time.
var errSilent = errors.New("no answer in time")

// errSpeaksTLS is the cause of giving up a plain connection that is answered by an
// alert of TLS.
var errSpeaksTLS = errors.New("it answered with a TLS alert")

// explain finds the class of an error of the connection or the broker.
func explain(err error) *fault {
	var known *fault
	if errors.As(err, &known) {
		return known
	}
	var broker *amqp091.Error
	if errors.As(err, &broker) {
		return &fault{explainBroker(broker), err}
	}
	return &fault{explainNetwork(err), err}
}

// explainBroker reads the reply codes of AMQP 0-9-1, as RabbitMQ uses them.
func explainBroker(err *amqp091.Error) class {
	switch {
	case errors.Is(err, amqp091.ErrCredentials), strings.Contains(err.Reason, "Login was refused"):
		return classLogin
	case errors.Is(err, amqp091.ErrSASL):
		return classMechanism
	case errors.Is(err, amqp091.ErrVhost), err.Code == amqp091.NotAllowed:
		return classVHost
	case err.Code == amqp091.AccessRefused && strings.Contains(err.Reason, "access to topic '"):
		return classForbidden
	case err.Code == amqp091.AccessRefused:
		return classPermission
	case err.Code == amqp091.NotFound:
		return classExchange
	case err.Code == amqp091.ConnectionForced:
		return classStopping
	case err.Code == amqp091.PreconditionFailed && strings.Contains(err.Reason, "message size"):
		return classTooLarge
	case err.Server:
		return classProtocol
	}
	return classLost
}

func explainNetwork(err error) class {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		host        x509.HostnameError
		record      tls.RecordHeaderError
		operation   *net.OpError
	)
	switch {
	case errors.Is(err, errUnconfirmed):
		return classUnconfirmed
	case errors.Is(err, errSpeaksTLS):
		return classTLSPort
	case errors.Is(err, errSilent), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return classSilent
	case errors.As(err, &dns):
		return classUnknownHost
	case errors.As(err, &certificate), errors.As(err, &host):
		return classCertificate
	case errors.As(err, &record), // and alerts, whose type is not exported:
		strings.Contains(err.Error(), "tls: "):
		return classTLS
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return classLost
	case errors.As(err, &operation) && operation.Op == "dial":
		return classUnreachable
	}
	return classLost
}

// unroutable is the fault of a message that came back.
func unroutable(exchange, key string) *fault {
	return &fault{classUnroutable, fmt.Errorf("message with routing key %q came back from exchange %q", key, exchange)}
}

// nacked is the fault of a message that the broker did not take.
func nacked(key string) *fault {
	return &fault{classNacked, fmt.Errorf("message with routing key %q was answered with nack", key)}
}
