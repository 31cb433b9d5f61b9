package livestatus_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/tlsfiles"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus/livestatustest"
)

func newClient(t testing.TB, o livestatus.Options) *livestatus.Client {
	t.Helper()
	client, err := livestatus.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// names asks for the names of all hosts.
func names(client *livestatus.Client) (names []string, answer livestatus.Answer, err error) {
	q := livestatus.Query{Table: "hosts", Columns: []string{"name"}}
	answer, err = client.Query(context.Background(), q, func(row []livestatus.Value) error {
		names = append(names, row[0].String())
		return nil
	})
	return names, answer, err
}

// answering starts a server that answers each query with these bytes.
func answering(t *testing.T, answer string) livestatus.Options {
	t.Helper()
	server := livestatustest.New(t, livestatustest.MK)
	server.Meddle(func(conn net.Conn, _ string) bool {
		io.WriteString(conn, answer)
		return true
	})
	return livestatus.Options{Address: server.Address(), Site: "paris", FirstByte: time.Second, Body: time.Second}
}

func whole(body string) string { return fmt.Sprintf("200 %11d\n%s", len(body), body) }

// TestFaultsOfJSONCostOneValue: what is known to be wrong in answers from the field.
func TestFaultsOfJSONCostOneValue(t *testing.T) {
	for _, c := range []struct {
		name, body string
		names      []string
		faults     map[livestatus.Fault]int
	}{
		{"sound", `[["a"],["é\u00e9"],["\ud83d\ude00"],["q\"\\\/\b\f\n\r\tz"]]`,
			[]string{"a", "éé", "😀", "q\"\\/\b\f\n\r\tz"}, nil},
		{"blanks", " [ [ \"a\" ] ,\n [ \"b\" ] ] \n", []string{"a", "b"}, nil},
		{"empty", `[]`, nil, nil},
		{"lone surrogates", `[["a\ud83dz"],["\ude00"],["\ud83d\u0041"]]`, []string{"a\ufffdz", "\ufffd", "\ufffdA"},
			map[livestatus.Fault]int{livestatus.FaultSurrogate: 3}},
		{"nan and inf", `[[nan],[-inf],[Infinity],[1.5]]`, []string{"", "", "", "1.5"},
			map[livestatus.Fault]int{livestatus.FaultNumber: 3}},
		{"no comma between rows", `[["stats_1"][26]]`, []string{"stats_1", "26"},
			map[livestatus.Fault]int{livestatus.FaultComma: 1}},
		{"comma at the end", `[["a"],]`, []string{"a"}, map[livestatus.Fault]int{livestatus.FaultComma: 1}},
		{"no last bracket", `[["a"],["b"],`, []string{"a", "b"}, map[livestatus.Fault]int{livestatus.FaultEnd: 1}},
		{"unknown escape", `[["a\q\u12"]]`, []string{`a\q\u12`},
			map[livestatus.Fault]int{livestatus.FaultEscape: 2}},
		{"no row", `[["a"],null,["b"]]`, []string{"a", "b"}, map[livestatus.Fault]int{livestatus.FaultRow: 1}},
		{"bytes of another charset", "[[\"a\xe9\xff\"]]", []string{"a\xe9\xff"}, nil},
		{"line feed in a text", "[[\"a\nb\"]]", []string{"a\nb"}, nil},
		{"wrapped", `{"failed":{},"data":[["a"]],"rows_scanned":1,"total_count":1}`, []string{"a"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, answer, err := names(newClient(t, answering(t, whole(c.body))))
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.names) {
				t.Errorf("got %q, want %q", got, c.names)
			}
			if fmt.Sprint(answer.Faults) != fmt.Sprint(c.faults) {
				t.Errorf("faults %v, want %v", answer.Faults, c.faults)
			}
		})
	}
}

// TestErrorsNameThePlaceAndWhatToDo: what can come in the place of an answer.
func TestErrorsNameThePlaceAndWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		says         []string
	}{
		{"text of unixcat", "Couldn't connect to UNIX-socket at /x: Connection refused\n",
			[]string{`"Couldn't connect to UNIX-socket at /x`, "behind xinetd"}},
		{"LMD's complaint", "bad request: table xyz does not exist\n", []string{"bad request: table xyz", "address"}},
		{"HTTP", "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n", []string{"HTTP/1.1 400"}},
		{"shorter than a header", "no\n", []string{"no answer within the time"}},
		{"no length", "200            \n[]", []string{"does not begin with a header"}},
		{"negative length", "200         -12\n[]", []string{"does not begin with a header"}},
		{"code 403", "403           4\nnope", []string{"code 403", "nope", "allow it"}},
		{"code 413", "413           8\ntoo much", []string{"code 413", "max_response_size"}},
		{"code 502", "502           4\ndown", []string{"LMD can't reach"}},
		{"stack trace", "452          23\nError: x\n\nStacktrace: y", []string{"Error: x", "report it"}},
		{"hangs after the header", "200          20\n", []string{"stopped on its way", "20 bytes are missing"}},
		{"half an answer", "200          20\n[[\"a\"],", []string{"stopped on its way"}},
		{"cut within a row", whole(`[["a`), []string{"ends too early"}},
		{"empty", whole(""), []string{"it is empty"}},
		{"no JSON", whole("hello"), []string{`no JSON: "hello"`}},
		{"too many values", whole(`[["a","b"]]`), []string{"2 values, not 1"}},
		{"fewer rows than counted", whole(`{"data":[["a"]],"total_count":3}`), []string{"1 rows of 3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := names(newClient(t, answering(t, c.answer)))
			if err == nil {
				t.Fatal("no error")
			}
			for _, text := range append(c.says, "paris", "table hosts", "unix:/") {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
			if strings.Contains(err.Error(), "Stacktrace") {
				t.Errorf("%q shows a stack trace", err)
			}
		})
	}
}

// TestUnreachable: nobody listens, or the address is of something else.
func TestUnreachable(t *testing.T) {
	_, _, err := names(newClient(t, livestatus.Options{Address: "unix:/nowhere/live"}))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "start the supervisor") {
		t.Errorf("got %v", err)
	}
	for _, address := range []string{"", "/var/live", "unix:", "unix:relative", "tcp://host", "tcp://:6557",
		"http://h:1",
		"tcp://h:0", "tls://h:99999"} {
		if _, err := livestatus.New(livestatus.Options{Address: address}); err == nil {
			t.Errorf("%q is taken for an address", address)
		}
	}
	half := livestatus.Options{Address: "unix:/x", TLS: tlsfiles.Settings{CertFile: "/c"}}
	if _, err := livestatus.New(half); err == nil || !strings.Contains(err.Error(), "belong together") ||
		!strings.Contains(err.Error(), "not tls://") {
		t.Errorf("got %v", err)
	}
}

// TestConnectionIsUsedAgain, and opened anew when the server has closed it.
func TestConnectionIsUsedAgain(t *testing.T) {
	server := livestatustest.New(t, livestatustest.Shinken)
	server.Set("hosts", livestatustest.Row{"name": "h"})
	client := newClient(t, livestatus.Options{Address: server.Address()})
	for range 3 {
		if got, _, err := names(client); err != nil || len(got) != 1 {
			t.Fatalf("%v, %v", got, err)
		}
	}
	if n := server.Accepted(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	server.Stop()
	server.Start()
	if got, _, err := names(client); err != nil || len(got) != 1 {
		t.Fatalf("after a restart: %v, %v", got, err)
	}
	server.Stop()
	if _, _, err := names(client); err == nil {
		t.Error("a server that is gone answers")
	}
}

// TestCallersErrorEndsTheQuery: the next query is on a new connection, since the rest of
// the answer is still on the old one.
func TestCallersErrorEndsTheQuery(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	server.Set("hosts", livestatustest.Row{"name": "a"}, livestatustest.Row{"name": "b"})
	client := newClient(t, livestatus.Options{Address: server.Address()})
	mine := errors.New("mine")
	q := livestatus.Query{Table: "hosts", Columns: []string{"name"}}
	if _, err := client.Query(context.Background(), q,
		func([]livestatus.Value) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
	if got, _, err := names(client); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
}

// TestContextEndsAWait for an answer that does not come.
func TestContextEndsAWait(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	asked := make(chan struct{}, 1)
	server.Meddle(func(net.Conn, string) bool { asked <- struct{}{}; return true })
	client := newClient(t, livestatus.Options{Address: server.Address()})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-asked; cancel() }()
	_, err := client.Query(ctx, livestatus.Query{Table: "hosts", Columns: []string{"name"}}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestQueryIsOneQuery: nothing that is asked for can begin another one.
func TestQueryIsOneQuery(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	client := newClient(t, livestatus.Options{Address: server.Address()})
	q := livestatus.Query{Table: "hosts", Columns: []string{"name"},
		Filters: []livestatus.Filter{livestatus.Compare("name", "=", "h\n\nCOMMAND [1] SHUTDOWN_PROGRAM")}}
	if _, err := client.Query(context.Background(), q, nil); err == nil {
		t.Error("it is sent")
	}
	if sent := server.Queries(); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
	for _, name := range []string{"", " h", "h\n", "h\x00"} {
		if livestatus.CanCompare(name) {
			t.Errorf("%q can be compared with", name)
		}
	}
}

// TestTLS: with the server's certificate known, a client certificate, and another name
// than that of the address.
func TestTLS(t *testing.T) {
	server := livestatustest.New(t, livestatustest.MK)
	server.Set("hosts", livestatustest.Row{"name": "h"})
	certs := livestatustest.NewCertificates(t, "monitor.example")
	listener, err := tls.Listen("tcp", "127.0.0.1:0", certs.Server)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go server.Serve(listener)
	good := livestatus.Options{
		Address: "tls://" + listener.Addr().String(),
		TLS: tlsfiles.Settings{
			CAFile: certs.CA, CertFile: certs.ClientCert, KeyFile: certs.ClientKey, ServerName: "monitor.example",
		},
	}
	if got, _, err := names(newClient(t, good)); err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	for name, spoil := range map[string]func(*livestatus.Options){
		"another name":   func(o *livestatus.Options) { o.TLS.ServerName = "" },
		"unknown CA":     func(o *livestatus.Options) { o.TLS.CAFile = "" },
		"no certificate": func(o *livestatus.Options) { o.TLS.CertFile, o.TLS.KeyFile = "", "" },
		"missing file":   func(o *livestatus.Options) { o.TLS.CAFile = "/nowhere.pem" },
	} {
		bad := good
		spoil(&bad)
		if _, _, err := names(newClient(t, bad)); err == nil {
			t.Errorf("%s: it answers", name)
		}
	}
}
