package interop

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secureAddr starts a server that listens by TLS too, and gives its address for that.
func startSecure(t *testing.T, args ...string) (s *server, secure string) {
	t.Helper()
	secure = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	return start(t, append(args, "--sip", "tls:"+secure)...), secure
}

// baresip believes the certificate that the server has made for itself, registers over TLS, and calls the menu.
func TestBaresipOverTLS(t *testing.T) {
	t.Parallel()
	s, secure := startSecure(t)
	steps := s.follow()
	startBaresip(t, s, "1000", secure+";transport=tls", silentWAV(8000*30), []string{"sip_verify_server yes", "sip_cafile " + filepath.Join(s.data, "tls", "selfsigned.crt")}, "",
		"-e", "/dial sip:8899@"+secure+";transport=tls")
	eventually(t, "it is registered over TLS", 25*time.Second, func() bool { return registeredBy(s, "1000") == "tls" })
	eventually(t, "the menu waits for a key", 25*time.Second, func() bool {
		seen := steps()
		return len(seen) > 0 && seen[len(seen)-1].Application == "WaitExten"
	})
}

// registeredBy is the transport over which a phone has registered.
func registeredBy(s *server, number string) string {
	out, err := exec.Command(binary, "registrations", "--data", s.data, "--json").Output()
	var list []struct {
		Phone, Number, Transport string
	}
	if err != nil || json.Unmarshal(out, &list) != nil {
		return ""
	}
	for _, r := range list {
		if r.Phone == number || r.Number == number {
			return r.Transport
		}
	}
	return ""
}

// linphone registers over TLS and calls the menu.
func TestLinphoneOverTLS(t *testing.T) {
	t.Parallel()
	s, secure := startSecure(t)
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, ".local/share/linphone"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := strings.Join([]string{
		"[sip]", "default_proxy=0", "sip_port=-1", "sip_tcp_port=-1", "sip_tls_port=-1", "root_ca=" + filepath.Join(s.data, "tls", "selfsigned.crt"),
		"verify_server_certs=1", "verify_server_cn=1", "media_encryption=none", "guess_hostname=1",
		"[auth_info_0]", "username=1000", "userid=1000", "passwd=" + s.demo["1000"], "realm=dialtone", "domain=" + secure,
		"[proxy_0]", "reg_proxy=<sip:" + secure + ";transport=tls>", "reg_identity=sip:1000@" + secure, "reg_expires=600", "reg_sendregister=1",
		"[sound]", "playback_dev_id=none", "capture_dev_id=none",
		"[rtp]", fmt.Sprintf("audio_rtp_port=%d", freeMedia()), "",
	}, "\n")
	if err := os.WriteFile(filepath.Join(dir, "linphonerc"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	steps := s.follow()
	phone := program(t, "env", "HOME="+dir, "linphonec", "-c", filepath.Join(dir, "linphonerc"))
	phone.typed("soundcard use files")
	eventually(t, "it is registered over TLS", 25*time.Second, func() bool { return registeredBy(s, "1000") == "tls" })
	phone.typed("call sip:8899@" + secure)
	eventually(t, "the menu waits for a key", 25*time.Second, func() bool {
		seen := steps()
		return len(seen) > 0 && seen[len(seen)-1].Application == "WaitExten"
	})
}

// The certificate of an authority: pebble, which is Let's Encrypt's own test server, asks for a name by HTTP and gives one.
func TestCertificateByACME(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	directory, management, challenge := freePort(t), freePort(t), freePort(t)
	authority, key := selfMade(t, dir)
	names := freePort(t)
	program(t, "pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", fmt.Sprintf("127.0.0.1:%d", names),
		"-http01", "", "-https01", "", "-tlsalpn01", "", "-management", fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	config := fmt.Sprintf(`{"pebble": {"listenAddress": "127.0.0.1:%d", "managementListenAddress": "127.0.0.1:%d",
		"certificate": %q, "privateKey": %q, "httpPort": %d, "tlsPort": 9}}`, directory, management, authority, key, challenge)
	if err := os.WriteFile(filepath.Join(dir, "pebble.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	program(t, "env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "pebble", "-config", filepath.Join(dir, "pebble.json"),
		"-dnsserver", fmt.Sprintf("127.0.0.1:%d", names))
	eventually(t, "the authority listens", 10*time.Second, func() bool {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", directory))
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	_, secure := startSecure(t, "--acme", "pbx.example.com", "--acme-server", fmt.Sprintf("https://127.0.0.1:%d/dir", directory),
		"--acme-http", fmt.Sprintf("127.0.0.1:%d", challenge), "--tls-trust", authority)
	eventually(t, "the authority's certificate is shown", 30*time.Second, func() bool {
		conn, err := tls.Dial("tcp", secure, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return false
		}
		defer conn.Close()
		shown := conn.ConnectionState().PeerCertificates[0]
		return strings.HasPrefix(shown.Issuer.CommonName, "Pebble") && shown.VerifyHostname("pbx.example.com") == nil
	})
}

// selfMade has a server make a certificate, and gives the files.
func selfMade(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	s, _ := startSecure(t)
	s.stop()
	for from, to := range map[string]*string{"selfsigned.crt": &cert, "selfsigned.key": &key} {
		text, err := os.ReadFile(filepath.Join(s.data, "tls", from))
		if err != nil {
			t.Fatal(err)
		}
		*to = filepath.Join(dir, from)
		if err := os.WriteFile(*to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	if text, _ := os.ReadFile(cert); !pool.AppendCertsFromPEM(text) || bytes.Contains(text, []byte("PRIVATE")) {
		t.Fatal("the server's certificate is none")
	}
	return cert, key
}
