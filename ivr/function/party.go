package function

import (
	"errors"
	"fmt"
	"strings"

	"dialtone/ivr"
)

var parties = []ivr.Function{
	{Name: "CONNECTEDLINE", Synopsis: "who the caller is connected to", Syntax: "item[,i]", Doc: "Items: all, name, num (or number), pres. It lasts as long as the call, and is not told to telephones, which learn by themselves with whom they are connected.",
		Read: func(r *ivr.Run, args string) (string, error) { return party(r, "CONNECTEDLINE", args, nil) }, Write: setParty("CONNECTEDLINE")},
	{Name: "REDIRECTING", Synopsis: "who diverted the call here", Syntax: "item[,i]",
		Doc: "Items: from-num, from-name, from-all, to-num, to-name, orig-num, orig-name, reason, count and others; from-num is CALLERID(rdnis) until it is set.",
		Read: func(r *ivr.Run, args string) (string, error) {
			return party(r, "REDIRECTING", args, map[string]string{"from-num": r.Caller().RDNIS, "count": "0", "reason": "unknown"})
		}, Write: setParty("REDIRECTING")},
	{Name: "PJSIP_HEADER", Synopsis: "a header of the INVITE", Syntax: "read|add|update|remove,name[,number]",
		Doc:  "read: number counts headers of one name from 1. The others are to be set, in a Gosub of Dial's option b: they give the INVITE that is about to be sent a header, change it, or take it away.",
		Read: header, Write: setHeader},
	{Name: "PJSIP_DIAL_CONTACTS", Synopsis: "the contacts of a phone, for Dial", Syntax: "phone", Doc: "PJSIP/phone/contact for each, joined by &; empty when it is not registered. Dial PJSIP/phone calls all of them too.",
		Read: func(r *ivr.Run, args string) (string, error) {
			o, ok := r.Others()
			if !ok {
				return "", errors.New("no phones are known here")
			}
			number := ivr.SplitArgs(args, 2)[0]
			var list []string
			for _, contact := range o.Contacts(number) {
				list = append(list, "PJSIP/"+number+"/"+contact)
			}
			return strings.Join(list, "&"), nil
		}},
	{Name: "PJSIP_HEADERS", Synopsis: "the names of the headers of the INVITE", Syntax: "prefix", Doc: "Those that begin with prefix, separated by commas.",
		Read: func(r *ivr.Run, args string) (string, error) {
			h, ok := r.Channel().(ivr.Headers)
			if !ok {
				return "", errNoHeaders
			}
			var names []string
			for _, name := range h.HeaderNames() {
				if len(name) >= len(args) && strings.EqualFold(name[:len(args)], args) {
					names = append(names, name)
				}
			}
			return strings.Join(names, ","), nil
		}},
	{Name: "HANGUPCAUSE", Synopsis: "why a call that Dial made ended", Syntax: "channel,tech|ast", Doc: "The cause of the call that was made last, as words; the variable HANGUPCAUSE has its number.",
		Read: func(r *ivr.Run, args string) (string, error) {
			list := ivr.SplitArgs(args, 2)
			if peer := r.Value("DIALEDPEERNAME"); peer == "" || list[0] != peer {
				return "", fmt.Errorf("nothing is known of a channel %q", list[0])
			}
			return ivr.CauseText(r.Cause()), nil
		}},
	{Name: "HANGUPCAUSE_KEYS", Synopsis: "the calls that HANGUPCAUSE knows of",
		Read: func(r *ivr.Run, _ string) (string, error) { return r.Value("DIALEDPEERNAME"), nil }},
}

var errNoHeaders = errors.New("the channel has no SIP headers")

// party reads what a dialplan set of somebody. Names of items may be written in any case.
func party(r *ivr.Run, who, args string, otherwise map[string]string) (string, error) {
	item := partyItem(args)
	prefix, kind := "", item
	if i := strings.LastIndexByte(item, '-'); i >= 0 {
		prefix, kind = item[:i+1], item[i+1:]
	}
	get := func(item string) string {
		if value := r.Item(who + "(" + item + ")"); value != "" {
			return value
		}
		return otherwise[item]
	}
	switch {
	case item == "":
		return "", errors.New("needs an item")
	case kind == "all":
		return ivr.CallerID{Name: get(prefix + "name"), Number: get(prefix + "num")}.String(), nil
	case kind == "pres":
		if value := get(item); value != "" {
			return value, nil
		}
		return "allowed_not_screened", nil
	case kind == "valid":
		return truth(get(strings.TrimSuffix(item, "-valid")) != ""), nil
	}
	return get(item), nil
}

func partyItem(args string) string {
	item := strings.ToLower(ivr.SplitArgs(args, 2)[0])
	if item == "number" || strings.HasSuffix(item, "-number") {
		item = strings.TrimSuffix(item, "ber")
	}
	return item
}

func setParty(who string) func(r *ivr.Run, args, value string) error {
	return func(r *ivr.Run, args, value string) error {
		item, value := partyItem(args), strings.Trim(value, blanks)
		for i, word := range strings.Split(item, "-") {
			if i >= 4 || !partyWords[word] {
				return fmt.Errorf("unknown item %q", item)
			}
		}
		if prefix, all := strings.CutSuffix(item, "all"); all {
			name, number := ivr.ParseCallerID(value)
			r.SetItem(who+"("+prefix+"name)", name)
			r.SetItem(who+"("+prefix+"num)", number)
			return nil
		}
		r.SetItem(who+"("+item+")", value)
		return nil
	}
}

// partyWords are what items are made of; so a call keeps a bounded number of them.
var partyWords = map[string]bool{
	"from": true, "to": true, "orig": true, "priv": true, "subaddr": true, "all": true, "num": true, "name": true, "pres": true, "reason": true,
	"count": true, "tag": true, "ton": true, "type": true, "plan": true, "source": true, "charset": true, "valid": true, "odd": true, "code": true, "text": true,
}

func header(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 3)
	name := argument(list, 1)
	h, ok := r.Channel().(ivr.Headers)
	switch {
	case !strings.EqualFold(list[0], "read") || name == "":
		return "", errors.New("needs read and the name of a header")
	case !ok:
		return "", errNoHeaders
	}
	number := 1
	if n, ok := ivr.LeadingInt(argument(list, 2)); ok {
		number = n
	}
	values := h.Header(name)
	if number < 1 || number > len(values) {
		return "", fmt.Errorf("the INVITE has no header %s number %d", name, number)
	}
	return values[number-1], nil
}

func setHeader(r *ivr.Run, args, value string) error {
	list := ivr.SplitArgs(args, 3)
	name := argument(list, 1)
	w, ok := r.Channel().(ivr.HeaderWriter)
	switch {
	case name == "":
		return errors.New("needs add, update or remove, and the name of a header")
	case !ok:
		return errNoHeaders
	}
	switch strings.ToLower(list[0]) {
	case "add":
		return w.AddHeader(name, value, false)
	case "update":
		return w.AddHeader(name, value, true)
	case "remove":
		return w.AddHeader(name, "", true)
	}
	return fmt.Errorf("knows add, update and remove, not %q", list[0])
}
