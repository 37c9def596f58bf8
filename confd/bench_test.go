package confd

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"dialtone/store"
)

// many is how many incalls with their numbers the benchmarks work on.
const many = 10_000

// newLabOfMany is a lab with many incalls, each with its number.
func newLabOfMany(b *testing.B) *lab {
	b.Helper()
	l := newLab(b)
	err := l.store.Update(func(tx *store.Tx) error {
		master := tx.MasterTenant().UUID
		for i := range many {
			incall, err := tx.Incalls().Put(store.Incall{Tenant: master, Description: fmt.Sprintf("customer %d", i), Destination: store.Destination{Type: "none"}})
			if err != nil {
				return err
			}
			_, err = tx.Extensions().Put(store.Extension{
				Tenant: master, Exten: fmt.Sprintf("331%08d", i), Context: "from-extern", Enabled: true, Of: store.Owner{Kind: store.OwnerIncall, ID: incall.ID},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// Requests over kept connections, as many clients at once as there are in ten times the processors.
func BenchmarkRequests(b *testing.B) {
	l := newLabOfMany(b)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}
	defer client.CloseIdleConnections()
	var turn atomic.Int64
	for _, bench := range []struct {
		name, method string
		path, body   func(n int) string
		status       int
	}{
		{"read", "GET", func(n int) string { return fmt.Sprintf("/incalls/%d", 1+n%many) }, nil, 200},
		{"page of 20", "GET", func(n int) string { return fmt.Sprintf("/incalls?limit=20&offset=%d", n%many) }, nil, 200},
		{"search", "GET", func(n int) string { return fmt.Sprintf("/incalls?limit=20&search=%d", n%many) }, nil, 200},
		{"list of all", "GET", func(int) string { return "/incalls" }, nil, 200},
		{"change", "PUT", func(n int) string { return fmt.Sprintf("/incalls/%d", 1+n%many) }, func(n int) string { return fmt.Sprintf(`{"description": "d%d"}`, n) }, 204},
		{"make", "POST", func(int) string { return "/incalls" }, func(n int) string { return `{"destination": {"type": "none"}}` }, 201},
		{"refuse", "POST", func(int) string { return "/incalls" }, func(n int) string { return `{"destination": {"type": "bogus"}}` }, 400},
	} {
		b.Run(strings.ReplaceAll(bench.name, " ", "_"), func(b *testing.B) {
			b.SetParallelism(10)
			b.ReportAllocs()
			b.RunParallel(func(loop *testing.PB) {
				for loop.Next() {
					n := int(turn.Add(1))
					var body io.Reader
					if bench.body != nil {
						body = strings.NewReader(bench.body(n))
					}
					r, _ := http.NewRequest(bench.method, l.server.URL+"/1.1"+bench.path(n), body)
					r.Header.Set("X-Auth-Token", l.token)
					response, err := client.Do(r)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, response.Body)
					response.Body.Close()
					if response.StatusCode != bench.status {
						b.Errorf("%s: %d, want %d", bench.name, response.StatusCode, bench.status)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
