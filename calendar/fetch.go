package calendar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"dialtone/outside"
)

// Setting is what opens hosts to calendars.
const Setting = "--allow-calendar-url"

const (
	fetchTime = 30 * time.Second // of a fetch, with its redirects and its body
	maxURL    = 2048             // bytes of a URL
)

// ParseURL reads the URL of a calendar, of which hosts must allow the host. webcal: is https:.
func ParseURL(text string, hosts outside.Hosts) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, fmt.Errorf("a URL of more than %d bytes", maxURL)
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.Unwrap(err) // without the URL, which may hold a password
	}
	if strings.EqualFold(u.Scheme, "webcal") {
		u.Scheme = "https"
	}
	u.Fragment = ""
	return u, hosts.Allow(u, Setting)
}

// mark tells a server which version of a file is here.
type mark struct {
	etag, modified string // headers of its answer
}

// errUnchanged tells that the file is the one that is here.
var errUnchanged = errors.New("unchanged")

// fetch gets the file at a URL, unless it is as had says (errUnchanged). Errors do not hold passwords.
func fetch(ctx context.Context, client *http.Client, u *url.URL, had mark) (file []byte, got mark, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, mark{}, errors.Unwrap(err)
	}
	request.Header.Set("User-Agent", "dialtone")
	request.Header.Set("Accept", "text/calendar, */*;q=0.5")
	if had.etag != "" {
		request.Header.Set("If-None-Match", had.etag)
	}
	if had.modified != "" {
		request.Header.Set("If-Modified-Since", had.modified)
	}
	answer, err := client.Do(request)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err // without the URL
	}
	if err != nil {
		return nil, mark{}, err
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotModified && had != (mark{}):
		return nil, had, errUnchanged
	case answer.StatusCode != http.StatusOK:
		return nil, mark{}, fmt.Errorf("the server answers %s", answer.Status)
	}
	file, err = io.ReadAll(io.LimitReader(answer.Body, MaxBytes+1)) // Read refuses what is longer
	if err != nil {
		return nil, mark{}, fmt.Errorf("the calendar did not come whole: %w", err)
	}
	got = mark{answer.Header.Get("ETag"), answer.Header.Get("Last-Modified")}
	if len(got.etag)+len(got.modified) > maxMark {
		got = mark{}
	}
	return file, got, nil
}

const maxMark = 512 // bytes of a mark that is kept
