// Package endtoend tests and measures the whole: the built program as a
// process of its own, between a real Nagios (or files written as Nagios writes
// them) and a real RabbitMQ. What it must show is in the names of its tests.
package endtoend
