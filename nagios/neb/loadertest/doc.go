// Package loadertest has the tests of the NEB broker module in the directory
// above. They compile the module and a small core of our own (../loader). The core
// loads the module, lays out its objects as a chosen release of Nagios, Naemon or
// Icinga does, and sends the events of the test. Then the tests read the module's
// segments with their own parser and compare every pair of every record. The tests
// are here because a directory with C files can't be a Go package.
package loadertest
