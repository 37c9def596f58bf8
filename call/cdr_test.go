package call_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"dialtone/call/softphone"
)

const recorded = `
[phones]
exten => named,1,Answer()
 same => n,Set(CDR(accountcode)=77)
 same => n,Set(CDR(userfield)=${PJSIP_HEADER(read,CSeq)} ${LEN(${PJSIP_HEADERS(Auth)})})
 same => n,Set(CDR(queue)=sales)
 same => n,Hangup()
exten => unanswered,1,Hangup(17)
exten => none,1,NoCDR()
 same => n,Hangup()
`

func TestTheDialplansRecordIsKept(t *testing.T) {
	l := newLab(t, labConfig{plan: recorded})
	phone := l.phone(softphone.Config{})
	l.end(l.call(phone, "named"))
	r := l.record()
	if r.Account != "77" || r.Result != "ANSWERED" || r.Fields["queue"] != "sales" || r.Answer.IsZero() {
		t.Errorf("account %q, disposition %q, fields %v, answered %v", r.Account, r.Result, r.Fields, r.Answer)
	}
	if !strings.HasSuffix(r.UserField, "INVITE 0") {
		t.Errorf("headers: %q", r.UserField)
	}
	l.end(l.call(phone, "none"))
	l.end(l.call(phone, "unanswered"))
	l.until("the record of the last call", func() bool { return len(l.records()) > 1 })
	list := l.records()
	if len(list) != 2 || list[0].Result != "BUSY" {
		t.Errorf("%d records, the last one %q: NoCDR leaves none", len(list), list[0].Result)
	}
	l.nothingLeft()
}

// What a call's sound did is in its record, in the dialplan and, while it is up, among the live calls.
func TestTheSoundIsMeasured(t *testing.T) {
	l := newLab(t, labConfig{plan: `
[phones]
exten => sound,1,Answer()
 same => n,WaitExten(5)
exten => 1,1,Set(CDR(lost)=${CHANNEL(rtcp,rxploss)} ${CHANNEL(rtpqos,audio,local_lostpackets)})
 same => n,Hangup()
exten => h,1,Set(CDR(userfield)=${RTPAUDIOQOS})
`})
	c := l.call(l.phone(softphone.Config{}), "sound")
	l.await(c, softphone.Answered)
	l.until("sound is heard and sent", func() bool {
		calls := l.calls.Calls()
		return len(calls) == 1 && calls[0].Media.Received > 5 && calls[0].Media.Sent > 5 && calls[0].Media.MOS > 4
	})
	if err := c.Press([]softphone.Press{{Key: '1'}}); err != nil {
		t.Fatal(err)
	}
	l.end(c)
	r := l.record()
	if m := r.Media; m == nil || m.Received < 5 || m.Sent < 5 || m.Lost != 0 || m.Digits["event"] != 1 || m.MOS < 4 || m.Far != nil {
		t.Errorf("the record says %+v", m)
	}
	if !strings.HasPrefix(r.UserField, "ssrc=") || r.Fields["lost"] != "0 0" {
		t.Errorf("the dialplan reads %q, %q", r.UserField, r.Fields["lost"])
	}
	l.nothingLeft()
}

// A program that thinks does not hold a live call whose caller is gone.
func TestAProgramIsToldOfAHangUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	asked, told := make(chan struct{}), make(chan string, 1)
	go func() {
		c, err := listener.Accept()
		if err != nil {
			told <- err.Error()
			return
		}
		defer c.Close()
		in := bufio.NewScanner(c)
		for in.Scan() && in.Text() != "" {
		}
		fmt.Fprint(c, "ANSWER\n")
		in.Scan()
		close(asked)
		in.Scan()
		told <- in.Text()
	}()
	l := newLab(t, labConfig{plan: "[phones]\nexten => menu,1,AGI(agi://" + listener.Addr().String() + ")\n same => n,Wait(60)\nexten => h,1,Set(CDR(userfield)=${AGISTATUS})\n"})
	c := l.call(l.phone(softphone.Config{}), "menu")
	l.await(c, softphone.Answered)
	<-asked
	c.Hangup()
	l.end(c)
	if line := <-told; line != "HANGUP" {
		t.Errorf("the program was told %q", line)
	}
	if r := l.record(); r.UserField != "HANGUP" || r.EndedBy != "caller" {
		t.Errorf("AGISTATUS %q, ended by %s", r.UserField, r.EndedBy)
	}
	l.nothingLeft()
}
