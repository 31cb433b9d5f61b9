// Package corpus finds the large recordings of real supervisors, which are not
// part of the repository. What matters of them is in the testdata folders.
package corpus

import (
	"os"
	"path/filepath"
	"testing"
)

// variable names the folder of the recordings in the environment.
const variable = "N2C_CORPUS"

// Dir returns the path of a recording. Without the variable it skips the test,
// and it fails the test if the variable names a folder without the recording.
func Dir(t testing.TB, recording string) string {
	t.Helper()
	root := os.Getenv(variable)
	if root == "" {
		t.Skipf("%s is not set: it names the folder of the recordings, which are not part of the repository", variable)
	}
	dir := filepath.Join(root, recording)
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return dir
}
