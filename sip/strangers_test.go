package sip

import (
	"fmt"
	"net/netip"
	"testing"
)

// Strangers who come from ever new addresses cost no more than a bounded memory.
func TestStrangersAreBounded(t *testing.T) {
	s := newStrangers(10)
	for i := range uint32(3 * maxStrangers) {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if !s.request(addr, noon) {
			t.Fatal("a first request is too many")
		}
	}
	if n := s.all.Len(); n > 2*maxStrangers {
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
