package assembly

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish/amqp"
)

// The configuration has the defaults that the target's room recommends.
func TestDefaultsOfAMQPAgree(t *testing.T) {
	got := amqpOptions(&config.Default().Publish.AMQP, slog.Default())
	want := amqp.DefaultOptions()
	want.URLs, want.Log = got.URLs, got.Log
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(),
		cmpopts.IgnoreFields(amqp.Options{}, "Password", "Log")); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsOfTargetsNameTheirKeys(t *testing.T) {
	l, err := config.Parse(strings.NewReader(`
targets:
  - type: amqp
    urls: ["http://a"]
    window: 5000
    mechanism: EXTERNAL
  - {name: b, type: amqp, exchange: ""}
supervisor: none
readers: {log: {path: /nowhere/nagios.log}}
`), "c.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Resolve(l, t.TempDir())
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		"c.yml:4: targets[0].urls[0]: ", "c.yml:5: targets[0].window: ", "c.yml:6: targets[0].mechanism: ",
		"c.yml:7: targets[1].exchange: ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}
