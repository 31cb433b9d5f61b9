package endtoend

import (
	"fmt"
	"os"
	"testing"

	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/testbroker"
)

// The program, the NEB module and the RabbitMQ of all tests here. Each test uses
// an exchange and a queue of its own, and leaves the broker running.
var (
	binary string
	module string
	broker *testbroker.Broker
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "endtoend-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if binary, err = Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, "building the program:", err)
		return 1
	}
	if module, err = BuildModule(dir); err != nil {
		fmt.Fprintln(os.Stderr, "building the module:", err)
		return 1
	}
	if broker, err = testbroker.Launch(testbroker.Options{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer broker.Close()
	return m.Run()
}
