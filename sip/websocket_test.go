package sip_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"dialtone/sip"
)

// browser is a telephone in a web page: what it sends is written by the test.
type browser struct {
	r      *room
	socket *websocket.Conn
}

// browse opens a WebSocket to the server from 192.0.2.40.
func (r *room) browse(url string, protocols ...string) (*browser, error) {
	_, trust := identity()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			port := map[bool]string{true: "443", false: "80"}[strings.HasPrefix(url, "wss")]
			return r.wire.Host("192.0.2.40").Dial(ctx, listener("tcp:192.0.2.1:"+port).Addr)
		},
		TLSClientConfig: trust,
	}
	socket, _, err := websocket.Dial(context.Background(), url, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: protocols, HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}},
	})
	if err != nil {
		transport.CloseIdleConnections()
		return nil, err
	}
	r.Cleanup(func() { socket.CloseNow(); transport.CloseIdleConnections() })
	return &browser{r, socket}, nil
}

func (b *browser) send(text string) {
	b.r.Helper()
	if err := b.socket.Write(context.Background(), websocket.MessageText, []byte(text)); err != nil {
		b.r.Fatal(err)
	}
}

// want is the next message, which begins as start says.
func (b *browser) want(why, start string) string {
	b.r.Helper()
	kind, data, err := b.socket.Read(context.Background())
	if err != nil || kind != websocket.MessageText || !bytes.HasPrefix(data, []byte(start)) {
		b.r.Fatalf("%s: want %q, got %v %q, %v", why, start, kind, data, err)
	}
	return string(data)
}

// line is the value of a header of a message.
func line(message, name string) string {
	for text := range strings.SplitSeq(message, "\r\n") {
		if n, value, ok := strings.Cut(text, ": "); ok && strings.EqualFold(n, name) {
			return value
		}
	}
	return ""
}

// A browser's request, as jssip writes it: hosts that do not exist, no Content-Length needed (RFC 7118 §5.2).
func browserRequest(method, uri, via, headers, body string) string {
	return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" + via + " df7jal23ls0d.invalid;branch=z9hG4bK" + method + "\r\nMax-Forwards: 69\r\n" +
		"From: <sip:1000@example.com>;tag=asdyka899\r\nTo: <sip:1000@example.com>\r\nCall-ID: asidkj3ss\r\nCSeq: 1 " + method + "\r\n" +
		"Contact: <sip:kbk8g@df7jal23ls0d.invalid;transport=ws>;reg-id=1;+sip.instance=\"<urn:uuid:f81-7dec-14a06cf1>\"\r\n" + headers + "\r\n" + body
}

func TestBrowserCallsAndIsCalled(t *testing.T) {
	for _, via := range []string{"WS", "WSS"} {
		t.Run(via, func(t *testing.T) {
			kept := &bindings{all: map[string][]sip.Binding{}}
			secure(t, sip.Config{Bindings: kept}, func(r *room) {
				page, err := r.browse(strings.ToLower(via)+"://sip.example.com/", "sip")
				if err != nil {
					r.Fatal(err)
				}
				page.send("\r\n\r\n")
				page.want("RFC 5626 §4.4.1", "\r\n")
				page.send(browserRequest("OPTIONS", "sip:example.com", via, "", ""))
				answer := page.want("one message in a frame", "SIP/2.0 200 OK\r\n")
				if v := line(answer, "Via"); !strings.HasPrefix(v, "SIP/2.0/"+via+" df7jal23ls0d.invalid;") || !strings.Contains(v, "received=192.0.2.40") {
					r.Errorf("Via: %s", v)
				}
				// The phone's registration stands: it is called over its connection, by a name that leads nowhere.
				source := sip.Source{Transport: strings.ToLower(via), Addr: listener("tcp:" + strings.Split(line(answer, "Via"), "received=")[1] + ":" + portOf(answer)).Addr}
				kept.all["1000"] = []sip.Binding{{Contact: "sip:kbk8g@df7jal23ls0d.invalid;transport=ws", Source: source, Expires: time.Now().Add(time.Hour)}}
				targets := r.server.Contacts("1000")
				if len(targets) != 1 {
					r.Fatalf("contacts: %+v", targets)
				}
				leg, err := r.server.Dial(context.Background(), targets[0], &media{})
				if err != nil {
					r.Fatal(err)
				}
				invite := page.want("the call", "INVITE sip:kbk8g@df7jal23ls0d.invalid;transport=ws SIP/2.0\r\nVia: SIP/2.0/"+via+" 192.0.2.1")
				if c := line(invite, "Contact"); !strings.Contains(c, ";transport=ws>") {
					r.Errorf("Contact: %s", c)
				}
				// A page that is closed takes its call with it, at once: nothing can reach it any more.
				start := time.Now()
				page.socket.CloseNow()
				if e := r.ended(leg); e.By != sip.ByNetwork || time.Since(start) > time.Second {
					r.Errorf("ended %+v after %v", e, time.Since(start))
				}
				if targets := r.server.Contacts("1000"); len(targets) != 0 {
					r.Errorf("it can still be called: %+v", targets)
				}
				if _, err := r.server.Dial(context.Background(), targets[0], &media{}); err == nil {
					r.Error("a browser that is gone was called")
				}
			})
		})
	}
}

// portOf is the rport of an answer's Via.
func portOf(message string) string {
	_, rest, _ := strings.Cut(line(message, "Via"), ";rport=")
	port, _, _ := strings.Cut(rest, ";")
	return port
}

func TestWebSocketWithoutSIPIsRefused(t *testing.T) {
	secure(t, sip.Config{}, func(r *room) {
		for _, protocols := range [][]string{nil, {"mqtt"}} {
			if _, err := r.browse("ws://sip.example.com/", protocols...); err == nil || !strings.Contains(err.Error(), "400") {
				r.Errorf("%v: got %v, want 400 (RFC 7118 §4.1)", protocols, err)
			}
		}
		if _, err := r.browse("ws://sip.example.com/", "mqtt", "sip"); err != nil {
			r.Error(err)
		}
	})
}

// What is no message is answered and does not end the connection, where the next begins is certain; what is too long does.
func TestGarbageOverWebSocket(t *testing.T) {
	secure(t, sip.Config{}, func(r *room) {
		page, err := r.browse("ws://sip.example.com/", "sip")
		if err != nil {
			r.Fatal(err)
		}
		page.send("what is this")
		page.send(strings.Replace(browserRequest("OPTIONS", "sip:example.com", "WS", "", ""), "CSeq: 1", "CSeq: x", 1))
		page.want("a request that cannot be read", "SIP/2.0 400")
		page.send(browserRequest("OPTIONS", "sip:example.com", "WS", "", ""))
		page.want("the connection lives", "SIP/2.0 200")
		go page.socket.Write(context.Background(), websocket.MessageText, bytes.Repeat([]byte("x"), 70000))
		if _, _, err := page.socket.Read(context.Background()); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
			r.Errorf("70 kB: %v", err)
		}
		synctest.Wait()
		if c := r.server.Counts(); c.Oversize != 1 || c.Garbage != 2 {
			r.Errorf("%+v", c)
		}
	})
}

// A message that has begun is complete in ten seconds.
func TestSlowFrameEnds(t *testing.T) {
	secure(t, sip.Config{}, func(r *room) {
		page, err := r.browse("ws://sip.example.com/", "sip")
		if err != nil {
			r.Fatal(err)
		}
		w, err := page.socket.Writer(context.Background(), websocket.MessageText)
		if err != nil {
			r.Fatal(err)
		}
		start := time.Now()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range 100 {
				if _, err := w.Write([]byte(strings.Repeat("x", 5000))); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		if _, _, err := page.socket.Read(context.Background()); err == nil || time.Since(start) > 11*time.Second {
			r.Errorf("%v after %v, want the end within 10 s", err, time.Since(start))
		}
		<-ended
	})
}
