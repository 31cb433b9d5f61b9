// Package cases plays inputs as the field writes them. Each folder of testdata is
// one case: the files of a supervisor, where such files were reported, and what
// must come out. A new case is one more folder; testdata/README.md says how.
package cases
