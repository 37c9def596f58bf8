package sip

import (
	"encoding/xml"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

// elements are the names of a document's elements, and the values of one attribute of them.
func elements(t *testing.T, document, attribute string) (names string, values []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(document))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return names, values
		}
		if err != nil {
			t.Fatalf("%v in %q", err, document)
		}
		if start, ok := token.(xml.StartElement); ok {
			names += " " + start.Name.Local
			for _, a := range start.Attr {
				if a.Name.Local == attribute {
					values = append(values, a.Value)
				}
			}
		}
	}
}

// Whoever calls, and whatever they call themselves, makes a document of the same elements.
func FuzzLampDocuments(f *testing.F) {
	f.Add("1001", "Anna", "Bob", "1005", "example.com", 0)
	f.Add("*98#", `"><state>`, "</identity>&amp;", "a b@c;d", "[2001:db8::1]", 1)
	f.Add("\x00\xff", "\x1b[31m", "\u2028", "", "", 4)
	states := []LampState{LampIdle, LampRinging, LampBusy, LampHeld, LampAway}
	f.Fuzz(func(t *testing.T, exten, name, caller, number, host string, state int) {
		lamp := Lamp{State: states[uint(state)%uint(len(states))], Name: name, Caller: CallerID{Name: caller, User: number, Host: host}}
		entity := "sip:" + escapeUser(exten) + "@192.0.2.1"
		plain := Lamp{State: lamp.State}
		if number != "" {
			plain.Caller.User = "1"
		}
		for _, kind := range eventPackages {
			if !kind.ofExtension {
				if text := kind.body(entity, lamp, 0); strings.Count(text, "\n") != 3 {
					t.Errorf("%q", text)
				}
				continue
			}
			got, entities := elements(t, kind.body(entity, lamp, 7), "entity")
			want, _ := elements(t, kind.body("sip:1@h", plain, 7), "entity")
			if got != want || len(entities) != 1 || entities[0] != entity {
				t.Errorf("%s of %+v has%s, want%s; entities %q", kind.name, lamp, got, want, entities)
			}
		}
	})
}

// everything is a Lamps where every extension rings, called by the extension itself.
type everything struct{}

func (everything) Lamp(phone, exten string) (Lamp, bool) {
	return Lamp{State: LampRinging, Name: exten, Caller: CallerID{Name: exten, User: exten}}, true
}
func (everything) Watch(string, string, func()) func() { return func() {} }

// A SUBSCRIBE of a phone, whatever its headers say, is refused or makes a NOTIFY that can be read.
func FuzzSUBSCRIBE(f *testing.F) {
	f.Add("sip:1001@192.0.2.1", "dialog;id=7", "<sip:1000@10.0.0.9>", "300", "application/dialog-info+xml")
	f.Add("tel:+1-555", "presence", "<sip:[::1]:5060;transport=tcp>;a=b", "0", "*/*")
	f.Add("sip:%0d%0a@h", "message-summary;a=\"\r\"", "*", "99999999999", "")
	f.Add("sips:a%22b@h;x=y", " dialog ;; ", "\"A\" <sip:a@b>, <sip:c@d>", "-1", "a/b, c")
	s, err := New(Config{Lamps: everything{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.close)
	from := &flow{socket: nowhere{}, local: netip.MustParseAddrPort("192.0.2.1:5060"), remote: netip.MustParseAddrPort("192.0.2.9:5060")}
	f.Fuzz(func(t *testing.T, uri, event, contact, expires, accept string) {
		text := "SUBSCRIBE " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKa\r\nMax-Forwards: 70\r\nFrom: <sip:1000@h>;tag=1\r\nTo: <" + uri + ">\r\n" +
			"Call-ID: a\r\nCSeq: 1 SUBSCRIBE\r\nContact: " + contact + "\r\nEvent: " + event + "\r\nExpires: " + expires + "\r\nAccept: " + accept + "\r\nContent-Length: 0\r\n\r\n"
		msg, err := s.parser.ParseSIP([]byte(text))
		req, ok := msg.(*gosip.Request)
		if err != nil || !ok || req.Method != gosip.SUBSCRIBE || Validate(req) != nil {
			return
		}
		sub, lasts, refusal := s.subscribed(req, from, "1000")
		if refusal != nil {
			return
		}
		if lasts != 0 && (lasts < minSubscription || lasts > maxSubscription) {
			t.Errorf("granted %v", lasts)
		}
		lamp, _ := everything{}.Lamp("", sub.exten)
		body := sub.kind.body(sub.entity, lamp, 0)
		if sub.kind.ofExtension {
			elements(t, body, "")
		}
		notify, err := sub.notification(lamp, true)
		if err != nil {
			return // a Contact that cannot be asked
		}
		notify.PrependHeader(s.newVia(from))
		if _, err := s.parser.ParseSIP([]byte(notify.String())); err != nil {
			t.Errorf("%v in %q", err, notify.String())
		}
		if strings.Count(notify.String(), "\r\n\r\n") < 1 || strings.Contains(notify.Short(), "\n") {
			t.Errorf("%q", notify.String())
		}
	})
}
