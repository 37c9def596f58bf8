package call_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"dialtone/call/softphone"
	"dialtone/ivr"
	"dialtone/sounds"
)

func TestSoundByURL(t *testing.T) {
	gate := make(chan struct{})
	asked := make(chan string, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.RequestURI()
		if r.URL.Path == "/slow.wav" {
			<-gate
		}
		if err := sounds.WriteWAV(w, make([]int16, 4000)); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	l := newLab(t, labConfig{
		web: &sounds.Web{Hosts: ivr.Hosts{"127.0.0.1"}, Dir: t.TempDir()},
		plan: "[phones]\n" +
			"exten = 1,1,Playback(beep&'" + server.URL + "/a.wav?x=1&y=2'&beep)\nsame = n,NoOp(${PLAYBACKSTATUS})\n" +
			"same = n,Playback(http://elsewhere.example/a.wav)\nsame = n,NoOp(${PLAYBACKSTATUS})\n" +
			"exten = 2,1,Answer()\nsame = n,Playback(" + server.URL + "/slow.wav)\n",
	})
	c := l.call(l.phone(softphone.Config{}), "1")
	l.await(c, softphone.Answered)
	l.shows(c, "SUCCESS", "FAILED")
	if uri := <-asked; uri != "/a.wav?x=1&y=2" {
		t.Errorf("asked for %s", uri)
	}

	c = l.call(l.phone(softphone.Config{}), "2")
	l.await(c, softphone.Answered)
	<-asked
	c.Hangup() // while the server thinks
	l.end(c)
	l.nothingLeft()
	close(gate)
}
