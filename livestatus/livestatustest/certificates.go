package livestatustest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificates are those of a server that demands one of its clients.
type Certificates struct {
	Server                    *tls.Config
	CA, ClientCert, ClientKey string // files
}

// NewCertificates makes a certificate authority, and what it signs.
func NewCertificates(t testing.TB, serverName string) Certificates {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		must(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	must(err)
	signed := func(number int64, name string) (der []byte, key *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(err)
		der, err = x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
			NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		}, ca, key.Public(), caKey)
		must(err)
		return der, key
	}
	serverDER, serverKey := signed(2, serverName)
	clientDER, clientKey := signed(3, "client")
	keyDER, err := x509.MarshalECPrivateKey(clientKey)
	must(err)
	parsed, err := x509.ParseCertificate(caDER)
	must(err)
	clients := x509.NewCertPool()
	clients.AddCert(parsed)
	return Certificates{
		Server: &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{serverDER}, PrivateKey: serverKey}},
			ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: clients,
		},
		CA:         write("ca.pem", "CERTIFICATE", caDER),
		ClientCert: write("client.pem", "CERTIFICATE", clientDER),
		ClientKey:  write("client.key", "EC PRIVATE KEY", keyDER),
	}
}
