package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"text/tabwriter"
	"time"

	"dialtone/sip"
	"dialtone/store"
)

type bansCommand struct {
	List   bansList   `cmd:"" default:"withargs" help:"List who is banned, by operators and by the server itself."`
	Add    bansAdd    `cmd:"" help:"Ban an address or a network."`
	Remove bansRemove `cmd:"" help:"Lift the bans of an address or a network."`
}

type bansList struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

func (bansList) Help() string {
	return `Nothing that comes from a banned source is looked at. The server bans who guesses passwords or asks for name after name, for two
minutes, and twice as long each time; never a trunk, a source from which a phone has registered or called of late, or what the
setting trusted names.

Examples:
  dialtone bans list
  dialtone bans list --json | jq -r '.[].source'`
}

// Run prints the bans. Those that the server made itself are only there while it runs.
func (l bansList) Run() error {
	bans, err := answered(l.Data, "GET", "/bans", nil, func(s *store.Store) ([]sip.Ban, error) { return banned{store: s}.list() })
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(bans)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tSINCE\tUNTIL\tDROPPED\tWHY")
	for _, b := range bans {
		until, why := "-", printable(b.Why)
		if !b.Until.IsZero() {
			until = b.Until.Local().Format(time.DateTime)
		}
		if b.Times > 1 {
			why += fmt.Sprintf(" (%d times of late)", b.Times)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\n", b.Source, b.Since.Local().Format(time.DateTime), until, b.Dropped, why)
	}
	return table.Flush()
}

type bansAdd struct {
	dataFlag
	Source network       `arg:"" help:"An IP address, or a network as 203.0.113.0/24."`
	For    time.Duration `placeholder:"TIME" help:"How long, as 90m or 24h (default: until it is lifted)."`
	Why    string        `default:"by an operator" placeholder:"TEXT" help:"The reason, for those who see it in the list."`
}

func (bansAdd) Help() string {
	return `Examples:
  dialtone bans add 203.0.113.66
  dialtone bans add 198.51.100.0/24 --for 48h --why 'asked for 00899 all night'`
}

// Run bans.
func (a bansAdd) Run() error {
	ban := store.Ban{Source: netip.Prefix(a.Source), Since: time.Now().Truncate(time.Second), Why: a.Why}
	if a.For > 0 {
		ban.Until = ban.Since.Add(a.For)
	}
	err := carriedOut(a.Data, "PUT", "/bans", ban, func(s *store.Store) error { return banned{store: s}.add(ban) })
	if err == nil {
		fmt.Printf("%s banned\n", ban.Source)
	}
	return err
}

type bansRemove struct {
	dataFlag
	Source network `arg:"" help:"An IP address, or a network: then all bans in it are lifted."`
}

func (bansRemove) Help() string {
	return `Example:
  dialtone bans remove 203.0.113.66`
}

// Run lifts bans.
func (r bansRemove) Run() error {
	source := netip.Prefix(r.Source)
	err := carriedOut(r.Data, "DELETE", "/bans/"+url.PathEscape(source.String()), nil, func(s *store.Store) error { return banned{store: s}.lift(source) })
	if err == nil {
		fmt.Printf("%s is no longer banned\n", source)
	}
	return err
}

// banned are the bans that are kept and, where a server runs, those that are in force there.
type banned struct {
	store *store.Store
	bans  *sip.Bans // nil: no server runs
}

// load puts the bans that are kept into force, and forgets those that are over.
func (b banned) load() error {
	now := time.Now()
	kept, err := records(b.store.Bans())
	for _, ban := range kept {
		if !ban.Until.IsZero() && ban.Until.Before(now) {
			err = errors.Join(err, b.store.Bans().Delete(ban.Source.String(), store.Any))
			continue
		}
		err = errors.Join(err, b.bans.Add(inForce(ban)))
	}
	return err
}

func inForce(b store.Ban) sip.Ban {
	return sip.Ban{Source: b.Source, Since: b.Since, Until: b.Until, Why: b.Why}
}

func (b banned) list() ([]sip.Ban, error) {
	if b.bans != nil {
		return b.bans.List(time.Now()), nil
	}
	kept, err := records(b.store.Bans())
	list := make([]sip.Ban, 0, len(kept))
	for _, ban := range kept {
		list = append(list, inForce(ban))
	}
	return list, err
}

// add bans: in force first, where what is trusted is refused.
func (b banned) add(ban store.Ban) error {
	if b.bans != nil {
		if err := b.bans.Add(inForce(ban)); err != nil {
			return err
		}
	}
	_, err := b.store.Bans().Put(ban.Source.String(), ban, store.Any)
	return err
}

// lift ends the bans of a network and of all in it.
func (b banned) lift(source netip.Prefix) error {
	kept, err := records(b.store.Bans())
	if err != nil {
		return err
	}
	lifted := false
	for _, ban := range kept {
		if source.Bits() <= ban.Source.Bits() && source.Overlaps(ban.Source) {
			err = errors.Join(err, b.store.Bans().Delete(ban.Source.String(), store.Any))
			lifted = true
		}
	}
	if b.bans != nil {
		if liftErr := b.bans.Lift(source); !lifted || !errors.Is(liftErr, sip.ErrNotBanned) {
			err = errors.Join(err, liftErr)
		}
	} else if !lifted {
		err = cmp.Or(err, fmt.Errorf("%s is %w", source, sip.ErrNotBanned))
	}
	return err
}

// serve lets commands list, add and lift bans.
func (b banned) serve(mux *http.ServeMux) {
	mux.HandleFunc("GET /bans", func(w http.ResponseWriter, r *http.Request) {
		list, err := b.list()
		reply(w, list, err)
	})
	mux.HandleFunc("PUT /bans", func(w http.ResponseWriter, r *http.Request) {
		var ban store.Ban
		err := decode(w, r, &ban)
		if err == nil {
			err = b.add(ban)
		}
		reply(w, ban, err)
	})
	mux.HandleFunc("DELETE /bans/{source}", func(w http.ResponseWriter, r *http.Request) {
		source, err := store.ParseAddress(r.PathValue("source"))
		if err == nil {
			err = b.lift(source)
		}
		reply(w, nil, err)
	})
}
