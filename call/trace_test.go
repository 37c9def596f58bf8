package call_test

import (
	"context"
	"strings"
	"testing"

	"dialtone/call"
	"dialtone/call/softphone"
)

// untilEnd reads a trace up to the end of a call.
func untilEnd(lines <-chan call.Traced) string {
	var b strings.Builder
	for line := range lines {
		b.WriteString(string(line.Kind) + " " + line.Text + "\n")
		if line.Kind == call.TracedEnd {
			break
		}
	}
	return b.String()
}

func TestTraceTellsEachStepSoundKeyAndTheEnd(t *testing.T) {
	l := newLab(t, labConfig{plan: `
[phones]
exten => 1,1,Answer()
 same => n,Playback(nosuch)
 same => n,Background(tone&long)
exten => 5,1,NoOp(five)
 same => n,Dial(Local/x@phones/n,5)
 same => n,Hangup()
exten => x,1,Busy(1)
`})
	lines := l.calls.Trace(t.Context(), "")
	c := l.call(l.phone(softphone.Config{}), "1")
	l.await(c, softphone.Heard)
	presses, err := softphone.ParseKeys("5")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Press(presses); err != nil {
		t.Fatal(err)
	}
	l.end(c)
	got := untilEnd(lines)
	for _, want := range []string{
		"step phones,1,1 Answer()\n", "state answered\n", "log warning: ", "sound plays tone&long (3.30 s)\n",
		"key key 5\n", "step phones,5,1 NoOp(five)\n", " phones,x,1 Busy(1)\n", "end end ",
	} {
		at := strings.Index(got, want)
		if at < 0 {
			t.Fatalf("%q is not told, or not in order:\n%s", want, got)
		}
	}
	if strings.Index(got, "key key 5") > strings.Index(got, "phones,5,1") {
		t.Errorf("the key stands behind what it did:\n%s", got)
	}
}

// A reader that takes nothing costs the calls nothing, and learns what it missed.
func TestTraceTellsASlowReaderWhatItLost(t *testing.T) {
	l := newLab(t, labConfig{plan: `
[phones]
exten => 1,1,Answer()
 same => n,Set(i=$[0${i} + 1])
 same => n,GotoIf($[${i} < 2000]?2)
 same => n,Wait(0.3)
 same => n,NoOp(done)
 same => n,Hangup()
`})
	ctx, cancel := context.WithCancel(t.Context())
	lines := l.calls.Trace(ctx, "")
	other := l.calls.Trace(ctx, "no such call")
	c := l.call(l.phone(softphone.Config{}), "1")
	l.await(c, softphone.Answered)
	l.until("the reader's room is full", func() bool { return len(lines) >= 1023 })
	l.until("the steps are done", func() bool {
		calls := l.calls.Calls()
		return len(calls) == 1 && calls[0].App == "Wait"
	})
	for range 500 {
		<-lines
	}
	l.end(c)
	text := untilEnd(lines)
	if !strings.Contains(text, "lost ") || !strings.Contains(text, "lines are lost") || !strings.Contains(text, "NoOp(done)") {
		t.Errorf("what was lost is not told:\n%s", text[max(0, len(text)-500):])
	}
	cancel()
	for range lines {
	}
	if line, ok := <-other; ok {
		t.Errorf("the reader of another call got %+v", line)
	}
}
