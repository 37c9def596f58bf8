package sip

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// Redirect answers an INVITE with 302 (RFC 3261 §21.3.3): the caller is to call a target instead. The leg is over then.
func (l *Leg) Redirect(target string) error {
	return l.ask(func() error {
		if err := l.takes(); err != nil {
			return err
		}
		if l.state > early {
			return fmt.Errorf("a call that is answered is not redirected, it is referred")
		}
		uri, err := l.elsewhere(target)
		if err != nil {
			return err
		}
		l.reject(Refuse(302, "sent to "+clip(uri, 100), gosip.NewHeader("Contact", "<"+uri+">")), ByServer)
		return nil
	})
}

// maxRedirections is how many Contacts of a 3xx are looked at.
const maxRedirections = 10

// redirections are the URIs of a 3xx that could be called, by their q (RFC 3261 §8.1.3.4, §20.10), and in the order in which
// they stand where that is the same.
func redirections(res *gosip.Response) []string {
	if res.StatusCode/100 != 3 {
		return nil
	}
	type contact struct {
		uri string
		q   float64
	}
	var list []contact
	for _, h := range res.GetHeaders("Contact") {
		for _, value := range splitList(h.Value()) {
			var uri gosip.Uri
			var params gosip.HeaderParams
			if len(list) == maxRedirections {
				break
			}
			if _, err := gosip.ParseAddressValue(value, &uri, &params); err != nil || uri.Wildcard || !cleanURI(&uri) || !callable(&uri) {
				continue
			}
			c := contact{uri: uri.String(), q: 1}
			if text, ok := paramOf(params, "q"); ok {
				if q, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil && q >= 0 {
					c.q = min(q, 1)
				}
			}
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b contact) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	uris := make([]string, len(list))
	for i := range list {
		uris[i] = list[i].uri
	}
	return uris
}

// callable tells whether a URI is one to which a call can go.
func callable(uri *gosip.Uri) bool {
	switch uri.Scheme {
	case "sip", "sips":
		return isHost(uri.Host)
	case "tel":
		return uri.Raw() != ""
	}
	return false
}
