package main

import (
	"cmp"
	"encoding/json"
	"errors"

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
	return sip.Account{User: phone.Number, Alias: phone.Alias, HA1MD5: phone.HA1MD5, HA1SHA256: phone.HA1SHA256}, true
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

// identities are what the accounts of phones say of their calls.
type identities struct{ store *store.Store }

func (i identities) of(number string) call.Identity {
	phone, _, err := i.store.Phones().Get(number)
	if err != nil {
		return call.Identity{}
	}
	return call.Identity{Name: phone.Caller.Name, Number: phone.Caller.Number, Variables: phone.Variables, InfoKeys: phone.Keys == store.KeysByInfo, CallGroups: phone.CallGroups, PickupGroups: phone.PickupGroups}
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
