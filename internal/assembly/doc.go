// Package assembly puts the connector together: from the configuration file and
// what the supervisors' own configurations say, it decides what is read and
// where it is sent, and builds the sources, the mapping and the targets.
//
// It works in three steps:
//
//	choose    Resolve decides, and opens nothing. The Plan has a Site for each
//	          supervisor and a Target for each place to send to.
//	describe  The plan is shown to people (describe.go, the command
//	          check-config).
//	build     Site.Build and Target.Build make what runs.
//
// A kind of reader is one file here (reader_….go), and one section of the
// configuration. So is a kind of target (target_….go). The lists of both are
// readerKinds and targetKinds.
package assembly
