package sip

import (
	"net/netip"
	"time"
)

// rate is how often something may happen: a number of times at once, and again perSecond a second.
type rate struct {
	atOnce    float64
	perSecond float64
}

// bucket is what is left of a rate. The zero value is full.
type bucket struct {
	used float64
	at   time.Time
}

// take uses one up; false: none is left.
func (b *bucket) take(r rate, now time.Time) bool {
	b.refill(r, now)
	if b.used+1 > r.atOnce {
		return false
	}
	b.used++
	return true
}

// empty tells that take would fail.
func (b *bucket) empty(r rate, now time.Time) bool {
	b.refill(r, now)
	return b.used+1 > r.atOnce
}

func (b *bucket) refill(r rate, now time.Time) {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.used = max(0, b.used-passed*r.perSecond)
		b.at = now
	}
}

// sourceOf is what stands for a far end where sources are counted: its address, and with IPv6 the 64 bits of its network, as
// a host may have all addresses in it.
func sourceOf(addr netip.Addr) netip.Addr { return sourcePrefix(addr).Addr() }

// sourcePrefix is sourceOf with its length.
func sourcePrefix(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(addr, bits).Masked()
}
