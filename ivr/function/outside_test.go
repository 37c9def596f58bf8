package function

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/simulate"
	"log/slog"
)

// allowedRun is a run whose dialplan may do some things.
func allowedRun(t *testing.T, allow ivr.Allow) *ivr.Run {
	plan := loadText(t, "[vec]\nexten => sub,1(lab),NoOp()\n")
	return ivr.New(simulate.New(simulate.Script{Caller: ivr.CallerID{Name: "Jean D", Number: "0102", RDNIS: "0900"}}), dialplan.Place{Context: "vec", Exten: "sub"}, ivr.Options{
		Plan: func() *dialplan.Plan { return plan }, Functions: All(), Allow: allow, Log: slog.New(slog.DiscardHandler),
	})
}

func TestCURLAsksAllowedHosts(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "secret") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			fmt.Fprint(w, strings.Repeat("x", maxBody+10))
		case "/form":
			fmt.Fprint(w, "a=1%2C2&b=x+y&c")
		case "/missing":
			http.Error(w, "no such page", 404)
		case "/away":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "/back":
			http.Redirect(w, r, "/", http.StatusFound)
		default:
			body := make([]byte, 100)
			n, _ := r.Body.Read(body)
			user, _, _ := r.BasicAuth()
			fmt.Fprintf(w, "%s %s%s %s%s\r\n\n", r.Method, r.UserAgent(), r.Header.Get("X-Key"), body[:n], user)
		}
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	for _, test := range []struct{ set, url, want string }{
		{"X=1", host + "/", "GET dialtone "},
		{"X=1", host + "/,a=1&b=2", "POST dialtone a=1&b=2"},
		{"CURLOPT(useragent)=me", host + "/", "GET me "},
		{"CURLOPT(httpheader)=X-Key: 7", host + "/", "GET dialtone7 "},
		{"CURLOPT(userpwd)=jean:p", host + "/", "GET dialtone jean"},
		{"X=1", host + "/missing", "no such page"},
		{"CURLOPT(failurecodes)=404,500", host + "/missing", ""},
		{"CURLOPT(followlocation)=1", host + "/back", "GET dialtone "},
		{"CURLOPT(followlocation)=1", host + "/away", ""},
		{"X=1", elsewhere.URL, ""},
		{"X=1", "file:///etc/passwd", ""},
		{"X=1", "http://%zz", ""},
		{"X=1", "", ""},
	} {
		r := allowedRun(t, ivr.Allow{CURL: []string{host}})
		name, value, _ := strings.Cut(test.set, "=")
		r.Set(name, value)
		if got := r.Expand("${CURL(" + test.url + ")}"); got != strings.TrimRight(test.want, " ") {
			t.Errorf("%s: %s\n got %q\nwant %q", test.set, test.url, got, test.want)
		}
	}
	r := allowedRun(t, ivr.Allow{CURL: []string{host}})
	r.Set("CURLOPT(hashcompat)", "1")
	r.Set("HASH(f)", r.Expand("${CURL("+host+"/form)}"))
	if got := r.Expand("${HASH(f,a)}|${HASH(f,b)}|${HASH(f,c)}"); got != "1,2|x y|" {
		t.Errorf("a form became %q", got)
	}
	r.Set("CURLOPT(hashcompat)", "0")
	if got, err := curl(r, host+"/long"); len(got) != maxBody || err == nil {
		t.Errorf("%d bytes of an endless answer, %v", len(got), err)
	}
	if got := r.Expand("${CURLOPT(httptimeout)} ${CURLOPT(nosuch)}"); got != "10 " {
		t.Errorf("options: %q", got)
	}
}

func TestNothingOfTheMachineIsOpenUnlessAllowed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	if err := os.WriteFile(file, []byte("12345"), 0o640); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DIALTONE_TEST_ENV", "open")
	text := strings.ReplaceAll("${ENV(DIALTONE_TEST_ENV)} ${STAT(e,F)}${STAT(f,F)}${STAT(d,F)} ${STAT(s,F)} ${STAT(m,F)} ${STAT(e,F2)}${STAT(e,/etc/passwd)}", "F", file)
	if got := allowedRun(t, ivr.Allow{}).Expand(text); got != "    " {
		t.Errorf("closed: %q", got)
	}
	r := allowedRun(t, ivr.Allow{Env: true, Files: []string{dir}})
	if got := r.Expand(text); got != "open 110 5 640 0" {
		t.Errorf("open: %q", got)
	}
	if got := r.Expand(strings.ReplaceAll("$[${STAT(M,F)} > 1000000000]$[${STAT(C,F)} > 1000000000]$[${STAT(A,F)} > 1000000000]", "F", file)); got != "111" {
		t.Errorf("times: %q", got)
	}
}

func TestFactsOfTheMachineAndTheCall(t *testing.T) {
	for _, test := range []struct{ set, text, want string }{
		{"X=1", "${SYSINFO(numcalls)}[${SYSINFO(nosuch)}]", "1[]"},
		{"X=1", "$[${SYSINFO(totalram)} > 1000]$[${SYSINFO(numprocs)} > 0]$[${LEN(${SYSINFO(loadavg)})} > 7]", "111"},
		{"X=1", "${ABS(-3)} ${ABS(2.5)} [${ABS(a)}]", "3 2.500000 []"},
		{"X=1", "${REDIRECTING(from-num)} ${REDIRECTING(reason)} [${REDIRECTING(to-num)}]", "0900 unknown []"},
		{"REDIRECTING(to-all)=Bo <12>", "${REDIRECTING(to-name)} ${REDIRECTING(to-num)} ${REDIRECTING(to-all)}", `Bo 12 "Bo" <12>`},
		{"CONNECTEDLINE(all)=Al <34>", "${CONNECTEDLINE(num)} ${CONNECTEDLINE(name,i)} ${CONNECTEDLINE(number)}", "34 Al 34"},
		{"CONNECTEDLINE(a-b-c-num)=1", "[${CONNECTEDLINE(a-b-c-num)}]", "[]"},
		{"X=1", "[${PJSIP_HEADER(read,X-Foo)}][${HANGUPCAUSE(SIP/x,ast)}][${HANGUPCAUSE_KEYS()}]", "[][][]"},
		{"X=1", "${CDR(src)} ${CDR(clid)} ${CDR(dst)} ${CDR(dcontext)} ${CDR(disposition)} ${CDR(disposition,u)} [${CDR(end)}] ${CDR(start)} ${CDR(billsec)} ${CDR(duration,f)}",
			`0102 "Jean D" <0102> sub vec NO ANSWER 1 [] 2026-11-24 10:00:00 0 0.000000`},
		{"CDR(mine)=a", "${CDR(mine)} ${CDR(amaflags)} ${CDR(amaflags,u)} ${CDR(answer,u)} ${CDR(start,u)}", "a DOCUMENTATION 3 0.000000 1795514400.000000"},
		{"CDR(accountcode)=77", "${CDR(accountcode)} ${CHANNEL(accountcode)}", "77 77"},
		{"CDR(duration)=77", "${CDR(duration)}[${CDR()}]", "0[]"},
		{"CDR(amaflags)=BILLING", "${CDR(amaflags)} ${CDR(amaflags,u)}", "BILLING 2"},
	} {
		r := allowedRun(t, ivr.Allow{})
		name, value, _ := strings.Cut(test.set, "=")
		r.Set(name, value)
		if got := r.Expand(test.text); got != test.want {
			t.Errorf("%s, %s\n got %q\nwant %q", test.set, test.text, got, test.want)
		}
	}
	r := allowedRun(t, ivr.Allow{})
	r.Set("CDR_PROP(disable)", "1")
	if !r.Record().Disabled {
		t.Error("CDR_PROP(disable)=1 has no effect")
	}
}
