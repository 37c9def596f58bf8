package sip

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// Lamp is what a phone's key shows of an extension.
type Lamp struct {
	State  LampState
	Name   string   // who it is; may be empty
	Caller CallerID // who calls it, while it rings; may be empty
	Dialog Replaces // that rings, as who rings sees it: by which others pick it up; the zero value: not known
}

// LampState is what an extension is doing.
type LampState string

// The states of an extension.
const (
	LampIdle    LampState = "idle"
	LampRinging LampState = "ringing"
	LampBusy    LampState = "busy" // in a call, whether it rings for another one or not
	LampHeld    LampState = "held"
	LampAway    LampState = "away" // not registered
)

// eventPackage is a kind of subscription: an event package (RFC 6665 §7.2) with the one media type that tells of it.
type eventPackage struct {
	name  string
	media string
	// ofExtension: the state is that of an extension, which must be there.
	ofExtension bool
	// body writes the state of entity, a URI of ours. version counts the bodies of a subscription from 0.
	body func(entity string, lamp Lamp, version int) string
}

// eventPackages are those that are served. All give their whole state each time.
var eventPackages = []*eventPackage{
	{"dialog", "application/dialog-info+xml", true, dialogInfo},
	{"presence", "application/pidf+xml", true, presenceInfo},
	{"message-summary", "application/simple-message-summary", false, messageSummary},
}

// allowEvents is the Allow-Events header (RFC 6665 §8.2.2).
var allowEvents = func() string {
	names := make([]string, len(eventPackages))
	for i, p := range eventPackages {
		names[i] = p.name
	}
	return strings.Join(names, ", ")
}()

// dialogInfo tells of an extension as the one dialog that it has (RFC 4235 §4.1).
func dialogInfo(entity string, lamp Lamp, version int) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(entity, "sip:"), "@")
	var b strings.Builder
	b.WriteString(xml.Header + `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="` + strconv.Itoa(version) + `" state="full" entity="` + escaped(entity) + "\">\n")
	b.WriteString(`<dialog id="` + escaped(id) + `"`)
	if lamp.State == LampRinging {
		if d := lamp.Dialog; d != (Replaces{}) {
			b.WriteString(` call-id="` + escaped(d.CallID) + `" local-tag="` + escaped(d.ToTag) + `" remote-tag="` + escaped(d.FromTag) + `"`)
		}
		b.WriteString(` direction="recipient"`)
	}
	b.WriteString(">\n<state>" + dialogStates[lamp.State] + "</state>\n")
	if lamp.State == LampRinging && lamp.Caller.User != "" {
		host := lamp.Caller.Host
		if host == "" {
			_, host, _ = strings.Cut(entity, "@")
		}
		b.WriteString("<remote>\n" + party("sip:"+escapeUser(lamp.Caller.User)+"@"+host, lamp.Caller.Name, false) + "</remote>\n")
	}
	if lamp.State != LampIdle && lamp.State != LampAway {
		b.WriteString("<local>\n" + party(entity, lamp.Name, lamp.State == LampHeld) + "</local>\n")
	}
	b.WriteString("</dialog>\n</dialog-info>\n")
	return b.String()
}

// dialogStates are the states of RFC 4235 §3.7.1. An extension without a call has one that is over: telephones that are told
// of none at all keep their lamp lit.
var dialogStates = map[LampState]string{
	LampIdle: "terminated", LampRinging: "early", LampBusy: "confirmed", LampHeld: "confirmed", LampAway: "terminated",
}

// party is one side of a dialog. RFC 4235 §4.1.6.2: who holds the call does not render its media.
func party(uri, name string, holds bool) string {
	display := ""
	if name != "" {
		display = ` display="` + escaped(name) + `"`
	}
	text := "<identity" + display + ">" + escaped(uri) + "</identity>\n"
	if !holds {
		return text + `<target uri="` + escaped(uri) + "\"/>\n"
	}
	return text + `<target uri="` + escaped(uri) + "\">\n<param pname=\"+sip.rendering\" pval=\"no\"/>\n</target>\n"
}

// presenceInfo tells of an extension as of a person (RFC 3863, RFC 4479, RFC 4480).
func presenceInfo(entity string, lamp Lamp, _ int) string {
	basic, activity, note := "open", "", "Ready"
	switch lamp.State {
	case LampRinging:
		activity, note = "busy", "Ringing"
	case LampBusy:
		activity, note = "on-the-phone", "On the phone"
	case LampHeld:
		activity, note = "on-the-phone", "On hold"
	case LampAway:
		basic, activity, note = "closed", "away", "Not registered"
	}
	if activity != "" {
		activity = "<rpid:activities><rpid:" + activity + "/></rpid:activities>"
	}
	return xml.Header + `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" ` +
		`xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="` + escaped(entity) + "\">\n" +
		"<tuple id=\"phone\">\n<status><basic>" + basic + "</basic></status>\n<contact>" + escaped(entity) + "</contact>\n<note>" + note + "</note>\n</tuple>\n" +
		"<dm:person id=\"person\">" + activity + "</dm:person>\n</presence>\n"
}

// messageSummary tells of a mailbox that is empty (RFC 3842): there are no others.
func messageSummary(entity string, _ Lamp, _ int) string {
	return "Messages-Waiting: no\r\nMessage-Account: " + entity + "\r\nVoice-Message: 0/0 (0/0)\r\n"
}

// escaped writes text so that it can stand in XML.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
