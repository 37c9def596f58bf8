package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"io"
	"sync"
	"time"
)

const (
	nonceLife = 5 * time.Minute // then a nonce is stale
	// maxNonces is how many nonces in use are remembered in each half of the table: 10 MB in all.
	maxNonces = 100_000
	// nonceOnce is the count of a nonce that was used without one (RFC 2069): it serves no second time.
	nonceOnce = 1<<32 - 1
)

// nonces makes the nonces of challenges and judges those that come back. A nonce carries its time and a signature, which is for
// the source that it was made for, so that making one costs no memory, strangers can fill none, and whoever answers it is
// where he says that he is. Remembered is only the highest count of a nonce that
// a right password came with.
type nonces struct {
	key [32]byte

	mu sync.Mutex
	// used and before are the highest nonce counts, of two generations of nonceLife each. floor is the time before
	// which a nonce must be in one of them: a generation that came early, as the table was full, has raised it.
	used, before map[nonceID]uint32
	turned       time.Time
	floor        time.Time
}

// nonceID is the random part of a nonce.
type nonceID [12]byte

const (
	nonceBody = 8 + len(nonceID{})
	nonceSize = nonceBody + 16
)

func newNonces() *nonces {
	n := &nonces{used: make(map[nonceID]uint32)}
	rand.Read(n.key[:])
	return n
}

// make gives a fresh nonce to a source, its address as text.
func (n *nonces) make(source string, now time.Time) string {
	var raw [nonceSize]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixNano()))
	rand.Read(raw[8:nonceBody])
	copy(raw[nonceBody:], n.sign(raw[:nonceBody], source))
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func (n *nonces) sign(body []byte, source string) []byte {
	mac := hmac.New(sha256.New, n.key[:])
	mac.Write(body)
	io.WriteString(mac, source)
	return mac.Sum(nil)[:nonceSize-nonceBody]
}

// open tells when a nonce was made; false when it is none of ours for that source, or too old.
func (n *nonces) open(nonce, source string, now time.Time) (id nonceID, made time.Time, ok bool) {
	var raw [nonceSize]byte
	if base64.RawURLEncoding.DecodedLen(len(nonce)) != nonceSize {
		return id, made, false
	}
	if size, err := base64.RawURLEncoding.Decode(raw[:], []byte(nonce)); err != nil || size != nonceSize {
		return id, made, false
	}
	if !hmac.Equal(raw[nonceBody:], n.sign(raw[:nonceBody], source)) {
		return id, made, false
	}
	made = time.Unix(0, int64(binary.BigEndian.Uint64(raw[:8])))
	age := now.Sub(made)
	return nonceID(raw[8:nonceBody]), made, 0 <= age && age < nonceLife
}

// use takes a count of a nonce that is open, once the password has proved right: each must be higher than all before
// (RFC 7616 §3.4.5). false: it is not, or the nonce is too old to tell.
func (n *nonces) use(id nonceID, made time.Time, count uint32, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if now.Sub(n.turned) >= nonceLife {
		n.before, n.used, n.turned = n.used, make(map[nonceID]uint32), now
	}
	highest, found := n.used[id]
	if !found {
		highest, found = n.before[id]
	}
	if count <= highest || !found && made.Before(n.floor) {
		return false
	}
	if len(n.used) >= maxNonces {
		n.before, n.used, n.turned, n.floor = n.used, make(map[nonceID]uint32), now, now
	}
	n.used[id] = count
	return true
}
