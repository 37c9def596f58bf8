package calendar

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/ivr"
	"dialtone/store"
)

// site is a server of calendars in virtual time.
type site struct {
	mu     sync.Mutex
	status int
	body   string
	etag   string
	takes  time.Duration // until it answers
	asked  []string      // by URL, with If-None-Match
}

func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSpace(r.URL.String()+" "+r.Header.Get("If-None-Match")))
	status, body, etag, takes := s.status, s.body, s.etag, s.takes
	s.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if etag != "" && r.Header.Get("If-None-Match") == etag {
		status, body = http.StatusNotModified, ""
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), Header: http.Header{"Etag": {etag}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

func (s *site) says(status int, etag, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.etag, s.body = status, etag, body
}

// asks gives how often it was asked since the last time.
func (s *site) asks() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// desk is a store with one schedule, and a Refresher of its calendars that asks a site.
type desk struct {
	*testing.T
	store *store.Store
	site  *site
}

// atDesk runs a test in virtual time.
func atDesk(t *testing.T, f func(d desk)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(dir, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d := desk{t, s, &site{status: http.StatusOK, body: string(file("SUMMARY:May Day\nDTSTART;VALUE=DATE:19990501\nRRULE:FREQ=YEARLY"))}}
		d.change(func(tx *store.Tx) error {
			_, err := tx.Schedules().Put(store.Schedule{Tenant: tx.MasterTenant().UUID, ClosedDestination: store.Nowhere})
			return err
		})
		r := NewRefresher(s, ivr.Hosts{"example.org"}, slog.New(slog.DiscardHandler))
		r.client.Transport = d.site
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			r.Run(ctx)
			close(done)
		}()
		f(d)
		cancel()
		<-done
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (d desk) change(f func(tx *store.Tx) error) {
	d.Helper()
	if err := d.store.Update(f); err != nil {
		d.Fatal(err)
	}
}

// wants waits, and checks a calendar then and how often the site was asked meanwhile.
func (d desk) wants(why string, after time.Duration, id, events int, fault string, asked int) store.Calendar {
	d.Helper()
	time.Sleep(after)
	synctest.Wait()
	var got store.Calendar
	d.store.View(func(tx *store.Tx) error {
		if c, _, ok := tx.Calendars().Get(id); ok {
			got = *c
		}
		return nil
	})
	if n := d.site.asks(); len(got.Events) != events || !strings.Contains(got.Fault, fault) || fault == "" && got.Fault != "" || len(n) != asked {
		d.Errorf("%s: %d events, fault %q, asked %q; want %d events, fault %q, asked %d times", why, len(got.Events), got.Fault, n, events, fault, asked)
	}
	return got
}

// calendar makes one.
func (d desk) calendar(c store.Calendar) int {
	d.Helper()
	c.Schedule = 1
	d.change(func(tx *store.Tx) (err error) {
		c, err = tx.Calendars().Put(c)
		return err
	})
	return c.ID
}

func TestCalendarsAreRefreshed(t *testing.T) {
	atDesk(t, func(d desk) {
		id := d.calendar(store.Calendar{URL: "webcal://example.org/a.ics"})
		d.wants("a new one is asked at once", time.Second, id, 5, "", 1)
		d.wants("then after six hours", 6*time.Hour, id, 5, "", 1)
		d.site.says(http.StatusInternalServerError, "", "")
		d.wants("a server that fails leaves the last events", 6*time.Hour, id, 5, "the server answers 500 Internal Server Error", 1)
		d.wants("and is asked again after a quarter of an hour", 15*time.Minute, id, 5, "500", 1)
		d.site.says(http.StatusOK, "", "<html>")
		d.wants("so does what is no calendar", 15*time.Minute, id, 5, "no iCalendar file", 1)
		d.site.says(http.StatusOK, `"1"`, string(file("DTSTART;VALUE=DATE:19990501")))
		d.wants("a calendar without events is one", 15*time.Minute, id, 0, "", 1)
		d.site.asks()
		got := d.wants("one that is marked is asked by its mark, and unchanged", 6*time.Hour, id, 0, "", 1)
		if got.ETag != `"1"` || got.Read.Equal(got.Checked) {
			t.Errorf("the mark is %q, read %s, checked %s", got.ETag, got.Read, got.Checked)
		}
		d.site.says(http.StatusOK, "", string(file("DTSTART;VALUE=DATE:19990501\nRRULE:FREQ=YEARLY")))
		d.change(func(tx *store.Tx) error {
			c := got
			c.Checked = time.Time{}
			_, err := tx.Calendars().Put(c)
			return err
		})
		d.wants("one that is to be asked now", time.Second, id, 5, "", 1)
		d.change(func(tx *store.Tx) error { return tx.Calendars().Delete(id) })
		d.wants("one that is no more", 24*time.Hour, id, 0, "", 0)
	})
}

func TestAnUnchangedFileIsReadAgainEachMonth(t *testing.T) {
	atDesk(t, func(d desk) {
		d.site.says(http.StatusOK, `"1"`, string(file("DTSTART;VALUE=DATE:19990501\nRRULE:FREQ=YEARLY")))
		id := d.calendar(store.Calendar{URL: "https://example.org/a.ics"})
		first := d.wants("at once", time.Second, id, 5, "", 1)
		time.Sleep(31 * 24 * time.Hour)
		d.site.asks()
		if again := d.wants("a month later", time.Second, id, 5, "", 0); !again.Read.After(first.Read) {
			t.Errorf("read at %s, then at %s", first.Read, again.Read)
		}
	})
}

func TestHostsThatAreNotAllowedAreNotAsked(t *testing.T) {
	atDesk(t, func(d desk) {
		id := d.calendar(store.Calendar{URL: "http://169.254.169.254/latest"})
		d.wants("another host", time.Second, id, 0, "--allow-calendar-url", 0)
		id = d.calendar(store.Calendar{URL: "file:///etc/passwd"})
		d.wants("a file", time.Second, id, 0, "no address of HTTP", 0)
		id = d.calendar(store.Calendar{Events: []store.CalendarEvent{{Name: "x", From: now, Until: now.Add(time.Hour)}}})
		d.wants("one of a file", 24*time.Hour, id, 1, "", 0)
	})
}

func TestASlowServerHoldsNobodyUp(t *testing.T) {
	atDesk(t, func(d desk) {
		d.site.takes = time.Hour
		var last int
		for range 6 {
			last = d.calendar(store.Calendar{URL: "https://example.org/a.ics"})
		}
		d.wants("each is given half a minute: the first, then four at once", 91*time.Second, last, 0, "deadline", 6)
	})
}

func TestAChangeMeanwhileIsKept(t *testing.T) {
	atDesk(t, func(d desk) {
		d.site.takes = 10 * time.Second
		id := d.calendar(store.Calendar{URL: "https://example.org/a.ics", Name: "before"})
		time.Sleep(5 * time.Second)
		d.change(func(tx *store.Tx) error {
			c, _, _ := tx.Calendars().Get(id)
			changed := *c
			changed.Name = "after"
			_, err := tx.Calendars().Put(changed)
			return err
		})
		if got := d.wants("it is renamed while it is asked", 6*time.Second, id, 5, "", 1); got.Name != "after" {
			t.Errorf("its name is %q", got.Name)
		}
	})
}
