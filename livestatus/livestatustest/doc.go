// Package livestatustest is a Livestatus server for tests: it answers from tables
// in memory as one of the real servers would, faults included. Each field of a
// Dialect is a row of the table in docs/decisions/livestatus.md.
package livestatustest
