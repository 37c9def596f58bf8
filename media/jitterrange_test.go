package media

import "testing"

func TestParseJitterRange(t *testing.T) {
	for text, want := range map[string]string{
		"10-200": "10-200", " 0 - 20 ": "0-20", "40-40": "40-40", "0-300": "0-300",
		"": "", "200": "", "10-": "", "-10-40": "", "50-40": "", "0-5": "", "0-301": "", "a-b": "", "10-200ms": "",
	} {
		r, err := ParseJitterRange(text)
		if (err == nil) != (want != "") || err == nil && r.String() != want {
			t.Errorf("%q: %v, %v; want %q", text, r, err, want)
		}
	}
	if _, err := newStreams(Config{Jitter: JitterRange{Max: 1}}, newClock()); err == nil {
		t.Error("a range that ends at 1 ns is taken")
	}
}
