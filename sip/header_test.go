package sip

import "testing"

func TestWhoDivertedACallIsTold(t *testing.T) {
	for _, test := range []struct {
		headers []Header
		want    string
	}{
		{nil, ""},
		{[]Header{{"To", "<sip:1@a>"}, {"diversion", `"Al" <sip:100@office.example>;reason=no-answer;counter=1, <sip:200@b>`}, {"Diversion", "<sip:300@b>"}}, "100"},
		{[]Header{{"Diversion", "<tel:+33-1-23>;reason=unconditional"}}, "+33123"},
		{[]Header{{"Diversion", "<<<"}, {"Diversion", ""}, {"Diversion", "*"}}, ""},
	} {
		l := &Leg{header: test.headers}
		if got := l.Diverted().User; got != test.want {
			t.Errorf("%v: diverted by %q, want %q", test.headers, got, test.want)
		}
	}
}
