package call

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"dialtone/store"
)

// hostsAgain is how long the addresses of a trunk's hosts hold.
const (
	hostsAgain  = 5 * time.Minute
	hostsFailed = 30 * time.Second // until those are looked up again of which some cannot be found
)

// keepFinding looks up the hosts from which a trunk's calls come, again and again until ctx ends. A host that cannot be found
// keeps the addresses that it had.
func (t *Trunks) keepFinding(ctx context.Context, r store.Trunk) {
	found := map[string][]store.Source{}
	why := ""
	for ctx.Err() == nil {
		pause, failure := hostsAgain, ""
		for _, host := range r.Hosts {
			sources, err := t.find(ctx, host)
			if err != nil {
				pause, failure = hostsFailed, err.Error()
				continue
			}
			found[host] = sources
		}
		if failure != why && ctx.Err() == nil { // told of once, not at each try
			if why = failure; failure != "" {
				t.config.Log.Warn("a host of a trunk is not found: calls from it are not the trunk's", "trunk", r.Name, "why", failure)
			}
		}
		var all []store.Source
		for _, host := range r.Hosts {
			all = append(all, found[host]...)
		}
		t.mu.Lock()
		t.hosts[r.Name] = all
		t.mu.Unlock()
		wait(ctx, pause)
	}
	t.mu.Lock()
	delete(t.hosts, r.Name)
	t.mu.Unlock()
}

// find looks up the addresses of a host, as those of a server are.
func (t *Trunks) find(ctx context.Context, host string) ([]store.Source, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveWait)
	defer cancel()
	hops, err := t.config.Network().Resolve(ctx, parseServer(host, "").uri(""))
	var sources []store.Source
	for _, hop := range hops {
		addr := hop.Addr.Addr().Unmap()
		source := store.Source{Prefix: netip.PrefixFrom(addr, addr.BitLen())}
		if !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	return sources, err
}

// sources are where a trunk's calls come from: its addresses, and those of its hosts as they were found last.
func (t *Trunks) sources(r *store.Trunk) []store.Source {
	if len(r.Hosts) == 0 {
		return r.Addresses
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Concat(r.Addresses, t.hosts[r.Name])
}
