package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"dialtone/sounds"
	"dialtone/wazo"
)

type importWazo struct {
	importFlags
	URL        string `required:"" placeholder:"URL" help:"The Wazo: https://wazo.example.org."`
	Token      string `required:"" placeholder:"T" env:"DIALTONE_WAZO_TOKEN" help:"A token of it (\"wazo-auth-cli token create\") that may read its configuration."`
	WazoTenant string `placeholder:"UUID" help:"The tenant there that is taken over (default: the token's own)."`
	Insecure   bool   `help:"Do not check its certificate, which a fresh Wazo has made itself."`
}

func (importWazo) Help() string {
	return `Reads contexts, extensions, SIP endpoints and their templates, lines, users, groups, IVRs, schedules, trunks, outgoing and incoming calls, and sounds,
and makes the same here in one transaction. Nothing is changed there. Numbers of objects are new ones; names of contexts are kept. What cannot be taken
is printed line by line, with why: an object that is refused does not hinder the others. Dialplan files have to be copied by hand:
/etc/asterisk/extensions_extra.d to extensions_extra.d in the data directory.

Examples:
  dialtone import wazo --url https://wazo.example.org --token 0b2f8d5e-… --dry-run
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
	all, err := wazo.Read(ctx, from)
	if err != nil {
		return err
	}
	steps, notes := all.Script()
	for _, note := range notes {
		fmt.Println(note)
	}
	report, err := i.do(steps)
	if err != nil {
		return err
	}
	folder := sounds.NewCategories(i.soundsFolder(report))
	taken := 0
	for n, sound := range all.Sounds() {
		if !i.DryRun {
			if err := i.fetch(ctx, from, sound, folder); err != nil {
				fmt.Printf("%s: %v\n", sound, err)
				continue
			}
			progress("sounds fetched", n+1, len(all.Sounds()))
		}
		taken++
	}
	fmt.Println(i.summary(report, taken))
	return ctx.Err()
}

// progress tells on standard error how much is read, now and then and at the end.
func progress(what string, n, total int) {
	if n%500 == 0 || n >= total {
		fmt.Fprintf(os.Stderr, "%s: %d of %d\n", what, n, total)
	}
}

// fetch takes over a file of sound.
func (importWazo) fetch(ctx context.Context, from wazo.Source, sound wazo.Sound, to sounds.Categories) error {
	body, err := from.Open(ctx, sound)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := to.Create(sound.Category); err != nil && !os.IsExist(err) {
		return err
	}
	extension := sound.Format
	if extension == "slin" {
		extension = "wav"
	}
	return to.Put(sound.Category, sounds.File{Name: sound.Name, Extension: extension, Language: sound.Language}, body)
}
