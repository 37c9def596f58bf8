package simulate

import (
	"testing"
	"time"
)

func TestReadExten(t *testing.T) {
	for _, test := range []struct {
		name, args, want string
		length           time.Duration
		script           Script
	}{
		{"an extension that is complete ends it at once", "x,,to", "OK 12 ", time.Second, keys("12")},
		{"one that could be longer waits", "x,,to", "OK 3 ", 5800 * time.Millisecond, keys("3")},
		{"its longer one", "x,,to", "OK 34 ", time.Second, keys("34")},
		{"a # ends it", "x,,to", "OK 3 ", time.Second, keys("3#")},
		{"one that cannot be", "x,,to", "INVALID i 9", 800 * time.Millisecond, keys("9")},
		{"one that is not complete", "x,,to", "INVALID i 1", 5800 * time.Millisecond, keys("1")},
		{"nothing", "x,,to", "TIMEOUT t ", 10 * time.Second, Script{}},
		{"nothing in its own time", "x,,to,,2", "TIMEOUT t ", 2 * time.Second, Script{}},
		{"the prompt's time counts", "x,a,to,,2", "TIMEOUT t ", 2 * time.Second, Script{}},
		{"a missing prompt", "x,lost,to,,2", "TIMEOUT t ", 2 * time.Second, Script{}},
		{"the present context", "x", "OK 7 ", 800 * time.Millisecond, keys("7")},
		{"no variable", "", "ERROR  ", 0, Script{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan := load(t, "[c]\nexten = s,1,Answer()\nsame = n,ReadExten("+test.args+")\nsame = n,NoOp(${READEXTENSTATUS} ${x} ${INVALID_EXTEN})\n"+
				"exten = 7,1,NoOp\n[to]\nexten = 12,1,NoOp\nexten = 3,1,NoOp\nexten = 34,1,NoOp\n")
			script := test.script
			script.Sounds = map[string]time.Duration{"a": time.Second}
			got := Call(script, start, options(plan, nil))
			if said := noops(got.Steps); said != test.want || got.Length != test.length {
				t.Errorf("said %q after %v, want %q after %v", said, got.Length, test.want, test.length)
			}
		})
	}
}

// keys are pressed 0.8 s after the answer.
func keys(list string) Script {
	return Script{Presses: []Press{{At: 800 * time.Millisecond, Keys: list}}}
}

func TestReadExtenLeavesAnUnansweredCall(t *testing.T) {
	plan := load(t, "[c]\nexten = s,1,ReadExten(x,,,s)\nsame = n,NoOp(${READEXTENSTATUS} ${x})\n")
	if said := noops(Call(Script{}, start, options(plan, nil)).Steps); said != "SKIP " {
		t.Errorf("said %q", said)
	}
}

func TestReadExtenHearsTheHangUp(t *testing.T) {
	plan := load(t, "[c]\nexten = s,1,Answer()\nsame = n,ReadExten(x)\nexten = 7,1,NoOp\nexten = h,1,NoOp(${READEXTENSTATUS})\n")
	if said := noops(Call(Script{Hangup: time.Second}, start, options(plan, nil)).Steps); said != "HANGUP" {
		t.Errorf("said %q", said)
	}
}
