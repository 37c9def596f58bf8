package confd

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sounds"
	"dialtone/store"
)

// pipes is a network without sockets, so that its deadlines are in virtual time.
type pipes struct {
	calls  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// local is a pipe whose far end is on this machine.
type local struct{ net.Conn }

func (local) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.calls <- local{far}
	return near
}

// inVirtualTime runs a test on an API that serves connections in virtual time; secret is a key that may all.
func inVirtualTime(t *testing.T, test func(t *testing.T, api *API, network *pipes, secret string)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, dir)
		defer s.Close()
		var secret string
		if err := s.Update(func(tx *store.Tx) (err error) { secret, err = MakeKey(tx, "k", "", false); return err }); err != nil {
			t.Fatal(err)
		}
		api, network := New(Config{Store: s}), &pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: api}
		go server.Serve(network)
		defer server.Close()
		test(t, api, network, secret)
	})
}

// begin sends the beginning of a request that changes something, of which more is announced.
func begin(t *testing.T, network *pipes, secret string, announced int, sent string) net.Conn {
	t.Helper()
	c := network.dial()
	if _, err := fmt.Fprintf(c, "POST /0.1/tenants HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %s\r\nContent-Length: %d\r\n\r\n%s", secret, announced, sent); err != nil {
		t.Fatal(err)
	}
	return c
}

// answered is the status that comes on a connection, and the body.
func answered(t *testing.T, c net.Conn) (int, string) {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

// Who sends a body slowly is told to go after ten seconds, and holds up nobody meanwhile, however many there are.
func TestSlowBodies(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, api *API, network *pipes, secret string) {
		began := time.Now()
		var slow []net.Conn
		for range 2 * maxWriting {
			c := begin(t, network, secret, 30, `{"name": `)
			defer c.Close()
			slow = append(slow, c)
		}
		synctest.Wait()
		c := begin(t, network, secret, 14, `{"name": "in"}`)
		if status, body := answered(t, c); status != 200 {
			t.Errorf("beside slow ones: %d %s", status, body)
		}
		c.Close()
		if waited := time.Since(began); waited > time.Second {
			t.Errorf("it waited %v", waited)
		}
		for _, c := range slow {
			if status, body := answered(t, c); status != 408 || !strings.HasPrefix(body, `{"reason":["Input Error - the body did not come within 10s"],`) {
				t.Fatalf("%d %s", status, body)
			}
			c.Close()
		}
		if waited := time.Since(began); waited < bodyTime || waited > bodyTime+time.Second {
			t.Errorf("they were told after %v", waited)
		}
	})
}

// Large bodies are read a few at once only; who waits too long for his turn is told to come again.
func TestLargeBodiesTakeTurns(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, api *API, network *pipes, secret string) {
		var told atomic.Int32
		for range maxLarge + 5 {
			c := begin(t, network, secret, maxBody, "{")
			defer c.Close()
			go func() {
				response, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err == nil && response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "1" {
					told.Add(1)
				}
			}()
		}
		time.Sleep(time.Second)
		if n := len(api.large); n != maxLarge {
			t.Errorf("%d are read at once", n)
		}
		time.Sleep(placeTime)
		if n := told.Load(); n != 5 {
			t.Errorf("%d of 5 were told to come again", n)
		}
		time.Sleep(bodyTime)
		if n := len(api.large); n != 0 {
			t.Errorf("%d places are not given back", n)
		}
	})
}

// A body that is too large is not read: neither one that says so nor one that does not.
func TestBodiesTooLarge(t *testing.T) {
	l := newLab(t)
	large := `{"name": "` + strings.Repeat("x", maxBody) + `"}`
	l.refused(413, "POST", "/0.1/tenants", large, "Input Error - the body has more than 1 MiB")
	r, err := http.NewRequest("POST", l.server.URL+"/0.1/tenants", io.MultiReader(strings.NewReader(large))) // of unknown length
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", l.token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 413 {
		t.Errorf("without a length: %d", response.StatusCode)
	}
	fits := `{"name": "x", "more": "` + strings.Repeat("x", maxBody-30) + `"}`
	l.ask("POST", "/0.1/tenants", fits).want(200)
}

// A client that does not take its answer is given up after a while, and its place goes to others.
func TestSlowReaders(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, api *API, network *pipes, secret string) {
		api.mounts[0].paths = newPaths([]route{{method: "GET", path: "/much", handle: func(*request) (answer, error) {
			return shown(strings.Repeat("x", 4*smallBody)), nil
		}}})
		var slow []net.Conn
		for range maxLarge {
			c := network.dial()
			defer c.Close()
			fmt.Fprintf(c, "GET /1.1/much HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %s\r\n\r\n", secret)
			slow = append(slow, c)
		}
		synctest.Wait()
		if n := len(api.large); n != maxLarge {
			t.Fatalf("%d large answers are on their way", n)
		}
		time.Sleep(writeTime + time.Second)
		if n := len(api.large); n != 0 {
			t.Errorf("%d places are still held", n)
		}
		for _, c := range slow {
			if n, _ := io.Copy(io.Discard, c); n > 2*smallBody {
				t.Errorf("%d bytes came after all", n)
			}
		}
		// One that is slow, and takes a piece in time, gets all of it.
		c := network.dial()
		defer c.Close()
		fmt.Fprintf(c, "GET /1.1/much HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Auth-Token: %s\r\n\r\n", secret)
		var got bytes.Buffer
		for {
			n, err := io.CopyN(&got, c, smallBody/2)
			if err != nil || n == 0 {
				break
			}
			time.Sleep(writeTime / 3)
		}
		if got.Len() < 4*smallBody {
			t.Errorf("%d bytes came", got.Len())
		}
	})
}

// A thousand at once are all answered, and nothing is kept twice or lost.
func TestThousandAtOnce(t *testing.T) {
	l := newLab(t)
	const many = 1000
	begun, statuses := make(chan struct{}), make(chan int, many)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: many}}
	defer client.CloseIdleConnections()
	for i := range many {
		go func() {
			<-begun
			r, _ := http.NewRequest("POST", l.server.URL+"/0.1/tenants", strings.NewReader(fmt.Sprintf(`{"name": "t%d"}`, i/2)))
			r.Header.Set("X-Auth-Token", l.token)
			response, err := client.Do(r)
			if err != nil {
				statuses <- 0
				return
			}
			response.Body.Close()
			statuses <- response.StatusCode
		}()
	}
	close(begun)
	got := map[int]int{}
	for range many {
		got[<-statuses]++
	}
	if got[200] != many/2 || got[409] != many/2 {
		t.Errorf("%v, want as many 200 as 409", got)
	}
	if total := l.get("/0.1/tenants?limit=1")["total"]; total != float64(many/2+1) {
		t.Errorf("%v tenants", total)
	}
}

// So many sounds are uploaded at once and no more: who comes beyond them is told so, and those who never end are told to go.
func TestUploadsAtOnce(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, api *API, network *pipes, secret string) {
		api.config.Sounds = t.TempDir()
		if w := asked(api, "POST", "/1.1/sounds", loopback, map[string]string{"X-Auth-Token": secret}); w.Code != 400 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if err := sounds.NewCategories(api.config.Sounds).Create("ivr-sounds"); err != nil {
			t.Fatal(err)
		}
		upload := func(announced int, content []byte) net.Conn {
			c := network.dial()
			if _, err := fmt.Fprintf(c, "PUT /1.1/sounds/ivr-sounds/files/a.ulaw HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %s\r\nContent-Length: %d\r\n\r\n%s", secret, announced, content); err != nil {
				t.Fatal(err)
			}
			return c
		}
		content := bytes.Repeat([]byte{0x80}, 800)
		var slow []net.Conn
		for range maxUploads {
			slow = append(slow, upload(1000, content))
		}
		synctest.Wait()
		beyond := upload(800, content)
		if status, body := answered(t, beyond); status != 503 || body != `["Too many requests at once: try again"]`+"\n" {
			t.Errorf("beyond them: %d %s", status, body)
		}
		beyond.Close()
		for _, c := range slow {
			if status, body := answered(t, c); status != 408 {
				t.Errorf("a slow one: %d %s", status, body)
			}
			c.Close()
		}
		last := upload(800, content)
		if status, body := answered(t, last); status != 204 {
			t.Errorf("after them: %d %s", status, body)
		}
		last.Close()
	})
}
