// Package wazo reads the configuration of a running Wazo by its REST API, to take it over.
//
// [Read] fetches the objects of one tenant: contexts, extensions, SIP endpoints and their templates, lines, users, groups, IVRs, schedules,
// trunks, outgoing and incoming calls, and which sounds there are. [Objects.Script] turns them into requests of the same API, which
// package confd runs in one transaction: so what is taken over is checked as if a person had sent it. Wazo's numbers are
// not kept: a request names what another one makes (see confd.Step).
package wazo

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Source is a Wazo.
type Source struct {
	URL    string       // https://wazo.example.org, or the API's own address, which ends in /1.1
	Token  string       // X-Auth-Token
	Tenant string       // UUID of the tenant that is read; empty: the token's own
	Client *http.Client // nil: the default one

	// Progress is told what is being read, and how much of it there is. nil: nobody is told.
	Progress func(resource string, n, total int)
}

// Objects are those of a tenant by resource, as /1.1 shows them: "ivr", "endpoints/sip".
type Objects map[string][]Object

// Object is an object of JSON. Numbers are json.Number.
type Object map[string]any

// resource is a list of objects.
type resource struct {
	path  string
	id    string // the field that tells them apart
	whole bool   // its list shows less than each object by itself
}

// resources are those that are taken over, in the order in which they are read.
var resources = []resource{
	{"contexts", "id", false}, {"extensions", "id", false},
	{"endpoints/sip/templates", "uuid", true}, {"endpoints/sip", "uuid", true},
	{"lines", "id", true}, {"users", "uuid", true}, {"groups", "uuid", true},
	{"ivr", "id", false}, {"schedules", "id", false}, {"trunks", "id", false}, {"outcalls", "id", false}, {"incalls", "id", false},
	{"sounds", "name", false},
}

// Limits of what is read.
const (
	pageSize   = 1000      // objects asked for at once
	maxObjects = 1_000_000 // of a resource
	maxAnswer  = 64 << 20  // bytes
)

// Read fetches all objects. Resources that this version of Wazo does not have are empty.
func Read(ctx context.Context, s Source) (Objects, error) {
	all := Objects{}
	for _, r := range resources {
		list, err := s.list(ctx, r)
		if err != nil {
			return nil, err
		}
		all[r.path] = list
	}
	return all, nil
}

// list reads a resource, and where its list does not show all of an object, each object.
func (s Source) list(ctx context.Context, r resource) ([]Object, error) {
	base, err := s.base()
	if err != nil {
		return nil, err
	}
	list, err := s.pages(ctx, base, r)
	if missing, ok := errors.AsType[*statusError](err); ok && len(list) == 0 && (missing.status == http.StatusNotFound || missing.status == http.StatusNotImplemented) {
		return nil, nil
	}
	return list, err
}

// pages reads the pages of a list below an address.
func (s Source) pages(ctx context.Context, base string, r resource) ([]Object, error) {
	var list []Object
	seen := map[string]bool{}
	for offset, total := 0, 1; offset < total; offset += pageSize {
		var page struct {
			Total int      `json:"total"`
			Items []Object `json:"items"`
		}
		if err := s.get(ctx, fmt.Sprintf("%s/%s?limit=%d&offset=%d&recurse=False", base, r.path, pageSize, offset), &page); err != nil {
			return list, err
		}
		if total = page.Total; total > maxObjects {
			return nil, fmt.Errorf("%s has %d %s, more than %d", s.URL, total, r.path, maxObjects)
		}
		for _, o := range page.Items {
			id := o.text(r.id)
			if id == "" || seen[id] {
				continue // it moved to another page meanwhile
			}
			seen[id] = true
			if r.whole {
				if err := s.get(ctx, base+"/"+r.path+"/"+url.PathEscape(id), &o); err != nil {
					return list, err
				}
			}
			list = append(list, o)
			if s.Progress != nil {
				s.Progress(r.path, len(list), total)
			}
		}
		if len(page.Items) == 0 {
			break
		}
	}
	return list, nil
}

// statusError is an answer that is no success.
type statusError struct {
	path   string
	status int
	texts  []string
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("GET %s: %d %s", e.path, e.status, http.StatusText(e.status))
	if len(e.texts) > 0 {
		text += ": " + strings.Join(e.texts, ". ")
	}
	if e.status == http.StatusUnauthorized {
		text += " (is the token right, and not over? `wazo-auth-cli token create` makes one)"
	}
	return text
}

// Limits of time, so that a Wazo that stalls does not hold up for ever.
const (
	answerTime = 2 * time.Minute        // for an answer
	tries      = 4                      // of an address that is overloaded or goes away
	pause      = 250 * time.Millisecond // before the second try, and twice as long before each further one
)

// get reads what lies at an address.
func (s Source) get(ctx context.Context, address string, v any) error {
	for n := 1; ; n++ {
		err := s.try(ctx, address, v)
		if err == nil || n == tries || !passes(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause << (n - 1)):
		}
	}
}

// passes tells that an error may be none a moment later.
func passes(err error) bool {
	if refused, ok := errors.AsType[*statusError](err); ok {
		return refused.status == http.StatusTooManyRequests || refused.status >= 500 && refused.status != http.StatusNotImplemented
	}
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF)
}

func (s Source) try(ctx context.Context, address string, v any) error {
	ctx, stop := context.WithTimeout(ctx, answerTime)
	defer stop()
	body, err := s.open(ctx, address)
	if err != nil {
		return err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = fmt.Errorf("more than %d MiB", maxAnswer>>20)
	}
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		err = decoder.Decode(v)
	}
	if err != nil {
		return fmt.Errorf("GET %s: the answer is not as expected: %w", address, err)
	}
	return nil
}

// open asks for an address; the caller closes what it gives.
func (s Source) open(ctx context.Context, address string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Auth-Token", s.Token)
	request.Header.Set("Accept", "application/json, application/octet-stream")
	if s.Tenant != "" {
		request.Header.Set("Wazo-Tenant", s.Tenant)
	}
	client := s.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return nil, fmt.Errorf("%w (a fresh Wazo has made its certificate itself: --insecure does not check it)", err)
	}
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusOK {
		return response.Body, nil
	}
	defer response.Body.Close()
	refusal := &statusError{path: request.URL.Path, status: response.StatusCode}
	_ = json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&refusal.texts) // the status says enough
	return nil, refusal
}

// base is the address of the API.
func (s Source) base() (string, error) {
	u, err := url.Parse(strings.TrimSuffix(s.URL, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("%q is no address of a Wazo, as https://wazo.example.org", s.URL)
	}
	switch {
	case strings.HasSuffix(u.Path, "/1.1"):
	case u.Path == "" && u.Port() == "9486": // the service itself
		u.Path = "/1.1"
	case u.Path == "":
		u.Path = "/api/confd/1.1"
	default:
		u.Path += "/1.1"
	}
	return u.String(), nil
}

// Sound is a file of sound of a Wazo.
type Sound struct {
	Category, Name, Format, Language string
}

// String is its path.
func (s Sound) String() string {
	return "/sounds/" + s.Category + "/files/" + s.Name
}

// Sounds lists the files of sound but for Wazo's own.
func (all Objects) Sounds() []Sound {
	var list []Sound
	for _, category := range all["sounds"] {
		name := category.text("name")
		for _, file := range category.objects("files") {
			for _, format := range file.objects("formats") {
				if name != "system" {
					list = append(list, Sound{name, file.text("name"), format.text("format"), format.text("language")})
				}
			}
		}
	}
	return list
}

// Open fetches a file of sound. The caller closes it.
func (s Source) Open(ctx context.Context, sound Sound) (io.ReadCloser, error) {
	query := url.Values{}
	for name, value := range map[string]string{"format": sound.Format, "language": sound.Language} {
		if value != "" {
			query.Set(name, value)
		}
	}
	base, err := s.base()
	if err != nil {
		return nil, err
	}
	return s.open(ctx, base+"/sounds/"+url.PathEscape(sound.Category)+"/files/"+url.PathEscape(sound.Name)+"?"+query.Encode())
}

// text is a field as text; empty: it is not there, or is null.
func (o Object) text(name string) string {
	switch v := o[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// object is a field that is an object; nil: there is none.
func (o Object) object(name string) Object {
	v, _ := o[name].(map[string]any)
	return v
}

// objects are those of a field that is a list.
func (o Object) objects(name string) []Object {
	list, _ := o[name].([]any)
	var objects []Object
	for _, v := range list {
		if object, ok := v.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

// only is a copy with some of the fields, as far as they are there.
func (o Object) only(names ...string) Object {
	some := Object{}
	for _, name := range names {
		if v, there := o[name]; there {
			some[name] = v
		}
	}
	return some
}
