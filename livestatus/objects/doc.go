// Package objects knows the hosts and services of a supervisor from its Livestatus
// server: groups, addresses, custom variables, URLs.
//
// The rows are written in the form of an object cache, and read by its parser: so there
// is one form in memory, and one meaning of groups and of host dependencies.
package objects
