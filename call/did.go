package call

import (
	"slices"
	"strings"

	"dialtone/store"
)

// Lengths of a number with its country code, in digits (ITU-T E.164 §6.2.1: 15 at most; the shortest in use have 7).
const (
	shortestE164 = 7
	longestE164  = 15
)

// e164Of writes a number as + and country code, whatever form of it a carrier sends: with France's rules +33123456789,
// 0033123456789, 33123456789, 0123456789 and 01.23.45.67.89 are one number. Empty: it is no number of the public
// network, or one of which nobody can say the country.
func e164Of(rules store.TrunkNumbers, text string) string {
	text, _, _ = strings.Cut(text, ";") // phone-context and others (RFC 3966 §3)
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1
		}
		return r
	}, text)
	digits, plus := strings.CutPrefix(digits, "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	if !plus {
		digits = withCountry(rules, digits)
	}
	return e164(digits)
}

// northAmerica is the country code of which every national number has ten digits.
const (
	northAmerica       = "1"
	northAmericaDigits = 10
)

// withCountry puts the country's code before digits that are without, and takes prefixes away. Empty: nobody can say.
func withCountry(rules store.TrunkNumbers, digits string) string {
	if rest, ok := strings.CutPrefix(digits, rules.International); ok && rules.International != "" {
		return rest
	}
	country := rules.Country
	if country == "" {
		return ""
	}
	if rest, ok := strings.CutPrefix(digits, rules.National); ok && rules.National != "" {
		return country + rest
	}
	switch {
	case country == northAmerica && len(digits) == northAmericaDigits:
		return country + digits
	case strings.HasPrefix(digits, country) && len(digits) >= len(country)+shortestE164:
		return digits
	case rules.National == "" && country != northAmerica:
		return country + digits
	}
	return ""
}

// e164 is + and the digits, if there can be such a number.
func e164(digits string) string {
	if len(digits) < shortestE164 || len(digits) > longestE164 || digits[0] == '0' {
		return ""
	}
	return "+" + digits
}

// outward writes a number that is called as the carrier wants it: what Strip takes away, the format, then Prefix. What is
// no number of the public network, as 112, keeps its form.
func outward(rules store.TrunkNumbers, dialled string) string {
	return rules.Prefix + written(rules, dialled[min(rules.Strip, len(dialled)):])
}

// written is a number in the carrier's format.
func written(rules store.TrunkNumbers, text string) string {
	number := e164Of(rules, text)
	if number == "" {
		return text
	}
	own, isOwn := strings.CutPrefix(number, "+"+rules.Country)
	switch rules.Format {
	case "+e164":
		return number
	case "e164":
		return number[1:]
	case "international":
		return rules.International + number[1:]
	case "national":
		if isOwn {
			return rules.National + own
		}
		return rules.International + number[1:]
	}
	return text
}

// formsOf are the forms in which a number may be kept, the likeliest first: as it was written, +33123456789, 33123456789,
// 0123456789, 0033123456789. What is no number of the public network has the first alone.
func formsOf(rules store.TrunkNumbers, text string) []string {
	var forms []string
	add := func(form string) {
		if form != "" && !strings.HasPrefix(form, "_") && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	add(text)
	number := e164Of(rules, text)
	if number == "" {
		return forms
	}
	add(number)
	add(number[1:])
	if own, isOwn := strings.CutPrefix(number, "+"+rules.Country); isOwn && rules.Country != "" {
		add(rules.National + own)
	}
	if rules.International != "" {
		add(rules.International + number[1:])
	}
	return forms
}
