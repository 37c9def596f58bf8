package asterisk

import (
	"cmp"
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
)

// usersOptions are those of users.conf that are none of sip.conf: taken, or why not. Without a text they only say how a page of settings shows a user.
var usersOptions = map[string]string{
	"hassip": taken, "registersip": taken, "fullname": taken, "cid_number": taken, "host": taken,
	"hasexten": "", "hasvoicemail": "", "hasmanager": "", "hasiax": "", "registeriax": "", "hash323": "", "hasdirectory": "", "email": "", "vmsecret": "",
	"callwaiting": "", "threewaycalling": "", "transfer": "", "canpark": "", "cancallforward": "", "callreturn": "", "group": "", "label": "",
	"macaddress": "", "autoprov": "", "trunkname": "", "trunkstyle": "", "linenumber": "", "lineKeys": "", "userbase": "", "localextenlength": "",
	"allow_aliases": "", "allow_an_extensions": "", "managerread": "", "managerwrite": "",
	"zapchan": "there are no analogue and ISDN cards: a gateway is a trunk", "dahdichan": "there are no analogue and ISDN cards: a gateway is a trunk",
}

// user is a peer of users.conf.
type user struct {
	fields
	registers bool // at its host
}

// users gives the peers of users.conf, as sip.conf would have them.
func (r *reader) users() []user {
	general := fields{}
	var users []user
	for _, section := range r.sections("users.conf") {
		f := fields{section}
		if strings.EqualFold(f.Name, "general") {
			general.Lines = append(general.Lines, f.Lines...)
			continue
		}
		setting := func(key string) string { return cmp.Or(f.get(key), general.get(key)) }
		if !isYes(setting("hassip")) {
			r.note(f.Pos, "[%s]: it has no SIP (hassip), and is left out", f.Name)
			continue
		}
		if isYes(setting("hasexten")) {
			r.note(f.Pos, "[%s]: Asterisk makes the extension of a user itself: write `exten => %[1]s,1,Dial(PJSIP/%[1]s)` into the dialplan", f.Name)
		}
		if isYes(setting("hasvoicemail")) {
			r.note(f.Pos, "[%s]: there is no voicemail", f.Name)
		}
		users = append(users, user{r.peerOf(f, cmp.Or(f.get("host"), general.get("host"), "dynamic")), isYes(setting("registersip"))})
	}
	return users
}

// peerOf is a user with the options of a peer.
func (r *reader) peerOf(f fields, host string) fields {
	peer := fields{dialplan.ConfigSection{Name: f.Name, Pos: f.Pos}}
	add := func(key, value, from string) {
		peer.Lines = append(peer.Lines, dialplan.ConfigOption{Key: key, Value: value, Pos: f.at(from)})
	}
	for _, line := range f.Lines {
		why, known := usersOptions[strings.ToLower(line.Key)]
		switch {
		case !known:
			peer.Lines = append(peer.Lines, line)
		case why != "" && why != taken:
			r.note(line.Pos, "%s: %s", line.Key, why)
		}
	}
	add("host", host, "host")
	if f.get("type") == "" {
		add("type", "friend", "hassip")
	}
	name, number := f.get("fullname"), cmp.Or(f.get("cid_number"), f.Name)
	if f.get("callerid") == "" && name != "" {
		add("callerid", `"`+strings.ReplaceAll(name, `"`, "")+`" <`+number+`>`, "fullname")
	}
	return peer
}

// enroll registers a user at its host.
func (r *reader) enroll(u user) {
	i := slices.IndexFunc(r.found.Endpoints, func(e Endpoint) bool { return e.Pos == u.Pos })
	if !u.registers || i < 0 {
		return
	}
	e := &r.found.Endpoints[i]
	if !e.Trunk || u.get("secret") == "" {
		r.note(u.at("registersip"), "[%s]: it registers nowhere: it has no host, or no secret", u.Name)
		return
	}
	account := cmp.Or(u.get("defaultuser"), u.get("username"), u.Name)
	registration{user: account, account: account, secret: u.get("secret"), host: u.get("host"), port: u.get("port"), transport: u.get("transport")}.of(e)
}
