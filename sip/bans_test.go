package sip

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// A ban lasts twice as long each time, and short again when there was peace for an hour.
func TestBansGrowAndDecay(t *testing.T) {
	b := NewBans(nil, nil)
	addr := netip.MustParseAddr("192.0.2.66")
	now := noon
	for i, want := range []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440} {
		b.make(addr, "test", now)
		b.make(addr, "test", now.Add(time.Second)) // while it lasts it does not grow
		list := b.List(now)
		if len(list) != 1 || list[0].Until.Sub(now) != want*time.Minute || list[0].Times != i+1 {
			t.Fatalf("ban %d: %+v", i+1, list)
		}
		if !b.holds(addr, false, list[0].Until.Add(-1)) || b.holds(addr, false, list[0].Until) {
			t.Fatalf("ban %d does not end when it should", i+1)
		}
		now = list[0].Until
	}
	if n := len(b.List(now)); n != 0 {
		t.Errorf("%d bans are listed that are over", n)
	}
	now = now.Add(bansForgotten)
	b.make(addr, "test", now)
	if list := b.List(now); list[0].Until.Sub(now) != firstBan || list[0].Times != 1 {
		t.Errorf("after an hour of peace: %+v", list[0])
	}
}

// Who is known is banned by operators only, who is trusted by nobody.
func TestBansWhom(t *testing.T) {
	b := NewBans([]netip.Prefix{prefix("198.51.100.0/24")}, nil)
	if b.holds(netip.MustParseAddr("192.0.2.1"), false, noon) {
		t.Error("an empty list holds")
	}
	b.make(netip.MustParseAddr("192.0.2.66"), "test", noon)
	b.make(netip.MustParseAddr("2001:db8::66"), "test", noon)
	b.make(netip.MustParseAddr("127.0.0.1"), "test", noon)
	b.make(netip.MustParseAddr("::1"), "test", noon)
	b.make(netip.MustParseAddr("::ffff:127.0.0.1"), "test", noon)
	if err := b.Add(Ban{Source: prefix("203.0.113.0/24"), Since: noon, Why: "by hand"}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		addr  string
		known bool
		want  bool
	}{
		{"192.0.2.66", false, true}, {"::ffff:192.0.2.66", false, true}, {"192.0.2.66", true, false}, {"192.0.2.67", false, false},
		{"2001:db8::1", false, true}, {"2001:db8:0:1::66", false, false}, // the /64
		{"127.0.0.1", false, false}, {"::1", false, false},
		{"203.0.113.5", false, true}, {"203.0.113.5", true, true},
	} {
		if got := b.holds(netip.MustParseAddr(test.addr), test.known, noon); got != test.want {
			t.Errorf("%s, known %v: %v", test.addr, test.known, got)
		}
	}
	for source, why := range map[string]string{"198.51.100.7/32": "overlaps 198.51.100.0/24", "198.51.0.0/16": "overlaps"} {
		if err := b.Add(Ban{Source: prefix(source)}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", source, err)
		}
	}
	if err := b.Add(Ban{Source: netip.PrefixFrom(netip.MustParseAddr("192.0.2.1"), 24)}); err == nil {
		t.Error("bits behind the length")
	}
	if !b.trusts(netip.MustParseAddr("::ffff:198.51.100.9")) || b.trusts(netip.MustParseAddr("198.51.101.9")) {
		t.Error("trusts others than the list says")
	}
	list := b.List(noon)
	if len(list) != 3 || list[0].Source != prefix("203.0.113.0/24") || list[1].Dropped != 2 || list[1].Source.String() != "192.0.2.66/32" {
		t.Errorf("%+v", list)
	}
	if err := b.Lift(prefix("203.0.113.5/32")); !errors.Is(err, ErrNotBanned) {
		t.Errorf("an address within a banned network: %v", err)
	}
	for _, lift := range []string{"203.0.113.0/24", "192.0.2.0/24", "2001:db8::/64"} {
		if err := b.Lift(prefix(lift)); err != nil {
			t.Error(err)
		}
	}
	if n := len(b.List(noon)); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// However many sources misbehave, the list is bounded, and the ban that ends last stays.
func TestBansAreBounded(t *testing.T) {
	b := NewBans(nil, nil)
	worst := netip.MustParseAddr("192.0.2.66")
	b.make(worst, "test", noon)
	b.make(worst, "test", noon.Add(firstBan))
	now := noon.Add(firstBan)
	for i := range uint32(maxBans + 10) {
		b.make(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), "test", now)
	}
	if n := len(b.made); n != maxBans {
		t.Errorf("%d bans, want %d", n, maxBans)
	}
	if !b.holds(worst, false, now) {
		t.Error("the worst has made room")
	}
	for i := range uint32(maxByHand) {
		if err := b.Add(Ban{Source: netip.PrefixFrom(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), 32)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Add(Ban{Source: prefix("12.0.0.0/8")}); err == nil {
		t.Error("bans by hand have no bound")
	}
	if err := b.Add(Ban{Source: prefix("11.0.0.0/32"), Why: "again"}); err != nil {
		t.Errorf("in place of one: %v", err)
	}
}
