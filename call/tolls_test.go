package call

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Whose call it is and where it goes decides first.
func TestTollsWhoMayCallWhere(t *testing.T) {
	tolls := NewTolls(func(phone string) (TollLimits, bool) {
		switch phone {
		case "1000":
			return TollLimits{Allow: []string{"112", "_0[1-7]XXXXXXXX", "_+33."}}, true
		case "1002":
			return TollLimits{Allow: []string{"_["}}, true // no pattern: it fits nothing
		}
		return TollLimits{}, phone == "1001"
	})
	for _, test := range []struct {
		by     Door
		number string
		why    string // part of the refusal; empty: it may
	}{
		{Door{Phone: "1000"}, "112", ""},
		{Door{Phone: "1000"}, "0123456789", ""},
		{Door{Phone: "1000"}, "01-23-45-67-89", ""}, // a dash is for reading
		{Door{Phone: "1000"}, "+33123456789", ""},
		{Door{Phone: "1000"}, "0899123456", "it may call 112, _0[1-7]XXXXXXXX"},
		{Door{Phone: "1000"}, "00112", "may not call"},
		{Door{Phone: "1000"}, "", "may not call"},
		{Door{Phone: "1001"}, "0899123456", ""},
		{Door{Phone: "1002"}, "[", "may not call"},
		{Door{Phone: "1003"}, "112", "removed"},
		{Door{Trunk: "carrier"}, "0899123456", ""},
		{Door{}, "112", "only phones and trunks"},
	} {
		over, err := tolls.Check(test.by, test.number)
		if test.why == "" {
			if err != nil {
				t.Errorf("%s to %q: %v", test.by, test.number, err)
				continue
			}
			over()
			continue
		}
		if toll, ok := errors.AsType[*TollError](err); !ok || !strings.Contains(err.Error(), test.why) || toll.Cause() != 21 {
			t.Errorf("%s to %q: %v, want %q", test.by, test.number, err, test.why)
		}
	}
	if n := tolls.Refused(); n != 6 {
		t.Errorf("%d refused, want 6", n)
	}
}

// Calls at once and calls begun in any minute are counted per phone, and what is over is forgotten.
func TestTollsCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := TollLimits{MaxCalls: 2, CallsPerMinute: 3}
		tolls := NewTolls(func(string) (TollLimits, bool) { return limits, true })
		enter := func(phone string) func() {
			t.Helper()
			over, err := tolls.Check(Door{Phone: phone}, "112")
			if err != nil {
				t.Fatal(err)
			}
			return over
		}
		refused := func(phone, why string) {
			t.Helper()
			if over, err := tolls.Check(Door{Phone: phone}, "112"); err == nil || !strings.Contains(err.Error(), why) {
				over()
				t.Errorf("%v, want %q", err, why)
			}
		}
		first, second := enter("1000"), enter("1000")
		refused("1000", "2 of its calls are up")
		enter("1001")()
		first()
		first() // twice is once
		time.Sleep(20 * time.Second)
		enter("1000")()
		refused("1000", "3 calls in the last minute")
		time.Sleep(40*time.Second - time.Nanosecond)
		refused("1000", "3 calls in the last minute")
		time.Sleep(time.Nanosecond)
		enter("1000")() // the first two are a minute ago
		limits = TollLimits{}
		for range 10 {
			enter("1000")
		}
		second()

		for i := range 1000 {
			enter(fmt.Sprint("2", i))()
		}
		time.Sleep(time.Minute)
		enter("1001")
		if n := len(tolls.accounts); n != 2 { // 1000, which has calls, and 1001
			t.Errorf("%d phones are remembered", n)
		}
	})
}
