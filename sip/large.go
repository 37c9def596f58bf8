package sip

import (
	"context"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"dialtone/rates"
)

const (
	// maxDatagramRequest is how long a request by UDP may be: a longer one may come in fragments, which are lost in many
	// networks (RFC 3261 §18.1.1).
	maxDatagramRequest = 1300
	wideTimeout        = 2 * time.Second  // for a connection in place of UDP
	narrowLife         = 10 * time.Minute // so long a far end is not asked again that had none
	mostNarrow         = 1000
)

// narrow are far ends that take no connection.
type narrow struct {
	mu  sync.Mutex
	all rates.Generations[Hop, struct{}]
}

func (n *narrow) has(hop Hop) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.all.Get(hop, time.Now())
	return ok
}

func (n *narrow) add(hop Hop) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all.Put(hop, struct{}{}, time.Now())
}

// wider is the flow by TCP of a request to a target, whose URI is uri, that is too long for f: nil when it is not, when
// the transport was fixed, or when the far end takes no connection, for then UDP has to do (RFC 3261 §18.1.1).
func (s *Server) wider(ctx context.Context, f *flow, req *gosip.Request, target *Target, uri *gosip.Uri) *flow {
	if f.stream != nil || length(req) <= maxDatagramRequest || target.Flow.Addr.IsValid() {
		return nil
	}
	next := *uri
	if target.Route != "" && gosip.ParseUri(target.Route, &next) != nil || next.UriParams.Has("transport") {
		return nil
	}
	hop := Hop{Transport: "tcp", Addr: f.remote}
	if s.narrow.has(hop) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, wideTimeout)
	defer cancel()
	c, err := s.streams.get(ctx, hop)
	if err != nil {
		s.narrow.add(hop)
		s.log.Debug("a long request goes by UDP, as there is no connection", "to", f.remote, "error", err)
		return nil
	}
	return c.flow()
}
