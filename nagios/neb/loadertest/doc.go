// Package loadertest holds the tests of the NEB broker module in the directory
// above. They compile the module and a small core of our own (../loader), which
// loads it, lays out its objects as a chosen release of Nagios, Naemon or Icinga
// does, and tells it what the test says; then they read the module's segments
// with a parser of their own and compare every pair of every record. There is
// no code here but tests: a directory with C files can hold no Go package.
package loadertest
