package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Names answers questions of DNS.
type Names interface {
	// Records are those of a name and a type, as dns.TypeSRV, with the CNAMEs that led there. None and no error: there
	// are none. An error: nobody could say.
	Records(ctx context.Context, name string, kind uint16) ([]dns.RR, error)
}

// NameServers are Names that ask servers, one after the other. Without any there are no records.
type NameServers []netip.AddrPort

// Records asks the servers in their order, twice; an answer that UDP cuts off is asked for by TCP.
func (n NameServers) Records(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	question := new(dns.Msg)
	question.SetQuestion(dns.Fqdn(name), kind)
	question.SetEdns0(1232, false)
	var why error
	for range 2 {
		for _, server := range n {
			answer, err := ask(ctx, question, server)
			if err == nil {
				return answer, nil
			}
			why = err
			if ctx.Err() != nil {
				return nil, why
			}
		}
	}
	return nil, why
}

// errNameServer is returned when a name server has answered that it cannot: another question may fare better.
var errNameServer = errors.New("an error as the answer")

// nameServerWait is how long one name server has for one answer.
const nameServerWait = time.Second

func ask(ctx context.Context, question *dns.Msg, server netip.AddrPort) ([]dns.RR, error) {
	client := &dns.Client{Timeout: nameServerWait}
	answer, _, err := client.ExchangeContext(ctx, question, server.String())
	if err == nil && answer.Truncated {
		client.Net = "tcp"
		answer, _, err = client.ExchangeContext(ctx, question, server.String())
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("name server %s: %w", server, err)
	case answer.Rcode == dns.RcodeNameError:
		return nil, nil
	case answer.Rcode != dns.RcodeSuccess:
		return nil, fmt.Errorf("name server %s: %w: %s for %s", server, errNameServer, dns.RcodeToString[answer.Rcode], question.Question[0].Name)
	}
	return answer.Answer, nil
}

// machineNames are the name servers of the machine; without any there are no records.
type machineNames struct{}

const resolvConf = "/etc/resolv.conf"

func (machineNames) Records(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	config, err := dns.ClientConfigFromFile(resolvConf)
	if err != nil {
		return nil, nil
	}
	var servers NameServers
	for _, text := range config.Servers {
		if addr, err := netip.ParseAddr(text); err == nil {
			servers = append(servers, netip.AddrPortFrom(addr, 53))
		}
	}
	return servers.Records(ctx, name, kind)
}

const (
	namesKept    = 2048                   // answers that are remembered
	shortestTTL  = 5 * time.Second        // an answer is not asked for more often
	longestTTL   = time.Hour              //
	unknownTTL   = 30 * time.Second       // of what says nothing of its age: "there is none", and the system's look-ups
	failureTTL   = 10 * time.Second       // while nobody answers, not everybody waits for it (RFC 2308 §7)
	longestStale = 24 * time.Hour         // RFC 8767: an old answer is better than none while no server answers
	staleWait    = 500 * time.Millisecond // for a newer one
	renewalWait  = 4 * time.Second        // for it to come after that
)

// namesCache remembers answers for as long as they hold. It is safe for concurrent use.
type namesCache struct {
	source Names
	mu     sync.Mutex
	kept   map[nameKey]keptAnswer
}

// nameKey is a question. Answers of the system's own look-up have the type dns.TypeANY.
type nameKey struct {
	name string
	kind uint16
}

type keptAnswer struct {
	records []dns.RR
	addrs   []netip.Addr
	err     error     // nobody answered
	until   time.Time // it holds
	dead    time.Time // it is of no use any more
}

func newNamesCache(source Names) *namesCache {
	return &namesCache{source: source, kept: make(map[nameKey]keptAnswer)}
}

// records are those of a name, asked for when what is remembered does not hold any more.
func (c *namesCache) records(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	answer, err := c.recall(ctx, nameKey{lower(name), kind}, func(ctx context.Context) (a keptAnswer, ttl time.Duration, err error) {
		a.records, err = c.source.Records(ctx, name, kind)
		return a, ttlOf(a.records), err
	})
	return answer.records, err
}

// addresses are those of a host by DNS, IPv4 first.
func (c *namesCache) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	var why error
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		records, err := c.records(ctx, host, kind)
		if err != nil {
			why = err
		}
		for _, record := range records {
			var ip net.IP
			switch record := record.(type) {
			case *dns.A:
				ip = record.A
			case *dns.AAAA:
				ip = record.AAAA
			}
			if addr, ok := netip.AddrFromSlice(ip); ok {
				addrs = append(addrs, addr.Unmap())
			}
		}
	}
	if len(addrs) > 0 {
		return addrs, nil
	}
	return nil, why
}

// remembered is a look-up of addresses whose answers are kept.
func (c *namesCache) remembered(lookup func(context.Context, string) ([]netip.Addr, error)) func(context.Context, string) ([]netip.Addr, error) {
	return func(ctx context.Context, host string) ([]netip.Addr, error) {
		answer, err := c.recall(ctx, nameKey{lower(host), dns.TypeANY}, func(ctx context.Context) (a keptAnswer, ttl time.Duration, err error) {
			a.addrs, err = lookup(ctx, host)
			if none, ok := errors.AsType[*net.DNSError](err); ok && none.IsNotFound {
				err = nil
			}
			return a, unknownTTL, err
		})
		return answer.addrs, err
	}
}

// question asks for what a key stands for. ttl is how long an answer holds.
type question func(ctx context.Context) (answer keptAnswer, ttl time.Duration, err error)

// recall gives what is kept under a key, or asks. While nobody answers, what was known holds on.
func (c *namesCache) recall(ctx context.Context, key nameKey, ask question) (keptAnswer, error) {
	c.mu.Lock()
	old, known := c.kept[key]
	c.mu.Unlock()
	now := time.Now()
	switch {
	case known && now.Before(old.until):
		return old, old.err
	case known && now.Before(old.dead):
		return c.renew(ctx, key, old, ask), nil
	}
	answer, ttl, err := ask(ctx)
	switch {
	case err == nil:
		answer.lasts(ttl)
	case ctx.Err() != nil:
		return keptAnswer{}, err // who asked did not wait for the answer
	default:
		answer = keptAnswer{err: err, until: time.Now().Add(failureTTL)}
	}
	c.keep(key, answer)
	return answer, answer.err
}

// renew asks for a newer answer than one that held until now, and gives that one when none comes soon: the one who asks does not wait
// while name servers are gone, and nobody else asks meanwhile.
func (c *namesCache) renew(ctx context.Context, key nameKey, old keptAnswer, ask question) keptAnswer {
	old.until = time.Now().Add(unknownTTL)
	c.keep(key, old)
	newer := make(chan keptAnswer, 1)
	go func() {
		defer close(newer)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewalWait)
		defer cancel()
		if answer, ttl, err := ask(ctx); err == nil {
			answer.lasts(ttl)
			c.keep(key, answer)
			newer <- answer
		}
	}()
	soon := time.NewTimer(staleWait)
	defer soon.Stop()
	select {
	case answer, ok := <-newer:
		if ok {
			return answer
		}
	case <-soon.C:
	case <-ctx.Done():
	}
	return old
}

// lasts has an answer hold for so long from now on, within reason.
func (a *keptAnswer) lasts(ttl time.Duration) {
	a.until = time.Now().Add(min(max(ttl, shortestTTL), longestTTL))
	a.dead = a.until.Add(longestStale)
}

// keep remembers an answer. When there are too many, what holds no more goes, or else everything.
func (c *namesCache) keep(key nameKey, answer keptAnswer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= namesKept {
		for k, a := range c.kept {
			if time.Now().After(a.until) {
				delete(c.kept, k)
			}
		}
		if len(c.kept) >= namesKept {
			clear(c.kept)
		}
	}
	c.kept[key] = answer
}

// ttlOf is for how long an answer holds: as long as its first record to go.
func ttlOf(records []dns.RR) time.Duration {
	if len(records) == 0 {
		return unknownTTL
	}
	ttl := longestTTL
	for _, record := range records {
		ttl = min(ttl, time.Duration(record.Header().Ttl)*time.Second)
	}
	return ttl
}
