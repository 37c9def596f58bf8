package sip

import (
	"fmt"
	"strings"
	"testing"
)

func TestFramerFindsMessagesByteByByte(t *testing.T) {
	messages := []string{
		"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n",
		"INVITE sip:a SIP/2.0\r\nl : 5\r\n\r\nv=0\r\n",
		"INVITE sip:a SIP/2.0\r\nSubject: a\r\n  folded\r\nCONTENT-LENGTH:3\r\n\r\nabc",
	}
	var f framer
	var buf []byte
	var got []string
	for _, c := range []byte(strings.Join(messages, "")) {
		buf = append(buf, c)
		n, err := f.next(buf)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			got = append(got, string(buf[:n]))
			buf = buf[n:]
		}
	}
	if len(buf) != 0 || fmt.Sprint(got) != fmt.Sprint(messages) {
		t.Errorf("got %q and %q, want %q", got, buf, messages)
	}
}

func TestFramerRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no length":       "OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\n",
		"negative length": "OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n",
		"signed length":   "OPTIONS sip:a SIP/2.0\r\nContent-Length: +1\r\n\r\n",
		"two lengths":     "OPTIONS sip:a SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n",
		"huge length":     "OPTIONS sip:a SIP/2.0\r\nContent-Length: 70000\r\n\r\n",
		"endless headers": strings.Repeat("X: yyyyyyy\r\n", 7000),
	} {
		var f framer
		if n, err := f.next([]byte(text)); err == nil {
			t.Errorf("%s: taken as a message of %d bytes", name, n)
		}
	}
}

func TestKeepAlives(t *testing.T) {
	stun := "\x00\x01\x00\x00\x21\x12\xa4\x42transaction!"
	for _, data := range []string{"", "\x00", "\r\n\r\n", "\r\n\r\n\r\n", "jaK\x00", "\x00\x00\x00\x00\x00\x00", stun} {
		if !isKeepAlive([]byte(data)) {
			t.Errorf("%q is not taken for a keep-alive", data)
		}
	}
	for _, data := range []string{"OPTIONS sip:a SIP/2.0\r\n\r\n", "\r\nOPTIONS"} {
		if isKeepAlive([]byte(data)) {
			t.Errorf("%q is taken for a keep-alive", data)
		}
	}
}

// A stream cut anywhere gives the same messages, and nothing a stranger sends is more than a message may be.
func FuzzFramer(f *testing.F) {
	f.Add([]byte("OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nabOPTIONS sip:a SIP/2.0\r\nl: 0\r\n\r\n"), 7)
	f.Add([]byte("A\r\n\r\n"), 2)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		var whole, parts framer
		first, err := whole.next(data)
		if first > len(data) || first > maxMessage {
			t.Fatalf("a message of %d bytes in %d", first, len(data))
		}
		if cut < 0 || cut > len(data) || len(data) > maxMessage {
			return
		}
		second, err2 := parts.next(data[:cut])
		if second == 0 && err2 == nil {
			second, err2 = parts.next(data)
		}
		if second != first || (err == nil) != (err2 == nil) {
			t.Fatalf("whole: %d, %v; cut at %d: %d, %v", first, err, cut, second, err2)
		}
	})
}
