// Package rates bounds how often sources and users may do something, and what is remembered of them. All of it is values that are
// told the time, of a fixed or bounded size.
package rates

import (
	"net/netip"
	"time"
)

// Rate is how often something may happen: a number of times at once, and again PerSecond a second.
type Rate struct {
	AtOnce    float64
	PerSecond float64
}

// Bucket is what is left of a rate. The zero value is full.
type Bucket struct {
	used float64
	at   time.Time
}

// Take uses one up; false: none is left.
func (b *Bucket) Take(r Rate, now time.Time) bool {
	b.refill(r, now)
	if b.used+1 > r.AtOnce {
		return false
	}
	b.used++
	return true
}

// Empty tells that Take would fail.
func (b *Bucket) Empty(r Rate, now time.Time) bool {
	b.refill(r, now)
	return b.used+1 > r.AtOnce
}

func (b *Bucket) refill(r Rate, now time.Time) {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.used = max(0, b.used-passed*r.PerSecond)
		b.at = now
	}
}

// Source is what stands for a far end where sources are counted: its address, and with IPv6 the 64 bits of its network, as
// a host may have all addresses in it.
func Source(addr netip.Addr) netip.Addr { return SourcePrefix(addr).Addr() }

// SourcePrefix is Source with its length.
func SourcePrefix(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(addr, bits).Masked()
}
