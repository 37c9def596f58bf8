package call

import (
	"strings"
	"testing"

	"dialtone/store"
)

var (
	france  = store.TrunkNumbers{Country: "33", International: "00", National: "0"}
	america = store.TrunkNumbers{Country: "1", International: "011", National: "1"}
	denmark = store.TrunkNumbers{Country: "45", International: "00"}
)

func TestNumberWithItsCountry(t *testing.T) {
	for _, tt := range []struct {
		rules      store.TrunkNumbers
		text, want string
	}{
		{france, "+33123456789", "+33123456789"},
		{france, "0033123456789", "+33123456789"},
		{france, "33123456789", "+33123456789"},
		{france, "0123456789", "+33123456789"},
		{france, "01.23.45.67.89", "+33123456789"},
		{france, "+33 (1) 23-45-67-89", "+33123456789"},
		{france, "0123456789;phone-context=+33", "+33123456789"},
		{france, "004930123456", "+4930123456"},
		{france, "112", ""},
		{france, "4930123456", ""}, // of another country, without a sign that it is
		{france, "3312345", ""},    // too short for a number with its country
		{france, "acme", ""},
		{france, "", ""},
		{france, "+", ""},
		{france, "+0123456789", ""},
		{france, "+1234567890123456", ""}, // longer than numbers are
		{america, "2125551234", "+12125551234"},
		{america, "12125551234", "+12125551234"},
		{america, "0114930123456", "+4930123456"},
		{america, "911", ""},
		{america, "5551234", ""}, // without its area
		{denmark, "45123456", "+4545123456"},
		{denmark, "4512345678", "+4512345678"},
		{denmark, "004512345678", "+4512345678"},
		{store.TrunkNumbers{}, "+33123456789", "+33123456789"},
		{store.TrunkNumbers{}, "0123456789", ""},
		{store.TrunkNumbers{}, "33123456789", ""},
	} {
		if got := e164Of(tt.rules, tt.text); got != tt.want {
			t.Errorf("country %q: e164Of(%q) = %q, want %q", tt.rules.Country, tt.text, got, tt.want)
		}
	}
}

func TestNumberAsACarrierWantsIt(t *testing.T) {
	with := func(change func(*store.TrunkNumbers)) store.TrunkNumbers {
		rules := france
		change(&rules)
		return rules
	}
	format := func(name string) store.TrunkNumbers { return with(func(r *store.TrunkNumbers) { r.Format = name }) }
	for _, tt := range []struct {
		rules         store.TrunkNumbers
		dialled, want string
	}{
		{format(""), "0123456789", "0123456789"},
		{format("dialled"), "01 23", "01 23"},
		{format("+e164"), "0123456789", "+33123456789"},
		{format("e164"), "0123456789", "33123456789"},
		{format("international"), "0123456789", "0033123456789"},
		{format("international"), "+4930123456", "004930123456"},
		{format("national"), "+33123456789", "0123456789"},
		{format("national"), "+4930123456", "004930123456"},
		{format("+e164"), "112", "112"},
		{format("+e164"), "*31#", "*31#"},
		{with(func(r *store.TrunkNumbers) { r.Strip = 1 }), "00123456789", "0123456789"},
		{with(func(r *store.TrunkNumbers) { r.Strip, r.Format, r.Prefix = 1, "+e164", "9" }), "00123456789", "9+33123456789"},
		{with(func(r *store.TrunkNumbers) { r.Strip = 5 }), "123", ""},
	} {
		if got := outward(tt.rules, tt.dialled); got != tt.want {
			t.Errorf("%+v: %q becomes %q, want %q", tt.rules, tt.dialled, got, tt.want)
		}
	}
}

func TestNumbersAreKeptInSeveralForms(t *testing.T) {
	for _, tt := range []struct {
		rules      store.TrunkNumbers
		text, want string
	}{
		{france, "0123456789", "0123456789 +33123456789 33123456789 0033123456789"},
		{france, "+33123456789", "+33123456789 33123456789 0123456789 0033123456789"},
		{france, "+33.1.23456789;x=y", "+33.1.23456789;x=y +33123456789 33123456789 0123456789 0033123456789"},
		{france, "+442071234567", "+442071234567 442071234567 00442071234567"},
		{france, "1000", "1000"},
		{france, "acme-line", "acme-line"},
		{france, "_X.", ""}, // nobody dials a pattern
		{france, "", ""},
		{america, "2025550123", "2025550123 +12025550123 12025550123 01112025550123"},
		{store.TrunkNumbers{}, "+33123456789", "+33123456789 33123456789"},
		{store.TrunkNumbers{}, "0123456789", "0123456789"},
	} {
		if got := strings.Join(formsOf(tt.rules, tt.text), " "); got != tt.want {
			t.Errorf("%s is %q, want %q", tt.text, got, tt.want)
		}
	}
}

// Whatever a stranger sends as a number, what comes of it is empty or + and 7 to 15 digits.
func FuzzE164(f *testing.F) {
	for _, text := range []string{"+33123456789", "0033123456789", "01.23.45.67.89;x=y", "", "+", "\x00", "١٢٣٤٥٦٧"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, rules := range []store.TrunkNumbers{france, america, denmark, {}} {
			number := e164Of(rules, text)
			if number == "" {
				continue
			}
			if len(number) < 8 || len(number) > 16 || number[0] != '+' || e164Of(rules, number) != number {
				t.Fatalf("%q becomes %q", text, number)
			}
		}
	})
}
