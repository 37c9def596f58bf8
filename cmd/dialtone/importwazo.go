package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"dialtone/sounds"
	"dialtone/wazo"
)

type importWazo struct {
	importFlags
	URL        string `required:"" placeholder:"URL" help:"The Wazo: https://wazo.example.org."`
	Token      string `required:"" placeholder:"T" env:"DIALTONE_WAZO_TOKEN" help:"A token of it (\"wazo-auth-cli token create\") that may read its configuration."`
	WazoTenant string `xor:"wazo" placeholder:"UUID" help:"The tenant there that is taken over (default: the token's own)."`
	AllTenants bool   `xor:"wazo" help:"Take over all tenants that the token sees, under their UUIDs and names; the master there is the master here."`
	Insecure   bool   `help:"Do not check its certificate, which a fresh Wazo has made itself."`
}

func (importWazo) Help() string {
	return `Reads contexts, extensions, SIP endpoints and their templates, lines, users, groups, IVRs, schedules, trunks, outgoing and incoming calls, and sounds,
and makes the same here in one transaction. Nothing is changed there. Numbers of objects are new ones; names of contexts are kept. What cannot be taken
is printed line by line, with why: an object that is refused does not hinder the others. Dialplan files have to be copied by hand:
/etc/asterisk/extensions_extra.d to extensions_extra.d in the data directory.

Examples:
  dialtone import wazo --url https://wazo.example.org --token 0b2f8d5e-… --dry-run
  dialtone import wazo --url https://wazo.example.org --token 0b2f8d5e-… --all-tenants
  DIALTONE_WAZO_TOKEN=0b2f8d5e-… dialtone import wazo --url https://wazo.example.org --insecure --tenant acme`
}

// answerTime is how long a Wazo may take for an answer to begin.
const answerTime = 30 * time.Second

func (i importWazo) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = answerTime
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: i.Insecure}
	from := wazo.Source{URL: i.URL, Token: i.Token, Tenant: i.WazoTenant, Client: &http.Client{Transport: transport}, Progress: progress}
	if !i.AllTenants {
		return i.take(ctx, from, "")
	}
	if i.Tenant != "" {
		return errors.New("--all-tenants: each goes to a tenant of its own, so --tenant says nothing")
	}
	tenants, err := wazo.Tenants(ctx, from)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		fmt.Printf("tenant %s (%s):\n", t.Name, t.UUID)
		from.Tenant = t.UUID
		if !t.Master {
			i.Tenant = t.UUID
		}
		if err := i.take(ctx, from, t.Name); err != nil {
			return fmt.Errorf("tenant %s: %w", t.Name, err)
		}
	}
	return nil
}

// take takes over one tenant. called is the name that it gets here.
func (i importWazo) take(ctx context.Context, from wazo.Source, called string) error {
	all, err := wazo.Read(ctx, from)
	if err != nil {
		return err
	}
	steps, notes := all.Script()
	for _, note := range notes {
		fmt.Println(note)
	}
	report, err := i.do(called, steps)
	if err != nil {
		return err
	}
	taken, failed := i.fetchAll(ctx, from, all.Sounds(), sounds.NewCategories(i.soundsFolder(report)))
	fmt.Println(i.summary(report, taken))
	if failed > 0 {
		return errors.Join(ctx.Err(), fmt.Errorf("%d sounds are missing: run it again, what is here stays", failed))
	}
	return nil
}

// fetchAll takes over the sounds that are not here yet, and prints those that cannot be.
func (i importWazo) fetchAll(ctx context.Context, from wazo.Source, wanted []wazo.Sound, to sounds.Categories) (taken, failed int) {
	for n, sound := range wanted {
		if there, err := i.has(to, sound); there && err == nil {
			continue
		}
		if i.DryRun {
			taken++
			continue
		}
		err := i.fetch(ctx, from, sound, to)
		if ctx.Err() != nil {
			return taken, len(wanted) - n
		}
		if err == nil {
			taken++
		} else {
			fmt.Printf("%s: %v\n", sound, err)
			if _, no := errors.AsType[*sounds.RefusedError](err); !no { // else it cannot be played, and never will be
				failed++
			}
		}
		progress("sounds fetched", n+1, len(wanted))
	}
	return taken, failed
}

// has tells whether a sound is here.
func (importWazo) has(folder sounds.Categories, sound wazo.Sound) (bool, error) {
	category, err := folder.Get(sound.Category)
	wanted := fileOf(sound)
	return slices.ContainsFunc(category.Files, func(f sounds.File) bool {
		return f.Name == wanted.Name && f.Language == wanted.Language && (wanted.Extension == "" || f.Extension == wanted.Extension)
	}), err
}

// fileOf is the file that a sound becomes.
func fileOf(sound wazo.Sound) sounds.File {
	extension := sound.Format
	if extension == "slin" {
		extension = "wav"
	}
	return sounds.File{Name: sound.Name, Extension: extension, Language: sound.Language}
}

// progress tells on standard error how much is read, now and then and at the end.
func progress(what string, n, total int) {
	if n%500 == 0 || n >= total {
		fmt.Fprintf(os.Stderr, "%s: %d of %d\n", what, n, total)
	}
}

// soundTime is how long a sound may take.
const soundTime = 5 * time.Minute

// fetch takes over a file of sound.
func (importWazo) fetch(ctx context.Context, from wazo.Source, sound wazo.Sound, to sounds.Categories) error {
	ctx, stop := context.WithTimeout(ctx, soundTime)
	defer stop()
	body, err := from.Open(ctx, sound)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := to.Create(sound.Category); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return to.Put(sound.Category, fileOf(sound), body)
}
