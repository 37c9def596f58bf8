package sip

import (
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// ConnectedEvent tells with whom the far side says that we are connected now, by P-Asserted-Identity or Remote-Party-ID in an answer to
// our INVITE, an UPDATE or a re-INVITE. Whether it is to be believed is for whoever knows the far side to say.
type ConnectedEvent struct{ Party CallerID }

// Connected tells the far side with whom it is connected: in the next answer to its INVITE while there is one to come, else by an UPDATE
// without an offer, or by a re-INVITE where it does not serve that. It never waits. Of a party that is Private nothing is told but that.
func (l *Leg) Connected(party CallerID) {
	l.tell(func() {
		l.party = &party
		l.tellParty()
	})
}

// tellParty sends the party to a far side that has our answer, as soon as it has acknowledged it.
func (l *Leg) tellParty() {
	switch l.state {
	case answered:
		l.after(gosip.T1, l.tellParty)
	case up:
		l.refreshSession()
	}
}

// introduce names the party in a message to the far side, if it is to be told one. Old telephones read Remote-Party-ID, others
// P-Asserted-Identity (RFC 3325 §9.1).
func (l *Leg) introduce(msg gosip.Message) {
	if l.party == nil {
		return
	}
	side := "called"
	if l.caller {
		side = "calling"
	}
	name, uri, privacy := l.party.Name, UserURI(l.party.User, hostIn(l.dialog.LocalURI)), "off"
	if l.party.Private {
		name, uri, privacy = "Anonymous", "sip:anonymous@anonymous.invalid", "full"
		msg.AppendHeader(gosip.NewHeader("Privacy", "id"))
	}
	identity := "<" + uri + ">"
	if name != "" {
		identity = QuotedName(name) + " " + identity
	}
	msg.AppendHeader(gosip.NewHeader("P-Asserted-Identity", identity))
	msg.AppendHeader(gosip.NewHeader("Remote-Party-ID", identity+";party="+side+";screen=yes;privacy="+privacy))
}

// hostIn is the host of a name-addr of ours.
func hostIn(nameAddr string) string {
	var uri gosip.Uri
	if gosip.ParseUri(bareURI(nameAddr), &uri) != nil {
		return "anonymous.invalid"
	}
	return uri.Host
}

// introduced takes the party that the far side names in a message, if that is another one than before.
func (l *Leg) introduced(msg gosip.Message) {
	id, private, ok := assertedIn(msg)
	if !ok {
		return
	}
	for _, h := range msg.GetHeaders("Privacy") {
		private = private || strings.Contains(lower(h.Value()), "id")
	}
	if id.Private = private; id == l.told {
		return
	}
	l.told = id
	l.happen(ConnectedEvent{Party: id})
}
