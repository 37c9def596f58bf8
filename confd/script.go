package confd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"dialtone/store"
)

// Step is a piece of a script: requests of which all are done, or none. Scripts bring the configuration of another system here.
type Step struct {
	Source string `json:"source"` // what it takes over, for the report: "/incalls/3", "pjsip.conf:19"
	// Unless is the path of the list in which the object of the first request is, if it is there already: the first one of those that are
	// no other step's gets its name, and nothing is done.
	Unless string `json:"unless,omitempty"`
	// Of is the name of an object of which the step says more. When it was there already, nothing is done: what people made of it
	// meanwhile stays.
	Of       string    `json:"of,omitempty"`
	Requests []Request `json:"requests"`
}

// Request is a request of the API. ${new:NAME.field} in its path and in the texts of its body is a field of the object of that name:
// see Made.
type Request struct {
	Name   string          `json:"name,omitempty"` // of the object that it makes
	Method string          `json:"method"`
	Path   string          `json:"path"` // below /1.1
	Body   json.RawMessage `json:"body,omitempty"`
}

// Post makes an object that other requests of a script call by a name. body is anything that JSON can say.
func Post(name, path string, body any) Request {
	text, _ := marshal(body) // by the caller's word
	return Request{name, http.MethodPost, path, text}
}

// Put changes an object, or without a body associates two.
func Put(path string, body any) Request {
	r := Request{Method: http.MethodPut, Path: path}
	if body != nil {
		r.Body, _ = marshal(body) // by the caller's word
	}
	return r
}

// Outcome is what came of a step.
type Outcome struct {
	Source string `json:"source"`
	Found  bool   `json:"found,omitempty"` // the object was there: see Step.Unless
	Error  string `json:"error,omitempty"` // why nothing was done; empty: it was
	Needs  string `json:"needs,omitempty"` // the name of the object that was not made, where that is why
}

// neededError is an object that a step cannot do without, and that was not made.
type neededError struct{ name string }

func (n neededError) Error() string { return "it needs /" + n.name + ", which was not taken" }

// Owner is the name of the tenant that the objects of a script go to.
const Owner = "tenant"

// Made is a field of an object that a script makes, or of its Owner, in its requests: as a whole text it is the field as it is, in a text it is put in.
func Made(name, field string) string { return "${new:" + name + "." + field + "}" }

// errRehearsed takes back a script that is only tried.
var errRehearsed = errors.New("only tried")

// Report is what came of a script.
type Report struct {
	Tenant   string    `json:"tenant,omitempty"` // UUID; empty: the master
	Outcomes []Outcome `json:"outcomes"`         // of the steps, in their order
}

// Script does the steps in one transaction, for a tenant by its name or UUID, which is made if need be; empty: the master. called is the name that one
// with a UUID gets. A step that is
// refused changes nothing and does not hinder the others but those that need what it would have made. With rehearse everything
// is done, and taken back.
func (a *API) Script(tenant, called string, steps []Step, rehearse bool) (Report, error) {
	var report Report
	_, err := a.config.Store.UpdateAside(func(tx *store.Tx) error {
		owner, err := tenantFor(tx, tenant, called)
		if err != nil {
			return err
		}
		report = Report{Outcomes: make([]Outcome, len(steps))}
		if owner.UUID != tx.MasterTenant().UUID {
			report.Tenant = owner.UUID
		}
		s := script{
			api: a, tx: tx, tenant: owner.UUID, objects: map[string]map[string]any{Owner: {"uuid": owner.UUID, "name": owner.Name}},
			taken: map[string]bool{}, found: map[string]bool{},
		}
		for i, step := range steps {
			found, err := s.do(step)
			report.Outcomes[i] = s.outcome(step, found, err)
		}
		if rehearse {
			return errRehearsed
		}
		return nil
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return report, err
}

// script is a script that is being done.
type script struct {
	api     *API
	tx      *store.Tx
	tenant  string
	objects map[string]map[string]any // by name, as answers show them; those that are not made are not there
	found   map[string]bool           // names of those that were there already
	taken   map[string]bool           // what objects are steps': see identity
}

// identity tells the objects of a list apart.
func identity(path string, object map[string]any) string {
	list, _, _ := strings.Cut(path, "?")
	return fmt.Sprintf("%s/%v/%v", list, object["id"], object["uuid"])
}

// outcome is what came of a step.
func (s *script) outcome(step Step, found bool, err error) Outcome {
	o := Outcome{Source: step.Source, Found: found}
	if needed, ok := errors.AsType[neededError](err); ok {
		o.Error, o.Needs = needed.Error(), needed.name
		return o
	}
	if err != nil {
		f := s.api.failureOf(err)
		if o.Error = f.Error(); f.status == http.StatusInternalServerError {
			s.api.log.Error("a step of a script failed", "source", step.Source, "why", err)
		}
	}
	return o
}

// do does a step. found tells that its object was there already.
func (s *script) do(step Step) (found bool, err error) {
	if step.Of != "" && s.found[step.Of] {
		return true, nil
	}
	if step.Unless != "" && len(step.Requests) > 0 {
		if found, err := s.find(step.Unless, step.Requests[0].Name); found || err != nil {
			return found, err
		}
	}
	err = s.tx.Try(func() error {
		for _, r := range step.Requests {
			made, err := s.request(r)
			if err != nil {
				return err
			}
			if r.Name != "" {
				s.objects[r.Name] = made
			}
		}
		return nil
	})
	for _, r := range step.Requests {
		if err != nil {
			delete(s.objects, r.Name)
		} else if r.Name != "" {
			s.taken[identity(r.Path, s.objects[r.Name])] = true
		}
	}
	return false, err
}

// find gives a name to the first object of a list that is no other step's.
func (s *script) find(path, name string) (bool, error) {
	listed, err := s.request(Request{Method: http.MethodGet, Path: path})
	if err != nil {
		return false, err
	}
	items, _ := listed["items"].([]any)
	for _, item := range items {
		object, _ := item.(map[string]any)
		if is := identity(path, object); !s.taken[is] {
			s.objects[name], s.found[name], s.taken[is] = object, true, true
			return true, nil
		}
	}
	return false, nil
}

// request does a request and gives the object of its answer.
func (s *script) request(r Request) (map[string]any, error) {
	path, err := s.fillText(r.Path, url.PathEscape)
	if err != nil {
		return nil, err
	}
	body, err := s.fillBody(r.Body)
	if err != nil {
		return nil, err
	}
	return s.api.askWithin(s.tx, s.tenant, r.Method, contract+path, body)
}

// reference is what Made gives.
var reference = regexp.MustCompile(`\$\{new:([^{}]+)\.([a-z_]+)\}`)

// refer gives what a reference means.
func (s *script) refer(match []string) (any, error) {
	object := s.objects[match[1]]
	if object == nil {
		return nil, neededError{match[1]}
	}
	return object[match[2]], nil
}

// fillText puts what references mean into a text, each as escape writes it.
func (s *script) fillText(text string, escape func(string) string) (string, error) {
	var failed error
	filled := reference.ReplaceAllStringFunc(text, func(text string) string {
		v, err := s.refer(reference.FindStringSubmatch(text))
		failed = cmp.Or(failed, err)
		return escape(fmt.Sprint(v))
	})
	return filled, failed
}

func (s *script) fillBody(body json.RawMessage) ([]byte, error) {
	if !bytes.Contains(body, []byte("${new:")) {
		return body, nil
	}
	values, err := decode(body)
	if err != nil {
		return nil, err
	}
	filled, err := s.fill(values)
	if err != nil {
		return nil, err
	}
	return marshal(filled)
}

// fill puts what references mean into a value of JSON.
func (s *script) fill(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case string:
		if match := reference.FindStringSubmatch(v); match != nil && match[0] == v {
			return s.refer(match)
		}
		return s.fillText(v, func(text string) string { return text })
	case []any:
		for i := range v {
			if v[i], err = s.fill(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			if v[name], err = s.fill(v[name]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}
