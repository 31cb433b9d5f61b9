// Package daemon is the life of the connector: it opens the journal, runs a
// pipeline for each site and the targets, and replaces those whose plan
// changes: when the configuration is read again, when a broker module begins to
// write or falls silent, and when the journal has lost something. What does not
// change goes on and does not notice. Signals are its caller's.
//
// It ends in a fixed order, each step within its time (see life.stop): the
// readers, the targets, the quarantine, the journal.
package daemon
