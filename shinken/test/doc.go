// Package shinkentest tests the broker module in ../module under every Python
// that can be had: recordings of real Shinken 1.4, 2.4.4 and 3.0 are played
// through it, and what it writes is compared with a truth that is worked out
// here from the recording, the log and the external commands.
//
// The excerpts in testdata are made by testdata/reduce.py. Where the whole
// recordings lie beside the repository, they are played too.
package shinkentest
