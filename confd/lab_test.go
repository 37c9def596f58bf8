package confd

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"dialtone/ivr/dialplan"
	"dialtone/ivr/folder"
	"dialtone/store"
)

// lab is an API on a store in a directory of its own, with a client that asks as wazo-confd-client does. Every exchange is held
// against the OpenAPI document: a path, a field or a status that it does not know fails the test.
type lab struct {
	t      testing.TB
	store  *store.Store
	api    *API
	server *httptest.Server

	token  string // of the master tenant; a test may put another one here
	tenant string // Wazo-Tenant; empty: none is sent
	header http.Header
}

// newLab starts a lab; it ends with the test.
func newLab(t testing.TB) *lab {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan := filepath.Join(dir, "extensions_extra.d")
	files := &folder.Folder{Dir: plan, Load: func(instead map[string][]byte) (*dialplan.Plan, []dialplan.Problem) {
		return dialplan.Load(dialplan.LoadOptions{Instead: instead}, plan)
	}}
	l := &lab{t: t, store: s, api: New(Config{Store: s, Sounds: filepath.Join(dir, "sounds"), Dialplan: files, Version: "test"}), header: http.Header{}}
	l.server = httptest.NewServer(l.api)
	t.Cleanup(func() {
		l.server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	l.token = l.key("lab", "", false)
	return l
}

// openStore opens the store of a directory.
func openStore(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// key makes an API key of a tenant, by its name; the master's where that is empty.
func (l *lab) key(name, tenant string, readOnly bool) string {
	l.t.Helper()
	var secret string
	err := l.store.Update(func(tx *store.Tx) (err error) {
		secret, err = MakeKey(tx, name, tenant, readOnly)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return secret
}

// reply is what the API said.
type reply struct {
	t      testing.TB
	asked  string // "POST /1.1/incalls"
	status int
	header http.Header
	body   []byte
}

// ask sends a request. path is below /1.1 unless it begins with one of the prefixes itself; body is sent as JSON, a string or bytes as they are, nil: none.
func (l *lab) ask(method, path string, body any) reply {
	l.t.Helper()
	if !strings.HasPrefix(path, "/0.1/") && !strings.HasPrefix(path, "/1.1/") && !strings.HasPrefix(path, "/api/") {
		path = "/1.1" + path
	}
	var sent []byte
	switch body := body.(type) {
	case nil:
	case string:
		sent = []byte(body)
	case []byte:
		sent = body
	default:
		var err error
		if sent, err = json.Marshal(body); err != nil {
			l.t.Fatal(err)
		}
	}
	r, err := http.NewRequest(method, l.server.URL+path, bytes.NewReader(sent))
	if err != nil {
		l.t.Fatal(err)
	}
	for name, values := range l.header {
		r.Header[name] = values
	}
	r.Close = true // as the client's Connection: close
	r.Header.Set("Accept", "application/json")
	if len(sent) > 0 && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if l.token != "" {
		r.Header.Set("X-Auth-Token", l.token)
	}
	if l.tenant != "" {
		r.Header.Set("Wazo-Tenant", l.tenant)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		l.t.Fatalf("%s %s: %v", method, path, err)
	}
	answer := reply{l.t, method + " " + path, response.StatusCode, response.Header, got}
	l.holds(r, sent, answer)
	return answer
}

// get, post, put and delete are ask with the status that is expected; get and post give the object.
func (l *lab) get(path string) map[string]any {
	l.t.Helper()
	return l.ask("GET", path, nil).want(200).object()
}

func (l *lab) post(path string, body any) map[string]any {
	l.t.Helper()
	return l.ask("POST", path, body).want(201).object()
}

func (l *lab) put(path string, body any) { l.t.Helper(); l.ask("PUT", path, body).want(204) }

func (l *lab) delete(path string) { l.t.Helper(); l.ask("DELETE", path, nil).want(204) }

// refused asks and expects a status and a list of sentences, exactly these.
func (l *lab) refused(status int, method, path string, body any, texts ...string) {
	l.t.Helper()
	r := l.ask(method, path, body).want(status)
	got := r.sentences()
	if len(got) != len(texts) {
		l.t.Fatalf("%s: %q, want %q", r.asked, got, texts)
	}
	for i := range texts {
		if got[i] != texts[i] {
			l.t.Errorf("%s: %q, want %q", r.asked, got[i], texts[i])
		}
	}
}

// sentences are what an answer says that is no success: as a list, or below /0.1 as wazo-auth does.
func (r reply) sentences() (texts []string) {
	r.t.Helper()
	if !strings.Contains(r.asked, "/0.1/") {
		if err := json.Unmarshal(r.body, &texts); err != nil {
			r.t.Fatalf("%s: %s is no list of sentences", r.asked, r.body)
		}
		return texts
	}
	var auth struct {
		Reason    []string
		Timestamp []float64
		Status    int `json:"status_code"`
		Message   string
	}
	if err := json.Unmarshal(r.body, &auth); err != nil || auth.Status != r.status || len(auth.Timestamp) != 1 || auth.Message != strings.Join(auth.Reason, ". ") {
		r.t.Fatalf("%s: %s is not what wazo-auth says", r.asked, r.body)
	}
	return auth.Reason
}

// want checks the status.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: %d %s, want %d", r.asked, r.status, r.body, status)
	}
	return r
}

// object is the body as an object of JSON.
func (r reply) object() (o map[string]any) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, &o); err != nil {
		r.t.Fatalf("%s: %q is no object: %v", r.asked, r.body, err)
	}
	return o
}

// spec is the document as a reader of OpenAPI sees it.
var spec = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := document()
	if err != nil {
		return nil, err
	}
	text, err := marshal(doc)
	if err != nil {
		return nil, err
	}
	loaded, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return loaded, loaded.Validate(context.Background())
})

// described gives what the document says of a request: nil where no route is.
func (l *lab) described(r *http.Request) (*routers.Route, map[string]string) {
	l.t.Helper()
	doc, err := spec()
	if err != nil {
		l.t.Fatalf("the OpenAPI document: %v", err)
	}
	at, mount, values := l.api.find(r)
	method := strings.Replace(r.Method, "HEAD", "GET", 1)
	if at == nil || at.methods[method] == nil {
		return nil, nil
	}
	path := mount.prefixes[0] + at.methods[method].path
	item := doc.Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil {
		l.t.Fatalf("%s %s is not in the OpenAPI document", method, path)
	}
	return &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: item.GetOperation(method)}, at.methods[method].values(values)
}

// holds holds an exchange against the document: what was answered always, what was asked where it was accepted.
func (l *lab) holds(r *http.Request, sent []byte, answer reply) {
	l.t.Helper()
	route, values := l.described(r)
	if route == nil || r.Method == "HEAD" {
		return
	}
	if values, err := decode(sent); err == nil && values == nil && len(sent) > 0 {
		sent = []byte("{}") // null, [] and the like stand for it
	}
	as := r.Clone(context.Background())
	as.Body, as.GetBody, as.ContentLength = io.NopCloser(bytes.NewReader(sent)), nil, int64(len(sent))
	input := &openapi3filter.RequestValidationInput{
		Request: as, PathParams: values, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true},
	}
	if answer.status < 300 {
		if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
			l.t.Errorf("%s was accepted, and the OpenAPI document does not allow it: %v", answer.asked, err)
		}
	}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: answer.status, Header: answer.header, Body: io.NopCloser(bytes.NewReader(answer.body)), Options: input.Options,
	})
	if err != nil {
		l.t.Errorf("%s: the answer %d is not as the OpenAPI document says: %v", answer.asked, answer.status, err)
	}
}

// basic is the header of HTTP Basic.
func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
