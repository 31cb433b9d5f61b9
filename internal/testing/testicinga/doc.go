// Package testicinga runs a real Icinga 2 with Livestatus and the compatibility log, for
// tests: each check does what the test last set. It needs Debian's icinga2-bin; started
// by root, Icinga 2 runs as the user nagios. No port is opened.
package testicinga
