package rates

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// A bucket gives at once what it holds, and after that what its rate brings.
func TestBucket(t *testing.T) {
	r := Rate{AtOnce: 3, PerSecond: 2}
	var b Bucket
	took := func(at time.Duration) (n int) {
		for b.Take(r, noon.Add(at)) {
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
	if !b.Empty(r, noon.Add(time.Minute)) || b.Empty(r, noon.Add(61*time.Second)) {
		t.Error("empty and take are not of one mind")
	}
}

func TestSourceOf(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := SourcePrefix(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", addr, got, want)
		}
	}
}

// What was not put for a life and some is gone, and there is never more than two generations.
func TestGenerations(t *testing.T) {
	g := Generations[string, int]{Life: time.Minute, Most: 10}
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	g.Put("a", 1, at(0))
	g.Put("b", 2, at(50*time.Second))
	g.Put("c", 3, at(70*time.Second)) // turns
	for _, test := range []struct {
		key  string
		at   time.Duration
		want bool
	}{
		{"a", 119 * time.Second, true}, {"a", 131 * time.Second, false}, {"b", 129 * time.Second, true},
		{"c", 189 * time.Second, true}, {"c", 191 * time.Second, false}, {"d", 71 * time.Second, false},
	} {
		if v, ok := g.Get(test.key, at(test.at)); ok != test.want || ok && v == 0 {
			t.Errorf("%s after %v: %v, want %v", test.key, test.at, ok, test.want)
		}
	}
	g.Put("late", 4, at(time.Hour))
	if _, ok := g.Get("c", at(time.Hour)); ok {
		t.Error("a generation of long ago came back")
	}
	for i := range 1000 {
		g.Put(fmt.Sprint(i), i, at(time.Hour))
		if n := g.Len(); n > 20 {
			t.Fatalf("%d entries", n)
		}
	}
	if v, ok := g.Get("999", at(time.Hour)); !ok || v != 999 {
		t.Error("the latest is lost")
	}
	g.Remove("999")
	if _, ok := g.Get("999", at(time.Hour)); ok {
		t.Error("removed, and still there")
	}
}

// guessesApart are guesses whose hash gives other, source and their users buckets of their own: by chance they may share one.
func guessesApart(source, other netip.Addr, guessers []netip.Addr) *Guesses {
	for {
		g := NewGuesses()
		mine, user := g.buckets(other, "1000")
		first, _ := g.buckets(source, "1000")
		second, another := g.buckets(source, "1001")
		shared := mine == first || first == second || user == another
		for _, addr := range guessers {
			at, _ := g.buckets(addr, "1000")
			shared = shared || at == mine
		}
		if !shared {
			return g
		}
	}
}

// A user's passwords are looked at again after a while, and a source that is known does not suffer from what strangers guess.
func TestGuesses(t *testing.T) {
	source, other := netip.MustParseAddr("192.0.2.66"), netip.MustParseAddr("192.0.2.30")
	var guessers []netip.Addr
	for i := range 100 {
		guessers = append(guessers, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	g := guessesApart(source, other, guessers)
	for range 2000 {
		g.Wrong(source, "1000", noon)
	}
	if !g.Spent(source, "1000", true, noon) || !g.Spent(source, "1000", false, noon) {
		t.Error("2000 guesses, and the next one is looked at")
	}
	if g.Spent(other, "1000", true, noon) {
		t.Error("one source spends the guesses of all")
	}
	if g.Spent(source, "1001", true, noon) {
		t.Error("guesses of one user count for another")
	}
	if !g.Spent(source, "1000", true, noon.Add(29*time.Second)) || g.Spent(source, "1000", true, noon.Add(31*time.Second)) {
		t.Error("want one more look after 30 s")
	}
	for _, addr := range guessers {
		for range 10 {
			g.Wrong(addr, "1000", noon)
		}
	}
	if !g.Spent(other, "1000", true, noon) {
		t.Error("a hundred sources guess one user, and another stranger is looked at")
	}
	if g.Spent(other, "1000", false, noon) {
		t.Error("strangers keep out who is known")
	}
	g.Right(source, "1000")
	if g.Spent(source, "1000", false, noon) {
		t.Error("the right password forgets nothing")
	}
}
