package confd

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"dialtone/ivr/folder"
	"dialtone/outside"
	"dialtone/rates"
	"dialtone/store"
)

// Config is what an API stands on.
type Config struct {
	Store     *store.Store
	Sounds    string        // the folder of all sounds: DATA/sounds
	Version   string        // of the server, for GET /infos
	Calendars outside.Hosts // that may be asked for calendars; nil: none may
	Origins   []string      // of web pages that may use the API (CORS): "https://pbx.example.org", or "*" for all; none: none may
	Log       *slog.Logger  // nil: nothing is logged

	// Dialplan is the folder of the dialplan's files; nil: nobody sees it.
	Dialplan *folder.Folder
	// Command says what is wrong with the command of a custom destination, and what may be; nil: none is checked. It must not wait.
	Command func(text string) (warnings []string, err error)
}

// API is the handler of all requests of REST.
type API struct {
	config  Config
	log     *slog.Logger
	mounts  []*mount
	reading places               // of requests that read
	writing places               // of those that change something: they wait for the disk
	large   places               // of bodies of more than smallBody, on their way in or out
	uploads places               // of sounds on their way in
	lists   remembered           // that were asked for of late
	guesses *rates.Guesses       // wrong tokens of late
	idles   idles                // what was told of already
	met     *rates.Acquaintances // sources that have shown a right one of late
}

// What is worked on at once; others wait for their place. It bounds the memory and the disk that requests take, however many come.
const (
	maxWriting = 256
	maxLarge   = 16
	maxUploads = 32
	smallBody  = 64 << 10 // bytes
)

// New makes the API.
func New(c Config) *API {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &API{
		config: c, log: c.Log,
		reading: make(places, max(4, 2*runtime.GOMAXPROCS(0))), writing: make(places, maxWriting), large: make(places, maxLarge), uploads: make(places, maxUploads),
		guesses: rates.NewGuesses(), met: rates.NewAcquaintances(),
		mounts: []*mount{
			{prefixes: []string{contract, "/api/confd/1.1"}, paths: newPaths(confdRoutes()), refusal: sentences},
			{prefixes: []string{"/0.1", "/api/auth/0.1"}, paths: newPaths(authRoutes()), refusal: reasons},
			{prefixes: []string{"/api"}, paths: newPaths(ownRoutes()), refusal: sentences},
		},
	}
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	hurry(w, r)
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
	a.tell(q, status, time.Since(began), err)
}

// tell writes a request to the log: what changes something, and what went wrong here.
func (a *API) tell(q *request, status int, took time.Duration, err error) {
	level := slog.LevelDebug
	if !q.route.reads() {
		level = slog.LevelInfo
	}
	if status >= 500 && status != http.StatusNotImplemented {
		level = slog.LevelError
	}
	attributes := []slog.Attr{
		slog.String("method", q.http.Method), slog.String("path", q.told()), slog.Int("status", status), slog.String("key", q.key),
		slog.String("remote", q.http.RemoteAddr), slog.Duration("took", took.Round(time.Microsecond)),
	}
	if err != nil {
		attributes = append(attributes, slog.Any("why", err))
	}
	a.log.LogAttrs(q.http.Context(), level, "REST", attributes...)
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
	at := a.reading
	if !q.route.reads() {
		at = a.writing
		if q.http.ContentLength < 0 || q.http.ContentLength > smallBody {
			leave, err := a.large.enter(q.http.Context())
			if err != nil {
				return answer{}, err
			}
			defer leave()
		}
		if q.body, err = readBody(q.writer, q.http); err != nil {
			return answer{}, err
		}
	}
	leave, err := at.enter(q.http.Context())
	if err != nil {
		return answer{}, err
	}
	defer leave()
	if q.route.before != nil {
		if err := q.route.before(q); err != nil {
			return answer{}, err
		}
	}
	return a.run(q)
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
	if err == nil && made.then != nil {
		err = made.then()
	}
	if err == nil && made.body != nil {
		made.text, err = marshal(made.body)
	}
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

// contract is the prefix of the contract's paths.
const contract = "/1.1"

// askWithin does a request of the server itself, for a tenant, in a transaction that is there, and gives the object of its answer; nil: it has none.
func (a *API) askWithin(tx *store.Tx, tenant, method, path string, body []byte) (map[string]any, error) {
	as, err := http.NewRequest(method, "http://localhost"+path, nil)
	if err != nil {
		return nil, inputError("%v", err)
	}
	at, mount, values := a.find(as)
	if at == nil || at.methods[method] == nil || at.methods[method].alone {
		return nil, inputError("there is no %s %s", method, strings.TrimPrefix(path, contract))
	}
	route := at.methods[method]
	answer, err := a.within(tx, &request{
		api: a, route: route, mount: mount, values: route.values(values), http: as, body: body, token: &store.Token{Tenant: tenant}, tenant: tenant,
	})
	if err != nil || answer.body == nil {
		return nil, err
	}
	text, err := marshal(answer.body)
	if err != nil {
		return nil, err
	}
	return decode(text)
}
