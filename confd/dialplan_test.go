package confd

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dialtone/ivr/folder"
)

// no sends a request that has to be refused by a sentence in which a text stands.
func (l *lab) no(status int, method, path string, body any, text string) {
	l.t.Helper()
	if got := l.ask(method, path, body).want(status); !strings.Contains(string(got.body), text) {
		l.t.Errorf("%s: %s does not say %q", got.asked, got.body, text)
	}
}

func TestObjectsAreShownAsDialplan(t *testing.T) {
	l := newLab(t)
	menu := l.post("/ivr", map[string]any{"name": "Welcome", "menu_sound": "menu", "choices": []any{map[string]any{"exten": "1", "destination": map[string]any{"type": "custom", "command": "Goto(dp-ivr-example,s,1)"}}}})
	schedule := l.post("/schedules", map[string]any{"closed_destination": map[string]any{"type": "sound", "filename": "closed"}})
	incall := l.post("/incalls", map[string]any{"destination": map[string]any{"type": "ivr", "ivr_id": menu["id"]}, "extensions": []any{map[string]any{"exten": "0123", "context": "from-extern"}}})
	var context any
	for _, c := range l.get("/contexts?name=from-extern")["items"].([]any) {
		context = c.(map[string]any)["id"]
	}
	for path, want := range map[string]string{
		fmt.Sprintf("/api/ivr/%v/dialplan", menu["id"]):           "[xivo-ivr-1]\n; menu 1 Welcome\nexten = s,1,Answer()\n",
		fmt.Sprintf("/api/incalls/%v/dialplan", incall["id"]):     "same = n,Goto(xivo-ivr-1,s,1)\n",
		fmt.Sprintf("/api/schedules/%v/dialplan", schedule["id"]): "exten = closed,1,Answer()\nsame = n,Playback(closed)\n",
		fmt.Sprintf("/api/contexts/%v/dialplan", context):         "exten = 0123,1,Set(__XIVO_BASE_EXTEN=${EXTEN})\nsame = n,Goto(xivo-incall-1,s,1)\n",
	} {
		got := l.ask("GET", path, nil).want(200)
		if !strings.Contains(string(got.body), want) || got.header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %s\n%s\nwithout\n%s", path, got.header.Get("Content-Type"), got.body, want)
		}
	}
	l.no(404, "GET", "/api/ivr/99/dialplan", nil, "IVR was not found")
	l.token = l.key("other", "other", false)
	l.no(404, "GET", fmt.Sprintf("/api/ivr/%v/dialplan", menu["id"]), nil, "IVR was not found")
}

func TestDialplanFiles(t *testing.T) {
	l := newLab(t)
	const file = "/api/dialplan/files/dp-ivr-example.conf"
	if got := l.get("/api/dialplan/files"); got["total"] != 0. {
		t.Errorf("there are files: %v", got)
	}
	l.no(404, "GET", file, nil, "Dialplan file was not found")
	problems := func(method, path, text string) string {
		t.Helper()
		got := l.ask(method, path, text).want(200).object()
		return fmt.Sprint(got["total"], " ", got["items"])
	}
	const text = "[dp-ivr-example]\nexten = s,1,Answer(1000)\n"
	if got := problems("PUT", file, text); got != "0 []" {
		t.Errorf("writing tells of %s", got)
	}
	if got := string(l.ask("GET", file, nil).want(200).body); got != text {
		t.Errorf("what was written reads %q", got)
	}
	if got := l.get("/api/dialplan/files?search=IVR"); got["total"] != 1. {
		t.Errorf("the files are %v", got)
	}
	const faulty = "[x]\nexten = s,2x,Answer(\n"
	if got := problems("POST", file+"/check", faulty); !strings.Contains(got, "file:dp-ivr-example.conf") || !strings.Contains(got, "line:2") {
		t.Errorf("a check tells of %s", got)
	}
	if got := string(l.ask("GET", file, nil).want(200).body); got != text {
		t.Errorf("a check has written %q", got)
	}
	const broken = "[x\n"
	for _, path := range []string{"PUT " + file, "POST " + file + "/check", "PUT /api/dialplan/files/another.conf"} {
		method, path, _ := strings.Cut(path, " ")
		l.no(400, method, path, broken, "The dialplan could not be read with this file")
	}
	if got := string(l.ask("GET", file, nil).want(200).body); got != text {
		t.Errorf("what was refused is there: %q", got)
	}
	l.no(404, "GET", "/api/dialplan/files/another.conf", nil, "Dialplan file was not found")
	for _, name := range []string{"..%2Fescape.conf", "a.txt", ".hidden.conf", "%2Fetc%2Fx.conf", "a%00.conf"} {
		r, _ := http.NewRequest("PUT", l.server.URL+"/api/dialplan/files/"+name, strings.NewReader(text))
		r.Header.Set("X-Auth-Token", l.token)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != 400 && got.StatusCode != 404 {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
	l.no(413, "PUT", file, strings.Repeat("; long\n", folder.MaxFile/7+1), "")
	master := l.token
	l.token = l.key("reader", "", true)
	l.no(401, "PUT", file, text, "Unauthorized")
	l.token = l.key("other", "other", false)
	l.no(404, "GET", file, nil, "Dialplan file was not found")
	l.no(404, "PUT", file, text, "Dialplan file was not found")
	l.token = master
	if got := problems("DELETE", file, ""); got != "0 []" {
		t.Errorf("removing tells of %s", got)
	}
	l.no(404, "DELETE", file, nil, "Dialplan file was not found")
}
