// Package shinkentest tests the broker module in ../module under every Python
// that is installed: recordings of real Shinken 1.4, 2.4.4 and 3.0 are played
// through it, and what it writes is compared with a truth that is worked out
// here from the recording, the log and the external commands.
//
// The excerpts in testdata are made by testdata/reduce.py. The whole recordings
// are played too if N2C_CORPUS names their folder.
package shinkentest
