package ivr

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestTonesAreRead(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for text, want := range map[string]Tones{
		"425":                 {{F1: 425}},
		"425/1000,0/4000":     {{F1: 425, For: ms(1000)}, {For: ms(4000)}},
		" 425/1000 | 0/4000 ": {{F1: 425, For: ms(1000)}, {For: ms(4000)}},
		"1400+2060/100":       {{F1: 1400, F2: 2060, For: ms(100)}},
		"400*25/400":          {{F1: 400, F2: 25, Modulate: true, For: ms(400)}},
		"!950/330,0":          {{F1: 950, For: ms(330), Once: true}, {}},
		"busy":                {{F1: 480, F2: 620, For: ms(500)}, {For: ms(500)}},
		"RINGING":             {{F1: 440, F2: 480, For: ms(2000)}, {For: ms(4000)}},
	} {
		got, err := ParseTones(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, name := range []string{"dial", "ring", "busy", "congestion", "callwaiting", "dialrecall", "record", "info", "stutter"} {
		if _, err := ParseTones(name); err != nil {
			t.Error(err)
		}
	}
}

func TestTonesThatAreNone(t *testing.T) {
	for text, part := range map[string]string{
		"":                             "neither the name of a tone",
		"bussy":                        `"bussy"`,
		"425/":                         "milliseconds",
		"425/x":                        "milliseconds",
		"425/-1":                       "milliseconds",
		"9000/100":                     "9000 Hz",
		"425,":                         "neither",
		"1+2+3":                        `"2+3"`,
		strings.Repeat("1,", 70) + "1": "more than 64",
	} {
		if tones, err := ParseTones(text); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v, %v; want an error with %q", text, tones, err, part)
		}
	}
}

func FuzzParseTones(f *testing.F) {
	for _, list := range named {
		f.Add(list)
	}
	f.Add("400*25/400|!1/2")
	f.Fuzz(func(t *testing.T, text string) {
		tones, err := ParseTones(text)
		if (err == nil) != (len(tones) > 0) {
			t.Fatalf("%d tones, error %v", len(tones), err)
		}
		for _, tone := range tones {
			if tone.F1 < 0 || tone.F2 < 0 || tone.F1 >= maxFrequency || tone.F2 >= maxFrequency || tone.For < 0 {
				t.Fatalf("%+v", tone)
			}
		}
	})
}
