package main

import (
	"fmt"
	"slices"

	"dialtone/store"
)

// trunkFlags are what can be said of a trunk, when it is added and later. A list is emptied by "".
type trunkFlags struct {
	Address     []string `placeholder:"CIDR" help:"Where its calls come from, without a password: an address, one with a port, or a network; may be given several times."`
	Host        []string `placeholder:"HOST" help:"As --address, a name whose addresses are looked up every few minutes; may be given several times."`
	Domain      []string `placeholder:"HOST" help:"The host of the URIs that it calls, where it shares its address with another trunk; may be given several times."`
	Certificate []string `placeholder:"HOST" help:"A name in the certificate that its TLS connections show (see serve --tls-clients); may be given several times."`
	Server      []string `placeholder:"HOST" help:"Where calls go, in this order: HOST, HOST:PORT or sip:HOST;transport=tcp. A name is looked up by NAPTR and SRV; may be given several times."`
	Proxy       []string `placeholder:"HOST" help:"Where what is for the server is sent in its place, as to --server; may be given several times."`
	Transport   *string  `placeholder:"T" help:"udp, tcp or tls, for servers that do not say; as a rule DNS says."`
	Qualify     *int     `placeholder:"SECONDS" help:"How often each server is asked by OPTIONS whether it is there; 0 for never (default with a server: 60)."`

	User         *string `placeholder:"U" help:"Our account there, for challenges."`
	Password     *string `placeholder:"P" help:"Its password, which is kept in the data directory and shown nowhere."`
	Realm        *string `placeholder:"R" help:"The realm of that account: no other one gets an answer (default: the first that asks)."`
	Register     *bool   `negatable:"" help:"Register there."`
	Expires      *int    `placeholder:"SECONDS" help:"For how long (default: 3600)."`
	Registrar    *string `placeholder:"HOST" help:"Where it is registered, as to --server (default: at the servers)."`
	Name         *string `name:"register-as" placeholder:"U" help:"The user that is registered (default: --user)."`
	Retry        *int    `placeholder:"SECONDS" help:"How long to wait after all servers have failed for the first time (default: 10)."`
	Line         *string `placeholder:"L" help:"The user of the Contact that is registered, which the carrier calls (default: that user)."`
	PeerUser     *string `placeholder:"U" help:"The carrier's account here, by which it may prove its calls from any address."`
	PeerPassword *string `placeholder:"P" help:"Its password, of which hashes are kept."`

	DIDFrom             *string `name:"did-from" placeholder:"WHERE" help:"Where the called number stands: ruri, to, pcpid, diversion, or auto, which is the rule."`
	Country             *string `placeholder:"CODE" help:"The code of numbers without one, as 33: by it all forms of a number are one."`
	InternationalPrefix *string `placeholder:"DIGITS" help:"What stands before a country code (default with a country: 00; of 1: 011)."`
	NationalPrefix      *string `placeholder:"DIGITS" help:"What stands before a number without a country code, \"\" for nothing (default with a country: 0; of 1: 1)."`
	Strip               *int    `placeholder:"N" help:"Characters taken away from what is dialled."`
	Prefix              *string `placeholder:"DIGITS" help:"What is put before that."`
	Format              *string `placeholder:"F" help:"How numbers are written: dialled, which is the rule, +e164, e164, international or national."`

	Caller     *string `placeholder:"HEADER" help:"Where the caller's number stands: pai, which is the rule, ppi, rpid, from, or none."`
	CallerForm *string `name:"caller-format" placeholder:"F" help:"How the caller's number is written, as to --format (default: as the numbers that are called)."`
	FromUser   *string `placeholder:"U" help:"The user of From (default: the account, where it registers; else the caller's number)."`
	FromDomain *string `placeholder:"HOST" help:"The host of From (default: the server, where there is an account; else our address)."`
	Untrusted  *bool   `negatable:"" help:"Do not believe who it says calls, and do not tell it who withholds the number."`
	Diversion  *bool   `negatable:"" help:"Tell it who diverted a call."`

	MaxCalls   *int    `placeholder:"N" help:"Calls at once, both directions; 0 for any number, which is the rule."`
	EarlyMedia *string `placeholder:"HOW" help:"What is heard before the answer: pass, which is the rule, or ring, to let the caller hear ringing instead."`
	Redirect   *string `placeholder:"HOW" help:"What a 302 does: refuse, which is the rule, or follow, to call its number by this trunk."`
	legFlags
}

// defaultQualify is how often the servers of a new trunk are asked, in seconds.
const defaultQualify = 60

// change makes a trunk what the flags say.
func (f trunkFlags) change(t *store.Trunk) error {
	if f.Address != nil {
		t.Addresses = nil
		for _, text := range given(f.Address) {
			source, err := store.ParseSource(text)
			if err != nil {
				return err
			}
			t.Addresses = append(t.Addresses, source)
		}
	}
	setList(&t.Hosts, f.Host)
	setList(&t.Domains, f.Domain)
	setList(&t.Certificates, f.Certificate)
	setList(&t.Servers, f.Server)
	setList(&t.Proxies, f.Proxy)
	set(&t.Transport, f.Transport)
	set(&t.Qualify, f.Qualify)
	a, n, c := &t.Account, &t.Numbers, &t.Caller
	set(&a.User, f.User)
	set(&a.Password, (*store.Secret)(f.Password))
	set(&a.Realm, f.Realm)
	set(&a.Register, f.Register)
	set(&a.Expires, f.Expires)
	set(&a.Registrar, f.Registrar)
	set(&a.Name, f.Name)
	set(&a.Retry, f.Retry)
	set(&a.Line, f.Line)
	if f.PeerUser != nil || f.PeerPassword != nil {
		if f.PeerPassword == nil && *f.PeerUser != "" {
			return fmt.Errorf("trunk %s: --peer-user needs --peer-password, as its hashes hold for the user", t.Name)
		}
		user := t.Peer.User
		set(&user, f.PeerUser)
		t.Peer = store.TrunkPeer{}
		if user != "" {
			t.Peer = store.NewTrunkPeer(user, *f.PeerPassword)
		}
	}
	set(&n.DIDFrom, f.DIDFrom)
	if f.Country != nil {
		n.Country, n.International, n.National = *f.Country, "00", "0"
		switch n.Country {
		case "":
			n.International, n.National = "", ""
		case "1":
			n.International, n.National = "011", "1"
		}
	}
	set(&n.International, f.InternationalPrefix)
	set(&n.National, f.NationalPrefix)
	set(&n.Strip, f.Strip)
	set(&n.Prefix, f.Prefix)
	set(&n.Format, f.Format)
	set(&c.By, f.Caller)
	set(&c.Format, f.CallerForm)
	set(&c.FromUser, f.FromUser)
	set(&c.FromDomain, f.FromDomain)
	set(&c.Untrusted, f.Untrusted)
	set(&c.Diversion, f.Diversion)
	set(&t.MaxCalls, f.MaxCalls)
	set(&t.EarlyMedia, f.EarlyMedia)
	set(&t.Redirect, f.Redirect)
	f.legFlags.change(&t.LegRules)
	return nil
}

// set takes a value that was given.
func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

func setList(to *[]string, values []string) {
	if values != nil {
		*to = given(values)
	}
}

// given are the values of a list but for "", which empties it.
func given(values []string) []string {
	return slices.DeleteFunc(values, func(text string) bool { return text == "" })
}
