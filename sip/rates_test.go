package sip

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// A bucket gives at once what it holds, and after that what its rate brings.
func TestBucket(t *testing.T) {
	r := rate{atOnce: 3, perSecond: 2}
	var b bucket
	took := func(at time.Duration) (n int) {
		for b.take(r, noon.Add(at)) {
			n++
		}
		return n
	}
	for _, test := range []struct {
		at   time.Duration
		want int
	}{{0, 3}, {499 * time.Millisecond, 0}, {500 * time.Millisecond, 1}, {time.Second, 1}, {time.Minute, 3}, {59 * time.Second, 0}} {
		if got := took(test.at); got != test.want {
			t.Errorf("after %v: %d, want %d", test.at, got, test.want)
		}
	}
	if !b.empty(r, noon.Add(time.Minute)) || b.empty(r, noon.Add(61*time.Second)) {
		t.Error("empty and take are not of one mind")
	}
}

func TestSourceOf(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := sourcePrefix(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", addr, got, want)
		}
	}
}

// What was not put for a life and some is gone, and there is never more than two generations.
func TestGenerations(t *testing.T) {
	g := generations[string, int]{life: time.Minute, most: 10}
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	g.put("a", 1, at(0))
	g.put("b", 2, at(50*time.Second))
	g.put("c", 3, at(70*time.Second)) // turns
	for _, test := range []struct {
		key  string
		at   time.Duration
		want bool
	}{
		{"a", 119 * time.Second, true}, {"a", 131 * time.Second, false}, {"b", 129 * time.Second, true},
		{"c", 189 * time.Second, true}, {"c", 191 * time.Second, false}, {"d", 71 * time.Second, false},
	} {
		if v, ok := g.get(test.key, at(test.at)); ok != test.want || ok && v == 0 {
			t.Errorf("%s after %v: %v, want %v", test.key, test.at, ok, test.want)
		}
	}
	g.put("late", 4, at(time.Hour))
	if _, ok := g.get("c", at(time.Hour)); ok {
		t.Error("a generation of long ago came back")
	}
	for i := range 1000 {
		g.put(fmt.Sprint(i), i, at(time.Hour))
		if n := len(g.now) + len(g.before); n > 20 {
			t.Fatalf("%d entries", n)
		}
	}
	if v, ok := g.get("999", at(time.Hour)); !ok || v != 999 {
		t.Error("the latest is lost")
	}
	g.remove("999")
	if _, ok := g.get("999", at(time.Hour)); ok {
		t.Error("removed, and still there")
	}
}

// Strangers who come from ever new addresses cost no more than a bounded memory.
func TestStrangersAreBounded(t *testing.T) {
	s, a := newStrangers(10), newAcquaintances()
	for i := range uint32(3 * maxStrangers) {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if !s.request(addr, noon) {
			t.Fatal("a first request is too many")
		}
		a.add(addr, noon)
	}
	if n := len(s.all.now) + len(s.all.before); n > 2*maxStrangers {
		t.Errorf("%d strangers are remembered", n)
	}
}

// Wrong passwords add up, less with time; names of a scan add up to one, those of an office do not.
func TestStrangersAreCounted(t *testing.T) {
	s := newStrangers(10)
	addr := netip.MustParseAddr("192.0.2.66")
	for i := range guessesToBan - 1 {
		if s.guessed(addr, noon) {
			t.Fatalf("banned at guess %d", i+1)
		}
	}
	if s.guessed(addr, noon.Add(guessesHalve)) {
		t.Error("9 guesses of 10 minutes ago count as much as new ones")
	}
	banned := 0
	for range guessesToBan {
		if s.guessed(addr, noon.Add(guessesHalve)) {
			banned++
		}
	}
	if banned != 6 { // 5.5 of before count: the fifth of these is the first beyond
		t.Errorf("%d of ten more guesses are beyond the limit, want 6", banned)
	}
	s.forget(addr)
	if s.guessed(addr, noon.Add(guessesHalve)) {
		t.Error("what is forgotten counts")
	}

	office := netip.MustParseAddr("192.0.2.67")
	for range 10 {
		for phone := range 60 {
			if s.asked(office, fmt.Sprint(1000+phone), noon) {
				t.Fatal("60 phones are taken for a scan")
			}
		}
	}
	names := 0
	for !s.asked(addr, fmt.Sprint(names), noon.Add(guessesHalve+scanLasts)) {
		names++
	}
	if s.asked(netip.MustParseAddr("192.0.2.68"), "1", noon) || s.asked(addr, "1", noon) {
		t.Error("what has only begun is taken for a scan")
	}
	if names < 100 || names > 200 {
		t.Errorf("a scan of %d names is seen", names)
	}
}

// A user's passwords are looked at again after a while, and a source that is known does not suffer from what strangers guess.
func TestGuesses(t *testing.T) {
	g := newGuesses()
	source, other := netip.MustParseAddr("192.0.2.66"), netip.MustParseAddr("192.0.2.30")
	for range 2000 {
		g.wrong(source, "1000", noon)
	}
	if !g.spent(source, "1000", true, noon) || !g.spent(source, "1000", false, noon) {
		t.Error("2000 guesses, and the next one is looked at")
	}
	if g.spent(other, "1000", true, noon) {
		t.Error("one source spends the guesses of all")
	}
	if g.spent(source, "1001", true, noon) {
		t.Error("guesses of one user count for another")
	}
	if !g.spent(source, "1000", true, noon.Add(29*time.Second)) || g.spent(source, "1000", true, noon.Add(31*time.Second)) {
		t.Error("want one more look after 30 s")
	}
	for i := range 100 {
		addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
		for range 10 {
			g.wrong(addr, "1000", noon)
		}
	}
	if !g.spent(other, "1000", true, noon) {
		t.Error("a hundred sources guess one user, and another stranger is looked at")
	}
	if g.spent(other, "1000", false, noon) {
		t.Error("strangers keep out who is known")
	}
	g.right(source, "1000")
	if g.spent(source, "1000", false, noon) {
		t.Error("the right password forgets nothing")
	}
}
