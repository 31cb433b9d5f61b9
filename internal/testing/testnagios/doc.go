// Package testnagios drives a real Nagios Core 4 with known truth, for tests:
// the checks are a plugin that does what the test last set, and that
// writes down itself what it printed and when. It needs Debian's nagios4-core;
// started by root, Nagios runs as the user nagios. No port is opened.
package testnagios
