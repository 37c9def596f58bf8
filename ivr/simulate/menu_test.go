package simulate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dialtone/ivr/dialplan"
)

// manual loads one of the menus of the manual, as users copy them, with the
// destinations that they lead to.
func manual(t *testing.T, file string) *dialplan.Plan {
	t.Helper()
	plan, problems := dialplan.Load(dialplan.LoadOptions{}, "../check/testdata/"+file, "testdata/destinations.conf")
	if plan == nil {
		t.Fatal(problems)
	}
	return plan
}

// heard are the sounds of a call with the moments at which they began.
func heard(r Result) string {
	var list []string
	for _, h := range r.Heard {
		name := h.Name[strings.LastIndexByte(h.Name, '/')+1:]
		name = strings.TrimSuffix(strings.TrimPrefix(name, "ivr-example-"), "-sound")
		list = append(list, fmt.Sprintf("%.1f %s", h.At.Seconds(), name))
	}
	return strings.Join(list, ", ")
}

// TestManualsMenus holds the menus to what callers of the measured system hear:
// which sound, and when. The welcome lasts 3 s, the choices 4 s, the others 2 s.
func TestManualsMenus(t *testing.T) {
	sounds := map[string]time.Duration{"/d/8000": 2 * time.Second, "/d/8833": 2 * time.Second, "/d/8001": 2 * time.Second}
	for name, length := range map[string]time.Duration{"welcome-sound": 3, "choices": 4, "submenu-choices": 4, "invalid-choice": 2, "error": 2} {
		sounds["/var/lib/wazo/sounds/ivr-sounds/ivr-example-"+name] = length * time.Second
	}
	press := func(at float64, keys string) Press { return Press{time.Duration(at * float64(time.Second)), keys} }
	for _, test := range []struct {
		name, file, want string
		presses          []Press
		cause            int
	}{
		{"a choice during the menu", "minimal.conf", "1.0 welcome, 5.0 choices, 6.0 8000", []Press{press(6, "1")}, 0},
		{"a choice after the menu", "minimal.conf", "1.0 welcome, 5.0 choices, 10.0 8833", []Press{press(10, "2")}, 0},
		{"nothing pressed: three times, then the error", "minimal.conf",
			"1.0 welcome, 5.0 choices, 14.0 invalid-choice, 17.0 choices, 26.0 invalid-choice, 29.0 choices, 38.0 error", nil, 16},
		{"time-outs and wrong keys share the counter", "minimal.conf",
			"1.0 welcome, 5.0 choices, 6.0 invalid-choice, 9.0 choices, 18.0 invalid-choice, 21.0 choices, 22.0 error", []Press{press(6, "9"), press(22, "#")}, 16},
		{"choice 4 counts as an error", "minimal.conf", "1.0 welcome, 5.0 choices, 7.0 choices, 9.0 choices, 18.0 error", []Press{press(6, "4"), press(8, "4")}, 16},
		{"keys during the welcome and the wait are lost", "minimal.conf", "1.0 welcome, 5.0 choices, 14.0 invalid-choice, 17.0 choices, 18.0 8000",
			[]Press{press(0.5, "2"), press(2, "1"), press(4.5, "2"), press(18, "1")}, 0},
		{"the first of two keys acts", "minimal.conf", "1.0 welcome, 5.0 choices, 6.0 8000", []Press{press(6, "12")}, 0},
		{"the submenu answers no second time", "submenu.conf", "1.0 welcome, 5.0 choices, 7.0 submenu-choices, 8.0 8001", []Press{press(6, "3"), press(8, "2")}, 0},
		{"back from the submenu the counter begins anew", "submenu.conf",
			"1.0 welcome, 5.0 choices, 6.0 invalid-choice, 9.0 choices, 11.0 submenu-choices, 13.0 choices, 22.0 invalid-choice, 25.0 choices, 34.0 invalid-choice, 37.0 choices, 46.0 error",
			[]Press{press(6, "9"), press(10, "3"), press(12, "3")}, 16},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := &records{}
			got := Call(Script{Sounds: sounds, Presses: test.presses}, dialplan.Place{Context: "dp-ivr-example"}, options(manual(t, test.file), log))
			if heard := heard(got); heard != test.want {
				t.Errorf("heard %s\nwant  %s", heard, test.want)
			}
			if got.Outcome.Cause != test.cause || got.Outcome.Err != nil {
				t.Errorf("outcome %+v", got.Outcome)
			}
			if log.has("WARN") || log.has("ERROR") {
				t.Errorf("warnings: %s", strings.Join(log.list, "\n"))
			}
		})
	}
}

// TestLongerExtensionsAreWaitedFor holds what is collected when 1, 12 and _9XX
// exist: a key that can become longer waits TIMEOUT(digit), not WaitExten's time.
func TestLongerExtensionsAreWaitedFor(t *testing.T) {
	plan := load(t, "[c]\nexten = s,1,Answer()\nsame = n,Background(a)\nsame = n,WaitExten(3)\nexten = 1,1,NoOp(1)\nexten = 12,1,NoOp(12)\nexten = _9XX,1,NoOp(9XX)\nexten = i,1,NoOp(i ${INVALID_EXTEN})\nexten = t,1,NoOp(t)\n")
	for _, test := range []struct {
		keys, want string
		length     float64 // from the first key to the end
	}{
		{"1", "1", 5}, {"12", "12", 0.2}, {"13", "i 13", 0.2}, {"90", "i 90", 5.2}, {"901", "9XX", 0.4}, {"7", "i 7", 0}, {"#", "i #", 0}, {"", "t", 3.5},
	} {
		got := Call(Script{Sounds: sounds(), Presses: []Press{{500 * time.Millisecond, test.keys}}}, start, options(plan, nil))
		if length := got.Length.Seconds() - 0.5; noops(got.Steps) != test.want || length < test.length-0.01 || length > test.length+0.01 {
			t.Errorf("%q: %s after %.1f s, want %s after %.1f s", test.keys, noops(got.Steps), length, test.want, test.length)
		}
	}
}
