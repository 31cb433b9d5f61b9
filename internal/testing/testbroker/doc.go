// Package testbroker runs a real RabbitMQ for tests and benchmarks: on private
// ports, with a node name, a cookie, a database and an epmd of its own, as an
// unprivileged user when the test runs as root. It disturbs no other RabbitMQ
// on the machine, and nothing of it is left after the test, not even when the
// test is killed.
//
// It needs the files of the distribution's package rabbitmq-server (Debian,
// Ubuntu, EPEL); no service has to run. A broker is up in about four seconds,
// so the tests of a package had better share one.
package testbroker
