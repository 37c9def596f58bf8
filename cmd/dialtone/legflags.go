package main

import (
	"cmp"
	"fmt"
	"strings"

	"dialtone/store"
)

// legFlags are what can be said of how sound and keys travel at a phone or a trunk.
type legFlags struct {
	Keys        *string  `enum:"auto,rfc4733,inband,info,auto_info" placeholder:"HOW" help:"How keys get to it: auto, which is as it agrees to, inband, as tones alone, info, by SIP INFO alone, or auto_info, by SIP INFO where it agrees to no events."`
	Codec       []string `placeholder:"CODEC" help:"The codecs that it is spoken to by, the preferred one first: ulaw, alaw; \"\" for those of the server."`
	Encryption  *string  `enum:"auto,no,optional,sdes" placeholder:"HOW" help:"Whether its audio is encrypted: no, optional, or sdes, which is always; auto is as serve --srtp says."`
	Silence     *int     `placeholder:"SECONDS" help:"How long it may send no audio before a talk ends; -1 for ever, 0 as serve --rtp-timeout says."`
	HoldSilence *int     `placeholder:"SECONDS" help:"The same while it is on hold; 0 for ever."`
	Language    *string  `placeholder:"L" help:"Of the sounds that its calls hear, as fr; \"\" for the rule, en."`
	Music       *string  `placeholder:"CLASS" help:"The music that others hear whom it puts on hold."`
	BusyAt      *int     `placeholder:"N" help:"Calls at which lamps show that it is busy; 0 for never."`
}

// change makes rules what the flags say.
func (f legFlags) change(r *store.LegRules) {
	set(&r.Keys, f.Keys)
	setList(&r.Codecs, f.Codec)
	if f.Encryption != nil {
		r.Encryption = strings.TrimPrefix(*f.Encryption, "auto")
	}
	set(&r.Silence, f.Silence)
	set(&r.HoldSilence, f.HoldSilence)
	set(&r.Language, f.Language)
	set(&r.Music, f.Music)
	set(&r.BusyAt, f.BusyAt)
}

// contactFlags are what can be said of the registrations of a phone.
type contactFlags struct {
	Contacts        *int  `placeholder:"N" help:"Telephones that may be registered as it at once; one more is refused, unless --replace-contacts. 0 for the rule: the ten that came last."`
	ReplaceContacts *bool `negatable:"" help:"One more takes the place of the one that came first."`
	MinExpires      *int  `placeholder:"SECONDS" help:"The shortest registration (default: 60)."`
	MaxExpires      *int  `placeholder:"SECONDS" help:"The longest registration, up to a day (default: 3600)."`
	Qualify         *int  `placeholder:"SECONDS" help:"How often it is asked by OPTIONS whether it is there; -1 for never, 0 as serve --qualify says."`
}

// change makes rules what the flags say.
func (f contactFlags) change(c *store.ContactRules) {
	set(&c.Most, f.Contacts)
	set(&c.Replace, f.ReplaceContacts)
	set(&c.Min, f.MinExpires)
	set(&c.Max, f.MaxExpires)
	set(&c.Qualify, f.Qualify)
}

// legText is what is said of how sound and keys travel, for people: pairs of what and how.
func legText(r store.LegRules) []string {
	return []string{
		"keys", r.Keys, "codecs", strings.Join(r.Codecs, " "), "encryption", r.Encryption, "silent at most", silenceText(r.Silence), "on hold", silenceText(r.HoldSilence),
		"language", r.Language, "music", r.Music, "busy at", callsText(r.BusyAt),
	}
}

// contactText is what is said of registrations, likewise.
func contactText(c store.ContactRules) []string {
	var most string
	switch {
	case c.Most < 0:
		most = "none"
	case c.Most > 0:
		most = fmt.Sprint(c.Most)
	}
	if c.Replace {
		most = cmp.Or(most, "as all") + ", the newest"
	}
	return []string{
		"registrations", most, "at least", secondsText(c.Min), "at most", secondsText(c.Max), "unless it says", secondsText(c.Default), "asked every", silenceText(c.Qualify),
	}
}

// silenceText is a time of which a negative one is never over.
func silenceText(n int) string {
	if n < 0 {
		return "never"
	}
	return secondsText(n)
}

func callsText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d calls", n)
}
