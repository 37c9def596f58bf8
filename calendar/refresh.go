package calendar

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"dialtone/outside"
	"dialtone/store"
)

const (
	fresh   = 6 * time.Hour       // between two times that a URL is asked
	retry   = 15 * time.Minute    // when that gave nothing
	atOnce  = 4                   // URLs asked at once
	inRound = 4 * atOnce          // and one after the other, before it is looked what else is due
	pause   = time.Minute         // when the store takes nothing
	reread  = 30 * 24 * time.Hour // after which an unchanged file is read again, for the years have moved on
)

// Refresher asks the URLs of calendars for their events, in the background. One whose Checked is zero is asked at once: so a calendar
// is made, changed and refreshed by changing its record. What gives nothing leaves the events that were there.
type Refresher struct {
	store  *store.Store
	hosts  outside.Hosts
	client *http.Client
	log    *slog.Logger
}

// NewRefresher makes a Refresher that asks hosts.
func NewRefresher(s *store.Store, hosts outside.Hosts, log *slog.Logger) *Refresher {
	purpose := outside.Purpose{Hosts: hosts, Setting: Setting, Time: fetchTime}
	return &Refresher{store: s, hosts: hosts, client: purpose.Client(), log: log}
}

// Run refreshes until ctx ends.
func (r *Refresher) Run(ctx context.Context) {
	changes := r.store.WatchCalendars(ctx)
	for {
		round, next := r.due(time.Now())
		if len(round) > 0 {
			if !r.refresh(ctx, round) {
				next = time.Now().Add(pause)
			} else {
				continue
			}
		}
		wait := time.NewTimer(time.Until(next))
		select {
		case _, open := <-changes:
			if !open { // as the store is closed, or ctx ended
				wait.Stop()
				return
			}
		case <-wait.C:
		}
		wait.Stop()
	}
}

// due gives the calendars that are to be asked now, those first that wait longest, and when the next one is.
func (r *Refresher) due(now time.Time) (round []store.Calendar, next time.Time) {
	next = now.Add(fresh)
	r.store.View(func(tx *store.Tx) error {
		for c := range tx.Calendars().All() {
			switch at := dueAt(c); {
			case c.URL == "":
			case !at.After(now):
				round = append(round, *c)
			case at.Before(next):
				next = at
			}
		}
		return nil
	})
	slices.SortStableFunc(round, func(a, b store.Calendar) int { return dueAt(&a).Compare(dueAt(&b)) })
	return round[:min(len(round), inRound)], next
}

// dueAt is when the URL of a calendar is to be asked.
func dueAt(c *store.Calendar) time.Time {
	switch {
	case c.Checked.IsZero():
		return time.Time{}
	case c.Fault != "":
		return c.Checked.Add(retry)
	}
	return c.Checked.Add(fresh)
}

// refresh asks for some calendars. false tells that the store did not take what came of it.
func (r *Refresher) refresh(ctx context.Context, round []store.Calendar) bool {
	var asking sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	results := make(chan error, len(round))
	for _, c := range round {
		slots <- struct{}{}
		asking.Go(func() {
			defer func() { <-slots }()
			results <- r.ask(ctx, c)
		})
	}
	asking.Wait()
	close(results)
	for err := range results {
		if err != nil && ctx.Err() == nil {
			r.log.Error("a calendar is not kept", "why", err)
			return false
		}
	}
	return ctx.Err() == nil
}

// ask gets the events of one calendar, and keeps them.
func (r *Refresher) ask(ctx context.Context, c store.Calendar) error {
	news, err := r.news(ctx, c)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now := time.Now()
	log := r.log.With("calendar", c.ID, "name", c.Name, "schedule", c.Schedule)
	if err != nil {
		news = c
		news.Fault = err.Error()
		log.Warn("a calendar cannot be had: its last events stay in force", "why", err, "events", len(c.Events))
	} else if !slices.Equal(news.Events, c.Events) {
		log.Info("a calendar has changed", "events", len(news.Events), "notes", len(news.Notes))
	}
	return r.store.Update(func(tx *store.Tx) error {
		kept, _, ok := tx.Calendars().Get(c.ID)
		if !ok || kept.URL != c.URL {
			return nil // somebody removed or changed it meanwhile
		}
		after := *kept
		after.Events, after.Notes, after.Read, after.Checked = news.Events, news.Notes, news.Read, now
		after.Fault, after.ETag, after.Modified = news.Fault, news.ETag, news.Modified
		_, err := tx.Calendars().Put(after)
		return err
	})
}

// news is a calendar with what its URL says now.
func (r *Refresher) news(ctx context.Context, c store.Calendar) (store.Calendar, error) {
	u, err := ParseURL(c.URL, r.hosts)
	if err != nil {
		return c, err
	}
	had := mark{c.ETag, c.Modified}
	if time.Since(c.Read) > reread {
		had = mark{}
	}
	file, got, err := fetch(ctx, r.client, u, had)
	if errors.Is(err, errUnchanged) {
		c.Fault = ""
		return c, nil
	}
	if err != nil {
		return c, err
	}
	c.Read, c.Fault, c.ETag, c.Modified = time.Now(), "", got.etag, got.modified
	c.Events, c.Notes, err = Read(file, c.Read)
	return c, err
}

// AskNow has a Refresher ask the URL of a calendar at once.
func AskNow(tx *store.Tx, id int) error {
	c, _, ok := tx.Calendars().Get(id)
	switch {
	case !ok:
		return fmt.Errorf("there is no calendar %d: %w", id, store.ErrNotFound)
	case c.URL == "":
		return fmt.Errorf("calendar %d has no URL: its events came with a file", id)
	}
	now := *c
	now.Checked = time.Time{}
	_, err := tx.Calendars().Put(now)
	return err
}
