package confd

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"dialtone/rates"
	"dialtone/store"
)

// Config is what an API stands on.
type Config struct {
	Store   *store.Store
	Sounds  string                  // the folder of all sounds: DATA/sounds
	Version string                  // of the server, for GET /infos
	Command func(text string) error // says what is wrong with the command of a custom destination; nil: none is checked
	Origins []string                // of web pages that may use the API (CORS): "https://pbx.example.org", or "*" for all; none: none may
	Log     *slog.Logger            // nil: nothing is logged
}

// API is the handler of all requests of REST.
type API struct {
	config  Config
	log     *slog.Logger
	mounts  []*mount
	work    chan struct{}        // a place for each request that is worked on
	large   chan struct{}        // a place for each that has a large body
	guesses *rates.Guesses       // wrong tokens of late
	met     *rates.Acquaintances // sources that have shown a right one of late
}

const (
	maxWork   = 256              // requests worked on at once; others wait
	maxLarge  = 8                // of them with bodies of more than smallBody
	smallBody = 64 << 10         // bytes
	workTime  = 10 * time.Second // how long a request may wait for its place
)

// New makes the API.
func New(c Config) *API {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &API{
		config: c, log: c.Log, work: make(chan struct{}, maxWork), large: make(chan struct{}, maxLarge),
		guesses: rates.NewGuesses(), met: rates.NewAcquaintances(),
		mounts: []*mount{
			{prefixes: []string{"/1.1", "/api/confd/1.1"}, paths: newPaths(confdRoutes())},
			{prefixes: []string{"/0.1", "/api/auth/0.1"}, paths: newPaths(authRoutes())},
			{prefixes: []string{"/api"}, paths: newPaths(ownRoutes())},
		},
	}
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	a.allowOrigin(w, r)
	at, mount, values := a.find(r)
	if at == nil {
		writeJSON(w, http.StatusNotFound, message{"The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."})
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	route := at.methods[method]
	if route == nil {
		w.Header().Set("Allow", at.allowed())
		if method == http.MethodOptions {
			w.WriteHeader(http.StatusOK)
			return
		}
		writeJSON(w, http.StatusMethodNotAllowed, message{"The method is not allowed for the requested URL."})
		return
	}
	q := &request{api: a, route: route, mount: mount, values: route.values(values), http: r, writer: w}
	answer, err := a.handle(q)
	status := a.write(q, answer, err)
	level := slog.LevelDebug
	if !route.reads() {
		level = slog.LevelInfo
	}
	if status >= 500 {
		level = slog.LevelError
	}
	a.log.Log(r.Context(), level, "REST", "method", r.Method, "path", r.URL.Path, "status", status, "key", q.key, "remote", r.RemoteAddr,
		"took", time.Since(began).Round(time.Microsecond), "why", err)
}

// find gives what lies at a request's path.
func (a *API) find(r *http.Request) (*paths, *mount, []string) {
	for _, m := range a.mounts {
		if rest, ok := m.under(r.URL.EscapedPath()); ok {
			if at, values := m.paths.find(rest); at != nil {
				return at, m, values
			}
		}
	}
	return nil, nil, nil
}

// handle works on a request: who sends it, what it carries, then the route in a transaction.
func (a *API) handle(q *request) (_ answer, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v\n%s", r, debug.Stack())
		}
	}()
	if err := a.admit(q); err != nil {
		return answer{}, err
	}
	if q.route.alone {
		return q.route.handle(q)
	}
	large := q.http.ContentLength < 0 || q.http.ContentLength > smallBody
	leave, err := a.enter(q, large)
	if err != nil {
		return answer{}, err
	}
	defer leave()
	if !q.route.reads() && q.http.Body != nil {
		if q.body, err = readBody(q.writer, q.http); err != nil {
			return answer{}, err
		}
	}
	return a.run(q)
}

// enter waits for a place among the requests that are worked on; leave gives it back.
func (a *API) enter(q *request, large bool) (leave func(), err error) {
	wait := time.NewTimer(workTime)
	defer wait.Stop()
	var taken []chan struct{}
	leave = func() {
		for _, places := range taken {
			<-places
		}
	}
	all := []chan struct{}{a.work}
	if large {
		all = []chan struct{}{a.large, a.work}
	}
	for _, places := range all {
		select {
		case places <- struct{}{}:
			taken = append(taken, places)
		case <-q.http.Context().Done():
			leave()
			return nil, q.http.Context().Err()
		case <-wait.C:
			leave()
			return nil, &failure{http.StatusServiceUnavailable, []string{"Too many requests at once: try again"}}
		}
	}
	return leave, nil
}

// run calls the route's handler in a transaction.
func (a *API) run(q *request) (made answer, err error) {
	in := a.config.Store.Update
	if q.route.reads() {
		in = a.config.Store.View
	}
	err = in(func(tx *store.Tx) (err error) {
		made, err = a.within(tx, q)
		return err
	})
	return made, err
}

// within calls the route's handler in a transaction that is there.
func (a *API) within(tx *store.Tx, q *request) (answer, error) {
	q.tx = tx
	if err := a.unchanged(q); err != nil {
		return answer{}, err
	}
	made, err := q.route.handle(q)
	if err != nil || made.location == "" {
		return made, err
	}
	made.body, err = a.show(q, made.location)
	return made, err
}

// show gives what GET says at a path relative to the mount of a request, within its transaction.
func (a *API) show(q *request, path string) (any, error) {
	at, values := q.mount.paths.find(path)
	if at == nil || at.methods[http.MethodGet] == nil {
		return nil, fmt.Errorf("%s has no GET", path)
	}
	get := at.methods[http.MethodGet]
	as := *q
	as.route, as.values, as.asked = get, get.values(values), map[string][]string{}
	made, err := get.handle(&as)
	return made.body, err
}

// unchanged refuses a request that wants to change an object only as it was (If-Match), which it is not any more.
func (a *API) unchanged(q *request) error {
	wanted := q.http.Header.Get("If-Match")
	if wanted == "" || q.route.reads() {
		return nil
	}
	rest, _ := q.mount.under(q.http.URL.EscapedPath())
	body, err := a.show(q, rest)
	if err != nil {
		return &failure{http.StatusPreconditionFailed, []string{"Precondition Failed - If-Match names an object, and there is none here"}}
	}
	text, err := marshal(body)
	if err != nil {
		return err
	}
	if !lists(wanted, etag(text)) {
		return &failure{http.StatusPreconditionFailed, []string{"Precondition Failed - changed meanwhile: read it again (GET), then change it"}}
	}
	return nil
}

// etag is the mark of a body.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// lists tells that a header of marks has one of them, or *.
func lists(header, mark string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == mark {
			return true
		}
	}
	return false
}

// message is the body of an answer that no route gives.
type message struct {
	Message string `json:"message"`
}

// write sends what a route gave, and says which status that was.
func (a *API) write(q *request, made answer, err error) int {
	w := q.writer
	if err != nil {
		f := a.failureOf(err)
		if f.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		writeJSON(w, f.status, f.texts)
		return f.status
	}
	for name, values := range made.header {
		w.Header()[name] = values
	}
	if made.location != "" {
		w.Header().Set("Location", q.url(made.location))
	}
	if made.file != nil {
		defer made.file.Close()
		w.WriteHeader(made.status)
		if q.http.Method != http.MethodHead {
			_, _ = io.Copy(w, made.file) // the client went away
		}
		return made.status
	}
	if made.body == nil {
		w.WriteHeader(made.status)
		return made.status
	}
	body, err := marshal(made.body)
	if err != nil {
		return a.write(q, answer{}, err)
	}
	if q.route.reads() {
		mark := etag(body)
		w.Header().Set("ETag", mark)
		if known := q.http.Header.Get("If-None-Match"); known != "" && lists(known, mark) {
			w.WriteHeader(http.StatusNotModified)
			return http.StatusNotModified
		}
	}
	writeBody(w, made.status, body)
	return made.status
}

// failureOf makes an answer of an error.
func (a *API) failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if f, ok := errors.AsType[*store.FieldError](err); ok {
		return &failure{http.StatusBadRequest, []string{"Input Error - " + f.Text}}
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &failure{http.StatusNotFound, []string{"Resource Not Found - " + err.Error()}}
	case errors.Is(err, store.ErrClosed):
		return &failure{http.StatusServiceUnavailable, []string{"The server is stopping"}}
	case errors.Is(err, store.ErrDisk):
		return &failure{http.StatusServiceUnavailable, []string{"Nothing was changed: " + err.Error()}}
	}
	return &failure{http.StatusInternalServerError, []string{"Unexpected error: the server's log says what it was"}}
}

// marshal writes JSON as a body.
func marshal(v any) ([]byte, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, _ := marshal(v) // sentences can always be written
	writeBody(w, status, body)
}

func writeBody(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client went away
}

// source is where a request comes from.
func source(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap()
}

// allowOrigin lets web pages of the configured origins use the API (CORS).
func (a *API) allowOrigin(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" || len(a.config.Origins) == 0 {
		return
	}
	w.Header().Add("Vary", "Origin")
	for _, allowed := range a.config.Origins {
		if allowed != "*" && !strings.EqualFold(allowed, origin) {
			continue
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Location, ETag")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE")
			h.Set("Access-Control-Allow-Headers", "Content-Type, X-Auth-Token, Wazo-Tenant, If-Match, Authorization")
			h.Set("Access-Control-Max-Age", "600")
		}
		return
	}
}
