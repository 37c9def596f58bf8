package wazo

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dialtone/wazo/wazotest"
)

var update = flag.Bool("update", false, "write what comes out as what is expected")

// company is a Wazo with the objects of a small company.
func company(t testing.TB) Source {
	t.Helper()
	objects, err := wazotest.Read(wazotest.Company)
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, objects)
}

func serve(t testing.TB, objects wazotest.Objects) Source {
	server := httptest.NewServer(objects.Handler([]byte("sound")))
	t.Cleanup(server.Close)
	return Source{URL: server.URL, Token: wazotest.Token}
}

// text writes a script so that a person can compare it.
func text(t testing.TB, all Objects) string {
	t.Helper()
	steps, notes := all.Script()
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s", s.Source)
		if s.Unless != "" {
			fmt.Fprintf(&b, " unless %s", s.Unless)
		}
		b.WriteString("\n")
		for _, r := range s.Requests {
			fmt.Fprintf(&b, "  %s %s", r.Method, r.Path)
			if r.Name != "" {
				fmt.Fprintf(&b, " → %s", r.Name)
			}
			b.WriteString("\n")
			if len(r.Body) > 0 {
				var body bytes.Buffer
				if err := json.Indent(&body, bytes.TrimSpace(r.Body), "    ", " "); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "    %s\n", &body)
			}
		}
	}
	b.WriteString("--- left out\n" + strings.Join(notes, "\n") + "\n")
	return b.String()
}

func TestAScriptIsMadeOfWhatWasRead(t *testing.T) {
	const golden = "testdata/script.txt"
	from := company(t)
	var told []string
	from.Progress = func(resource string, n, total int) {
		if n == total {
			told = append(told, fmt.Sprintf("%s %d", resource, n))
		}
	}
	all, err := Read(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	if want := "contexts 3, extensions 6, endpoints/sip/templates 2, endpoints/sip 2, lines 2, users 1, groups 1, ivr 2, schedules 1, trunks 2, outcalls 1, incalls 2, sounds 2"; strings.Join(told, ", ") != want {
		t.Errorf("told is %v", told)
	}
	got := text(t, all)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), got); diff != "" || err != nil {
		t.Errorf("another script (%v; -update writes %s):\n%s", err, golden, diff)
	}
	sounds := all.Sounds()
	if diff := cmp.Diff([]Sound{{"ivr-sounds", "choices", "slin", ""}, {"ivr-sounds", "choices", "slin", "fr_FR"}}, sounds); diff != "" {
		t.Error(diff)
	}
	from.URL += "/api/confd"
	file, err := from.Open(t.Context(), sounds[1])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if content, err := io.ReadAll(file); err != nil || string(content) != "sound" {
		t.Errorf("the sound is %q, %v", content, err)
	}
}

func TestAllPagesAreRead(t *testing.T) {
	all := wazotest.Objects{}
	for i := range 2*pageSize + 5 {
		all["extensions"] = append(all["extensions"], map[string]any{"id": i + 1, "exten": strconv.Itoa(1000 + i), "context": "default"})
	}
	all["extensions"] = append(all["extensions"], all["extensions"][3]) // one that moved from page to page
	read, err := Read(t.Context(), serve(t, all))
	if err != nil || len(read["extensions"]) != 2*pageSize+5 {
		t.Errorf("%d extensions are read (%v), want %d", len(read["extensions"]), err, 2*pageSize+5)
	}
	if steps, _ := read.Script(); len(steps) != 2*pageSize+5 {
		t.Errorf("the script has %d steps", len(steps))
	}
}

func TestWhatIsNoWazoIsTold(t *testing.T) {
	from := company(t)
	from.Token = "wrong"
	_, err := Read(t.Context(), from)
	if refused, ok := errors.AsType[*statusError](err); !ok || refused.status != 401 || !strings.Contains(err.Error(), "token") {
		t.Errorf("with a wrong token: %v", err)
	}
	for _, url := range []string{"", "wazo.example.org", "ftp://wazo.example.org", "https://"} {
		if _, err := Read(t.Context(), Source{URL: url}); err == nil || !strings.Contains(err.Error(), "address") {
			t.Errorf("%q: %v", url, err)
		}
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>") }))
	defer other.Close()
	if _, err := Read(t.Context(), Source{URL: other.URL}); err == nil || !strings.Contains(err.Error(), "not as expected") {
		t.Errorf("a page: %v", err)
	}
}

// What is over in a moment is asked for again; what is not is told, and a certificate that nobody knows says what to do.
func TestAWazoThatStumblesIsAskedAgain(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			panic(http.ErrAbortHandler) // the connection is gone
		default:
			fmt.Fprint(w, `{"total": 0, "items": []}`)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	from := Source{URL: server.URL, Client: server.Client()}
	if _, err := Read(t.Context(), from); err != nil || int(asked.Load()) != len(resources)+2 {
		t.Errorf("it is asked %d times (%v), want %d", asked.Load(), err, len(resources)+2)
	}
	from.Client = nil
	if _, err := Read(t.Context(), from); err == nil || !strings.Contains(err.Error(), "--insecure") {
		t.Errorf("with an unknown certificate: %v", err)
	}
}

func TestTenants(t *testing.T) {
	got, err := Tenants(t.Context(), company(t))
	want := []Tenant{{"70000000-0000-4000-8000-000000000001", "master", true}, {"70000000-0000-4000-8000-000000000002", "beta", false}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v:\n%s", err, diff)
	}
}

func TestTheAddressOfTheAPI(t *testing.T) {
	for url, want := range map[string]string{
		"https://wazo.example.org":                     "https://wazo.example.org/api/confd/1.1",
		"https://wazo.example.org/":                    "https://wazo.example.org/api/confd/1.1",
		"https://wazo.example.org/api/confd":           "https://wazo.example.org/api/confd/1.1",
		"https://wazo.example.org/api/confd/1.1/":      "https://wazo.example.org/api/confd/1.1",
		"http://127.0.0.1:9486":                        "http://127.0.0.1:9486/1.1",
		"http://127.0.0.1:9486/1.1":                    "http://127.0.0.1:9486/1.1",
		"https://proxy.example.org/wazo/api/confd/1.1": "https://proxy.example.org/wazo/api/confd/1.1",
	} {
		if got, err := (Source{URL: url}).base(); err != nil || got != want {
			t.Errorf("%s is %s, %v, want %s", url, got, err, want)
		}
	}
}

// Whatever another server sends, a script comes of it, or an error.
func FuzzScript(f *testing.F) {
	f.Add(wazotest.Company)
	f.Add([]byte(`{"endpoints/sip/templates": [{"uuid": "a", "templates": [{"uuid": "b"}]}, {"uuid": "b", "templates": [{"uuid": "a"}]}], "users": [{"lines": 3}], "ivr": [{}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		var all Objects
		decoder := json.NewDecoder(bytes.NewReader(content))
		decoder.UseNumber()
		if decoder.Decode(&all) != nil {
			return
		}
		steps, _ := all.Script()
		if _, err := json.Marshal(steps); err != nil {
			t.Error(err)
		}
		all.Sounds()
	})
}
