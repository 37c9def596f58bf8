package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"time"

	"dialtone/call"
	"dialtone/sip"
	"dialtone/store"
)

// The rooms do not know the store: what they ask of it is answered here.

// accounts are the phones, and the carriers that prove their calls by a password, for signalling (sip.Accounts).
type accounts struct {
	store  *store.Store
	trunks *call.Trunks
}

func (a accounts) Account(user string) (sip.Account, bool) {
	phone, _, err := a.store.Phones().Get(user)
	if err != nil {
		return a.trunks.Peer(user)
	}
	return sip.Account{
		User: phone.Number, Alias: phone.Alias, HA1MD5: phone.HA1MD5, HA1SHA256: phone.HA1SHA256, Realm: phone.OwnRealm, Contacts: contactRules(phone.Contacts),
	}, true
}

// contactRules are what holds for the contacts of a phone, as signalling has it.
func contactRules(c store.ContactRules) sip.ContactRules {
	seconds := func(n int) time.Duration { return time.Duration(n) * time.Second }
	return sip.ContactRules{
		Most: c.Most, Refuse: c.Most > 0 && !c.Replace, Default: seconds(c.Default), Min: seconds(c.Min), Max: seconds(c.Max), Qualify: seconds(c.Qualify),
	}
}

// bindings keep the registrations (sip.Bindings).
type bindings struct{ store *store.Store }

func (b bindings) Load(aor string) ([]sip.Binding, error) {
	raw, _, err := b.store.Bindings().Get(aor)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []sip.Binding
	return list, json.Unmarshal(raw, &list)
}

func (b bindings) Each(each func(aor string, list []sip.Binding)) error {
	entries, err := b.store.Bindings().List()
	for _, entry := range entries {
		var list []sip.Binding
		if json.Unmarshal(entry.Value, &list) == nil {
			each(entry.Key, list)
		}
	}
	return err
}

func (b bindings) Save(aor string, list []sip.Binding) error {
	if len(list) == 0 {
		err := b.store.Bindings().Delete(aor, store.Any)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return err
	}
	_, err = b.store.Bindings().Put(aor, raw, store.Any)
	return err
}

// contexts are where the calls of phones and trunks begin.
type contexts struct{ store *store.Store }

func (c contexts) of(door call.Door) (string, bool) {
	if door.Trunk != "" {
		trunk, _, err := c.store.Trunks().Get(door.Trunk)
		return trunk.Entry(), err == nil
	}
	phone, _, err := c.store.Phones().Get(door.Phone)
	return phone.Context, err == nil
}

// names are the phones that a dialplan names (call.Named). A trunk goes before an endpoint of its name.
type names struct{ store *store.Store }

func (n names) of(name string) (number, alias string) {
	_ = n.store.View(func(tx *store.Tx) error {
		phone, ok := tx.PhoneNamed(name)
		if _, isTrunk := tx.Trunk(name); ok && !(isTrunk && phone.Number != name) {
			number, alias = phone.Number, phone.Alias
		}
		return nil
	})
	return number, alias
}

// identities are what the accounts of phones say of their calls.
type identities struct{ store *store.Store }

func (i identities) of(number string) call.Identity {
	phone, _, err := i.store.Phones().Get(number)
	if err != nil {
		return call.Identity{}
	}
	return call.Identity{Name: phone.Caller.Name, Number: phone.Caller.Number, Variables: phone.Variables, CallGroups: phone.CallGroups, PickupGroups: phone.PickupGroups}
}

// legs are how sound and keys travel at phones and trunks. A phone that says no language has its user's.
type legs struct{ store *store.Store }

func (l legs) of(door call.Door) store.LegRules {
	if door.Trunk != "" {
		trunk, _, _ := l.store.Trunks().Get(door.Trunk) // one that is no more says nothing
		return trunk.LegRules
	}
	phone, _, _ := l.store.Phones().Get(door.Phone)
	rules := phone.LegRules
	_ = l.store.View(func(tx *store.Tx) error {
		if line, ok := tx.LineOf(phone.Endpoint); ok && rules.Language == "" {
			if u, _, ok := tx.Users().Get(line.User); ok {
				rules.Language = u.Language
			}
		}
		return nil
	})
	return rules
}

// tolls are what phones may do at trunks: what their records say, else what holds for all.
type tolls struct {
	store *store.Store
	all   call.TollLimits
}

func (t tolls) of(number string) (call.TollLimits, bool) {
	phone, _, err := t.store.Phones().Get(number)
	limits := call.TollLimits{
		MaxCalls: cmp.Or(phone.MaxCalls, t.all.MaxCalls), CallsPerMinute: cmp.Or(phone.CallsPerMinute, t.all.CallsPerMinute), Allow: phone.Allow,
	}
	if len(limits.Allow) == 0 {
		limits.Allow = t.all.Allow
	}
	return limits, err == nil
}
