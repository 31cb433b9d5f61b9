// Package assembly puts a pipeline together: from the configuration file and
// what the supervisor's own configuration says, it decides what is read and
// where it is sent, and builds the sources, the mapping and the publishers.
//
// Resolve decides and opens nothing; the Plan that it gives can be shown (the
// command check-config) or built.
package assembly
