package sip

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

var ofPhone = flow{socket: nowhere{}, local: netip.MustParseAddrPort("192.0.2.1:5060"), remote: netip.MustParseAddrPort("192.0.2.10:5060")}

// answerAll opens n transactions of a method and answers them with 200.
func answerAll(t testing.TB, table *transactions, method gosip.RequestMethod, n int) (keys []transactionKey) {
	t.Helper()
	msg, err := gosip.ParseMessage([]byte(requestText(string(method))))
	if err != nil {
		t.Fatal(err)
	}
	req := msg.(*gosip.Request)
	for i := range n {
		req.Via().Params.Add("branch", fmt.Sprintf("z9hG4bK%d", i))
		key := table.keyOf(req, method, ofPhone.remote.Addr())
		tx := table.start(key, req, &ofPhone)
		res := response(req, 200, "OK", "tag")
		res.SetBody(nil)
		if err := tx.respond(res); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

// What an answered request leaves behind for 32 s: an INVITE a mark, another its answer.
func TestMemoryOfAnsweredRequests(t *testing.T) {
	const n = 20000
	for method, most := range map[gosip.RequestMethod]int{gosip.INVITE: 200, gosip.BYE: 800} {
		table := newTransactions()
		before := heapInUse()
		answerAll(t, table, method, n)
		if each := int(heapInUse()-before) / n; each > most {
			t.Errorf("%s: %d bytes each, want %d at most", method, each, most)
		} else {
			t.Logf("%s: %d bytes each", method, each)
		}
		table.close()
	}
}

func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestAnsweredRequestsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := newTransactions()
		keys := answerAll(t, table, gosip.BYE, 100)
		time.Sleep(31 * time.Second)
		if !table.copied(keys[0], &ofPhone) {
			t.Error("a copy after 31 s is a new request")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if table.copied(keys[0], &ofPhone) || len(table.done) != 0 || len(table.order) != 0 || table.bytes != 0 {
			t.Errorf("after 33 s: %d are left, %d bytes", len(table.done), table.bytes)
		}
	})
}

func TestAnsweredRequestsAreBounded(t *testing.T) {
	table := newTransactions()
	defer table.close()
	answer := make([]byte, 10_000)
	for i := range uint64(10_000) {
		tx := table.start(transactionKey{i}, gosip.NewRequest(gosip.BYE, gosip.Uri{}), &ofPhone)
		table.finish(tx, answer)
	}
	if table.bytes > maxFinishedBytes || len(table.done) != len(table.order) {
		t.Errorf("%d bytes in %d answers (%d in order)", table.bytes, len(table.done), len(table.order))
	}
	if table.known(transactionKey{0}) || !table.known(transactionKey{9999}) {
		t.Error("the oldest are forgotten first")
	}
}
