package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"dialtone/call"
	"dialtone/store"
)

// socketName is the socket in the data directory by which commands reach the running server. Who may open it may do
// everything: it is its owner's alone.
const socketName = "control.sock"

// maxRequest bounds what a command may send.
const maxRequest = 1 << 20

// serverInfo is what a running server says of itself.
type serverInfo struct {
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	SIP     []string  `json:"sip"`  // udp:127.0.0.1:5060
	HTTP    string    `json:"http"` // 127.0.0.1:9486
	HTTPS   string    `json:"https,omitempty"`
	Started time.Time `json:"started"`
}

// controlHandler answers the commands.
func controlHandler(p parts, plan *dialplanFiles, info serverInfo) http.Handler {
	mux, s, calls := http.NewServeMux(), p.store, p.calls
	p.banned.serve(mux)
	serveSchedules(mux, s)
	serveExceptions(mux, s)
	serveCalendars(mux, s, p.calendars)
	servePhones(mux, p)
	serveKeys(mux, s)
	serveTenants(mux, s, p.rest)
	serveExport(mux, s)
	serveImport(mux, s, p.rest)
	serveBackup(mux, s)
	serveScripts(mux, p.rest)
	mux.HandleFunc("GET /server", func(w http.ResponseWriter, r *http.Request) { reply(w, info, nil) })
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, r *http.Request) { reply(w, calls.Calls(), nil) })
	mux.HandleFunc("POST /calls", serveOriginate(p, plan))
	mux.HandleFunc("GET /calls/history", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil {
			reply(w, nil, err)
			return
		}
		records, err := history(s, n)
		reply(w, records, err)
	})
	mux.HandleFunc("GET /records", serveRecords(s))
	mux.HandleFunc("GET /calls/follow", func(w http.ResponseWriter, r *http.Request) { follow(w, r, calls) })
	mux.HandleFunc("GET /events", eventsHandler(p))
	mux.HandleFunc("GET /trace", func(w http.ResponseWriter, r *http.Request) { trace(w, r, calls) })
	mux.HandleFunc("POST /reload", func(w http.ResponseWriter, r *http.Request) { reply(w, plan.load(), nil) })
	serveTable(mux, "db", s.DatabaseEntries(), store.DatabaseEntry.Path)
	serveTable(mux, "phones", s.Phones(), func(p store.Phone) string { return p.Number })
	serveTrunks(mux, p.trunks)
	serveIncalls(mux, s)
	serveTable(mux, "trunks", s.Trunks(), func(t store.Trunk) string { return t.Name })
	return mux
}

// table is records with a key of text, one at a time: of a Table of the store, or Named objects of it.
type table[T any] interface {
	List() ([]store.Entry[T], error)
	Put(key string, v T, rev store.Revision) (store.Revision, error)
	Delete(key string, rev store.Revision) error
}

// serveTable lets commands list, put and delete the records of a table.
func serveTable[T any](mux *http.ServeMux, name string, table table[T], key func(T) string) {
	mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
		records, err := records(table)
		reply(w, records, err)
	})
	mux.HandleFunc("PUT /"+name, func(w http.ResponseWriter, r *http.Request) {
		var record T
		if err := decode(w, r, &record); err != nil {
			reply(w, nil, err)
			return
		}
		_, err := table.Put(key(record), record, store.Any)
		reply(w, record, err)
	})
	mux.HandleFunc("DELETE /"+name+"/{key}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, nil, table.Delete(r.PathValue("key"), store.Any))
	})
}

// decode reads what a command sent.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	return json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(v)
}

// records are all records of a table.
func records[T any](table table[T]) ([]T, error) {
	entries, err := table.List()
	values := make([]T, 0, len(entries))
	for _, entry := range entries {
		values = append(values, entry.Value)
	}
	return values, err
}

// follow writes each change of each call as a line, the live calls first.
func follow(w http.ResponseWriter, r *http.Request, calls *call.Switch) {
	out, lines := http.NewResponseController(w), json.NewEncoder(w)
	changes := calls.Follow(r.Context())
	for _, c := range calls.Calls() {
		lines.Encode(c)
	}
	for out.Flush() == nil {
		change, ok := <-changes
		if !ok || lines.Encode(change) != nil {
			return
		}
	}
}

// reply answers with JSON, or with the error's sentence.
func reply(w http.ResponseWriter, v any, err error) {
	switch {
	case errors.Is(err, store.ErrNotFound):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
}

// socket gives the path of a data directory's socket. A path that is too long for the system (108 bytes) is taken by
// way of the open directory; done closes that.
func socket(dir string) (path string, done func(), err error) {
	path = filepath.Join(dir, socketName)
	if len(path) < 100 {
		return path, func() {}, nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), socketName), func() { d.Close() }, nil
}

// listenControl opens the socket. Whoever holds the store owns it, so one that a crash left behind is removed.
func listenControl(dir string) (net.Listener, error) {
	path, done, err := socket(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("the commands' socket: %w", err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false) // the path may be by way of a closed directory
	if err := os.Chmod(path, 0o600); err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}

// control reaches the running server of a data directory or, when none runs, its store. Exactly one of the two is set.
type control struct {
	server *http.Client
	store  *store.Store
	dir    string
}

// errNotRunning is returned where only a running server can answer.
var errNotRunning = errors.New("no server runs on this data directory (`dialtone serve --data DIR` starts one)")

// startWait is how long the store may be held by a server that does not answer yet, or by another command.
const startWait = 3 * time.Second

// openControl connects to the server that runs on dir, or opens its store.
func openControl(dir string) (*control, error) {
	for end := time.Now().Add(startWait); ; time.Sleep(50 * time.Millisecond) {
		c, err := dialControl(dir)
		if err == nil || !errors.Is(err, errNotRunning) {
			return c, err
		}
		s, err := store.Open(dir, store.Options{LockWait: 50 * time.Millisecond})
		if _, locked := errors.AsType[*store.LockedError](err); locked && time.Now().Before(end) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &control{store: s, dir: dir}, nil
	}
}

// dialControl connects to the server that runs on dir.
func dialControl(dir string) (*control, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		path, done, err := socket(dir)
		if err != nil {
			return nil, err
		}
		defer done()
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	probe, err := dial(context.Background(), "", "")
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("the server on %s belongs to another user: run the command as that user", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, errNotRunning)
	}
	probe.Close()
	return &control{server: &http.Client{Transport: &http.Transport{DialContext: dial}}, dir: dir}, nil
}

// dialServer connects to the server that runs on dir, and has it say what it is.
func dialServer(dir string) (c *control, info serverInfo, err error) {
	if c, err = dialControl(dir); err != nil {
		return nil, info, err
	}
	if err = c.ask("GET", "/server", nil, &info); err != nil {
		c.Close()
	}
	return c, info, err
}

// Close lets the server or the store go.
func (c *control) Close() error {
	if c.store != nil {
		return c.store.Close()
	}
	c.server.CloseIdleConnections()
	return nil
}

// answered gives what the running server of a data directory answers a request or, when none runs, what do makes of its store.
func answered[T any](dir, method, path string, body any, do func(*store.Store) (T, error)) (answer T, err error) {
	c, err := openControl(dir)
	if err != nil {
		return answer, err
	}
	defer c.Close()
	if c.store != nil {
		return do(c.store)
	}
	return answer, c.ask(method, path, body, &answer)
}

// carriedOut is answered for what has no answer but an error.
func carriedOut(dir, method, path string, body any, do func(*store.Store) error) error {
	_, err := answered(dir, method, path, body, func(s *store.Store) (any, error) { return nil, do(s) })
	return err
}

// ask sends a request to the server and decodes its answer into v, unless that is nil.
func (c *control) ask(method, path string, body, v any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	response, err := c.send(context.Background(), method, path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if v == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(v)
}

// send sends a request to the server; an answer other than 200 is an error with its sentence.
func (c *control) send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://dialtone"+path, body)
	if err != nil {
		return nil, err
	}
	response, err := c.server.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the server on %s does not answer: %w", c.dir, err)
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	defer response.Body.Close()
	sentence, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return nil, err
	}
	return nil, errors.New(string(bytes.TrimSpace(sentence)))
}

// lines reads what the server tells line by line, until the command is interrupted or the server ends.
func (c *control) lines(path string, each func(line []byte) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	response, err := c.send(ctx, "GET", path, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the server went away: %w", err)
		}
		if err := each(line); err != nil {
			return err
		}
	}
}

// list gives all records of a table; name is its name in paths.
func list[T any](c *control, name string, table func(*store.Store) table[T]) ([]T, error) {
	if c.store != nil {
		return records(table(c.store))
	}
	var values []T
	return values, c.ask("GET", "/"+name, nil, &values)
}

// history gives the last n calls that are over.
func (c *control) history(n int) (records []store.CallRecord, err error) {
	if c.store != nil {
		return history(c.store, n)
	}
	return records, c.ask("GET", fmt.Sprintf("/calls/history?n=%d", n), nil, &records)
}

func history(s *store.Store, n int) ([]store.CallRecord, error) {
	records, err := s.Records(0, n)
	if records == nil {
		records = []store.CallRecord{} // a list in JSON too
	}
	return records, err
}

// put keeps a record.
func put[T any](c *control, name, key string, record T, table func(*store.Store) table[T]) error {
	if c.store != nil {
		_, err := table(c.store).Put(key, record, store.Any)
		return err
	}
	return c.ask("PUT", "/"+name, record, nil)
}

// remove deletes a record.
func remove[T any](c *control, name, key string, table func(*store.Store) table[T]) error {
	if c.store != nil {
		return table(c.store).Delete(key, store.Any)
	}
	return c.ask("DELETE", "/"+name+"/"+url.PathEscape(key), nil, nil)
}
