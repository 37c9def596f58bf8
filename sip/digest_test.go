package sip

import (
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// sender is where the tests' requests come from.
const sender = "192.0.2.9"

// one account, 1000 with the password "secret"
func account1000(user string) (Account, bool) {
	if user != "1000" {
		return Account{}, false
	}
	text := []byte("1000:dialtone:secret")
	return Account{User: "1000", HA1MD5: fmt.Sprintf("%x", md5.Sum(text)), HA1SHA256: fmt.Sprintf("%x", sha256.Sum256(text))}, true
}

func newDigest(t testing.TB, algorithms ...string) *Digest {
	t.Helper()
	d, err := NewDigest("dialtone", algorithms)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// challenged is the response to a request without credentials.
func challenged(t testing.TB, d *Digest, req *gosip.Request, now time.Time) *gosip.Response {
	t.Helper()
	_, refusal := d.Verify(req, account1000, now)
	if refusal == nil || refusal.Status != 401 {
		t.Fatalf("got %v, want 401", refusal)
	}
	return refusal.Response(req, "t")
}

// parameter is the value of a parameter of a challenge or of credentials.
func parameter(value, name string) string {
	_, rest, _ := strings.Cut(value, name+"=")
	rest, _, _ = strings.Cut(rest, ",")
	return strings.Trim(rest, `" `)
}

// credentialsOf computes an Authorization as a telephone would.
func credentialsOf(nonce, method, uri, user, password, nc string) string {
	h := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
	ha1, ha2 := h(user+":dialtone:"+password), h(method+":"+uri)
	if nc == "" {
		return fmt.Sprintf(`Digest username="%s", realm="dialtone", nonce="%s", uri="%s", response="%s"`, user, nonce, uri, h(ha1+":"+nonce+":"+ha2))
	}
	return fmt.Sprintf(`Digest username="%s", realm="dialtone", nonce="%s", uri="%s", response="%s", algorithm=MD5, cnonce="c", qop=auth, nc=%s`,
		user, nonce, uri, h(ha1+":"+nonce+":"+nc+":c:auth:"+ha2), nc)
}

func TestDigestAcceptsTheRightPassword(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		d := newDigest(t, algorithm)
		req := request(t, "REGISTER")
		if err := (&Login{User: "1000", Password: "secret"}).Answer(req, challenged(t, d, req, noon)); err != nil {
			t.Fatal(err)
		}
		got, refusal := d.Verify(req, account1000, noon.Add(time.Second))
		if refusal != nil || got.User != "1000" {
			t.Errorf("%s: got %q, %v", algorithm, got.User, refusal)
		}
	}
}

// An account may have a realm of its own: it is challenged for that, and credentials for another one are no credentials.
func TestAnAccountHasItsRealm(t *testing.T) {
	d := newDigest(t, "MD5")
	of := func(user string) (Account, bool) {
		text := []byte("1000:example.com:secret")
		return Account{User: "1000", Realm: "example.com", HA1MD5: fmt.Sprintf("%x", md5.Sum(text))}, user == "1000"
	}
	req := request(t, "REGISTER")
	_, refusal := d.Verify(req, of, noon)
	if got := parameter(refusal.Headers[0].Value(), "realm"); got != "example.com" {
		t.Errorf("it is challenged for the realm %q", got)
	}
	if err := (&Login{User: "1000", Password: "secret"}).Answer(req, refusal.Response(req, "t")); err != nil {
		t.Fatal(err)
	}
	if got, refusal := d.Verify(req, of, noon.Add(time.Second)); refusal != nil || got.User != "1000" {
		t.Errorf("with the right password: %v", refusal)
	}
	nonce := parameter(refusal.Headers[0].Value(), "nonce")
	other := request(t, "REGISTER", "Authorization: "+credentialsOf(nonce, "REGISTER", req.Recipient.String(), "1000", "secret", ""))
	if _, refusal := d.Verify(other, of, noon); refusal == nil || refusal.Log != "no credentials" {
		t.Errorf("with credentials for the server's realm: %v", refusal)
	}
	stranger := request(t, "REGISTER", "From: <sip:1001@192.0.2.1>;tag=a")
	if _, refusal := d.Verify(stranger, of, noon); parameter(refusal.Headers[0].Value(), "realm") != "dialtone" {
		t.Errorf("somebody else is challenged by %v", refusal.Headers)
	}
}

func TestChallengesComeInOrder(t *testing.T) {
	for _, algorithms := range [][]string{nil, {"SHA-256", "MD5"}, {"SHA-256"}} {
		want := algorithms
		if want == nil {
			want = []string{"MD5", "SHA-256"}
		}
		var got []string
		for _, h := range newDigest(t, algorithms...).Challenge(request(t, "REGISTER"), "dialtone", noon, false, "").Headers {
			got = append(got, parameter(h.Value(), "algorithm"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	old := request(t, "REGISTER", "User-Agent: baresip v1.0.0 (x86_64/linux)")
	if got := newDigest(t).Challenge(old, "dialtone", noon, false, "").Headers; len(got) != 1 || parameter(got[0].Value(), "algorithm") != "MD5" {
		t.Errorf("baresip 1.0 gives up at an algorithm that it does not know, and is offered %v", got)
	}
	if _, err := NewDigest("dialtone", []string{"ROT13"}); err == nil {
		t.Error("ROT13 is accepted")
	}
	if _, err := NewDigest("a\"b", nil); err == nil {
		t.Error("a quote in the realm is accepted")
	}
}

// The vector of RFC 7616 §3.9.1 and that of RFC 2617 §3.5.
func TestDigestVectors(t *testing.T) {
	d := newDigest(t)
	for _, tt := range []struct{ ha1, header string }{
		{fmt.Sprintf("%x", md5.Sum([]byte("Mufasa:http-auth@example.org:Circle of Life"))),
			`username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=MD5,
			nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			qop=auth, response="8ca523f5e9506fed4657c9700eebdbec", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`},
		{fmt.Sprintf("%x", sha256.Sum256([]byte("Mufasa:http-auth@example.org:Circle of Life"))),
			`username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256,
			nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			qop=auth, response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`},
		{fmt.Sprintf("%x", md5.Sum([]byte("Mufasa:testrealm@host.com:Circle Of Life"))),
			`username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html",
			qop=auth, nc=00000001, cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1"`},
	} {
		c, err := parseCredentials(strings.ReplaceAll(tt.header, "\n", " "))
		if err != nil {
			t.Fatal(err)
		}
		if !d.right(c, tt.ha1, "GET") {
			t.Errorf("wrong: %s", tt.header)
		}
		if d.right(c, tt.ha1, "PUT") {
			t.Errorf("right for another method: %s", tt.header)
		}
	}
}

func TestNonceCountMustRise(t *testing.T) {
	d := newDigest(t)
	nonce := d.nonces.make(sender, noon)
	for i, tt := range []struct {
		nc    string
		after time.Duration
		want  string
	}{
		{"00000001", 0, "ok"},
		{"00000001", 0, "stale"}, // a replay
		{"00000002", time.Second, "ok"},
		{"00000005", time.Second, "ok"}, // requests may be lost on the way
		{"00000004", time.Second, "stale"},
		{"00000006", nonceLife - time.Second, "ok"},
		{"00000007", nonceLife, "stale"}, // too old
	} {
		req := request(t, "REGISTER", "Authorization: "+credentialsOf(nonce, "REGISTER", "sip:1000@192.0.2.1", "1000", "secret", tt.nc))
		if got := verdict(d, req, noon.Add(tt.after)); got != tt.want {
			t.Errorf("step %d, nc %s: %s, want %s", i, tt.nc, got, tt.want)
		}
	}
}

func TestNonceCountServesOneOfManyAtOnce(t *testing.T) {
	d := newDigest(t)
	value := credentialsOf(d.nonces.make(sender, noon), "REGISTER", "sip:1000@192.0.2.1", "1000", "secret", "00000001")
	var wg sync.WaitGroup
	var let atomic.Int32
	for range 20 {
		req := request(t, "REGISTER", "Authorization: "+value)
		wg.Go(func() {
			if _, refusal := d.Verify(req, account1000, noon); refusal == nil {
				let.Add(1)
			}
		})
	}
	wg.Wait()
	if n := let.Load(); n != 1 {
		t.Errorf("%d of 20 copies were let in, want 1", n)
	}
}

// verdict says what Verify thinks of a request.
func verdict(d *Digest, req *gosip.Request, now time.Time) string {
	_, refusal := d.Verify(req, account1000, now)
	switch {
	case refusal == nil:
		return "ok"
	case refusal.Status != 401:
		return fmt.Sprint(refusal.Status)
	case parameter(refusal.Headers[0].Value(), "stale") == "true":
		return "stale"
	}
	return "401"
}

func TestDigestWithoutQopServesOnce(t *testing.T) {
	d := newDigest(t)
	nonce := d.nonces.make(sender, noon)
	req := request(t, "REGISTER", "Authorization: "+credentialsOf(nonce, "REGISTER", "sip:1000@192.0.2.1", "1000", "secret", ""))
	for i, want := range []string{"ok", "stale"} {
		if got := verdict(d, req, noon); got != want {
			t.Errorf("time %d: %s, want %s", i+1, got, want)
		}
	}
}

func TestDigestIsForOneRequest(t *testing.T) {
	const uri = "sip:1000@192.0.2.1"
	for _, tt := range []struct {
		name, want string
		method     string // of the credentials
		uri        string
		lines      []string
	}{
		{"the same", "ok", "REGISTER", uri, nil},
		{"port written out", "ok", "REGISTER", uri + ":5060", nil},
		{"parameters of the URI left out", "ok", "REGISTER", uri, []string{"line:REGISTER sip:1000@192.0.2.1;transport=udp SIP/2.0"}},
		{"escapes", "ok", "REGISTER", "sip:%31000@192.0.2.1", nil},
		{"the server as such", "ok", "REGISTER", "sip:192.0.2.1", nil},
		{"another method", "401", "INVITE", uri, nil},
		{"another user called", "401", "REGISTER", "sip:8899@192.0.2.1", nil},
		{"another host", "401", "REGISTER", "sip:1000@192.0.2.2", nil},
		{"another port", "401", "REGISTER", uri + ":5070", nil},
		{"no URI", "401", "REGISTER", "x", nil},
		{"From is another", "403", "REGISTER", uri, []string{"From: <sip:1001@192.0.2.1>;tag=1"}},
		{"From is anonymous", "ok", "REGISTER", uri, []string{"From: <sip:anonymous@anonymous.invalid>;tag=1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDigest(t)
			lines := append(slices.Clone(tt.lines), "Authorization: "+credentialsOf(d.nonces.make(sender, noon), tt.method, tt.uri, "1000", "secret", "00000001"))
			if got := verdict(d, request(t, "REGISTER", lines...), noon); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// Whether a user exists must not show (the attack of svwar): the same status, headers and stale.
func TestUnknownUserLooksLikeWrongPassword(t *testing.T) {
	d := newDigest(t)
	shape := func(user, password, nonce string) string {
		req := request(t, "REGISTER", "From: <sip:"+user+"@192.0.2.1>;tag=1", "Authorization: "+credentialsOf(nonce, "REGISTER", "sip:1000@192.0.2.1", user, password, "00000001"))
		_, refusal := d.Verify(req, account1000, noon)
		if refusal == nil {
			return "ok"
		}
		text := fmt.Sprint(refusal.Status, refusal.Reason)
		for _, h := range refusal.Headers {
			text += h.Name() + len48(h.Value())
		}
		return text
	}
	for name, nonce := range map[string]string{"fresh": d.nonces.make(sender, noon), "old": d.nonces.make(sender, noon.Add(-time.Hour)), "foreign": "abc"} {
		known, unknown := shape("1000", "wrong", nonce), shape("9999", "wrong", nonce)
		if known != unknown || known == "ok" {
			t.Errorf("%s nonce: %q and %q", name, known, unknown)
		}
	}
	if got := shape("1000", "secret", d.nonces.make(sender, noon)); got != "ok" {
		t.Errorf("the right password: %s", got)
	}
}

// len48 hides the nonce of a challenge, which is 48 characters.
func len48(value string) string {
	nonce := parameter(value, "nonce")
	return strings.Replace(value, nonce, fmt.Sprint(len(nonce)), 1)
}

func TestMalformedAuthorization(t *testing.T) {
	d := newDigest(t)
	nonce := d.nonces.make(sender, noon)
	good := credentialsOf(nonce, "REGISTER", "sip:1000@192.0.2.1", "1000", "secret", "00000001")
	without := func(name string) string {
		var kept []string
		for p := range strings.SplitSeq(strings.TrimPrefix(good, "Digest "), ", ") {
			if !strings.HasPrefix(p, name+"=") {
				kept = append(kept, p)
			}
		}
		return "Digest " + strings.Join(kept, ", ")
	}
	with := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	for i, tt := range []struct {
		value string
		want  string
	}{
		{"", "401"},
		{"Digest", "401"},
		{"Digest ", "401"},
		{"Digest ,,,,", "401"},
		{"Basic MTAwMDpzZWNyZXQ=", "401"},
		{"Bearer abc", "401"},
		{"DigestX username=\"1000\"", "401"},
		{"Digest username", "400"},
		{"Digest =\"1000\"", "400"},
		{"Digest username=\"1000", "400"},
		{"Digest username=\"1000\\", "400"},
		{"Digest \"username\"=1000", "400"},
		{"Digest username=\"1000\" realm=\"dialtone\"", "400"},
		{without("username"), "400"},
		{without("realm"), "401"},
		{without("nonce"), "400"},
		{without("uri"), "400"},
		{without("response"), "400"},
		{without("cnonce"), "400"},
		{without("nc"), "400"},
		{without("qop"), "401"}, // another computation
		{without("algorithm"), "ok"},
		{with("realm=\"dialtone\"", "realm=\"other\""), "401"},
		{with("algorithm=MD5", "algorithm=SHA-512"), "401"},
		{with("algorithm=MD5", "algorithm=MD5-sess"), "401"},
		{with("algorithm=MD5", "algorithm=SHA-256"), "400"},
		{with("qop=auth", "qop=auth-int"), "401"},
		{with("nc=00000001", "nc=0"), "400"},
		{with("nc=00000001", "nc=xyz"), "400"},
		{with("nc=00000001", "nc=100000000"), "400"},
		{with("nc=00000001", "nc=ffffffff"), "400"},
		{with("nc=00000001", "nc=-1"), "400"},
		{with("username=\"1000\"", "username=\"1000\", username=\"1001\""), "400"},
		{with("username=\"1000\"", "username=\"\""), "400"},
		{with("username=\"1000\"", "username=\""+strings.Repeat("1", 5000)+"\""), "400"},
		{"Digest " + strings.Repeat("x=y,", 900), "400"},
		{"Digest " + strings.Repeat("a", 3000), "400"},
		{with(nonce, "AAAA"), "stale"},
		{with(nonce, strings.Repeat("A", 48)), "stale"},
		{with(nonce, nonce[:47]+"!"), "stale"},
		{with("response=\"", "response=\"00"), "400"},
		{with("\"1000\"", "1000"), "ok"}, // unquoted, as some write it
		{good + ", userhash=true", "401"},
		{good + ",", "ok"},
	} {
		for _, method := range []string{"REGISTER", "INVITE"} {
			d.nonces.used = map[nonceID]uint32{}
			value := tt.value
			if method == "INVITE" && tt.want == "ok" {
				continue // these are for REGISTER
			}
			if got := verdict(d, request(t, method, "Authorization: "+value), noon); got != tt.want {
				t.Errorf("%d, %s: %s, want %s: %.120q", i, method, got, tt.want, value)
			}
		}
	}
	// Of several headers the one for us counts.
	d.nonces.used = map[nonceID]uint32{}
	req := request(t, "REGISTER", "more:Authorization: Basic abc", "more:Authorization: "+with("realm=\"dialtone\"", "realm=\"other\""), "more:Authorization: "+good)
	if got := verdict(d, req, noon); got != "ok" {
		t.Errorf("three headers: %s", got)
	}
}

func TestNonces(t *testing.T) {
	n := newNonces()
	nonce := n.make(sender, noon)
	if len(nonce) != 48 {
		t.Errorf("a nonce of %d characters: %s", len(nonce), nonce)
	}
	if _, _, ok := n.open(nonce, sender, noon.Add(-time.Second)); ok {
		t.Error("a nonce of the future is open")
	}
	if _, _, ok := newNonces().open(nonce, sender, noon); ok {
		t.Error("another server's nonce is open")
	}
	if _, _, ok := n.open(nonce, "192.0.2.10", noon); ok {
		t.Error("another source's nonce is open")
	}
	if n.make(sender, noon) == nonce {
		t.Error("two nonces are equal")
	}
	if len(n.used)+len(n.before) != 0 {
		t.Error("a nonce that nobody has used takes memory")
	}
}

// A table that is full forgets, but lets no nonce be used twice.
func TestNonceTableIsBounded(t *testing.T) {
	n := newNonces()
	id, made, _ := n.open(n.make(sender, noon), sender, noon)
	if !n.use(id, made, 1, noon) {
		t.Fatal("refused")
	}
	for i := range 2*maxNonces + 10 {
		var other nonceID
		other[0], other[1], other[2], other[3] = byte(i), byte(i>>8), byte(i>>16), 1
		n.use(other, noon.Add(time.Second), 1, noon.Add(time.Second))
	}
	if size := len(n.used) + len(n.before); size > 2*maxNonces {
		t.Errorf("%d nonces are remembered, more than %d", size, 2*maxNonces)
	}
	if n.use(id, made, 1, noon.Add(2*time.Second)) || n.use(id, made, 2, noon.Add(2*time.Second)) {
		t.Error("a forgotten nonce is taken again")
	}
	fresh, made, _ := n.open(n.make(sender, noon.Add(3*time.Second)), sender, noon.Add(3*time.Second))
	if !n.use(fresh, made, 1, noon.Add(3*time.Second)) {
		t.Error("a fresh nonce is refused")
	}
}

func TestAnswerChallenge(t *testing.T) {
	req := request(t, "INVITE")
	answer := func(status int, name string, values ...string) (string, error) {
		res := response(req, status, "x", "")
		for _, v := range values {
			res.AppendHeader(gosip.NewHeader(name, v))
		}
		if err := (&Login{User: "1000", Password: "secret"}).Answer(req, res); err != nil {
			return "", err
		}
		var got []string
		for _, h := range append(req.GetHeaders("Authorization"), req.GetHeaders("Proxy-Authorization")...) {
			got = append(got, h.Name()+" "+parameter(h.Value(), "realm")+" "+parameter(h.Value(), "algorithm"))
		}
		return strings.Join(got, "; "), nil
	}
	for _, tt := range []struct {
		status int
		name   string
		values []string
		want   string // empty: an error
	}{
		{401, "WWW-Authenticate", nil, ""},
		{401, "WWW-Authenticate", []string{"Basic realm=\"x\""}, ""},
		{401, "WWW-Authenticate", []string{"Digest realm=\"a\", nonce=\"n\", algorithm=SHA-512-256x"}, ""},
		{401, "WWW-Authenticate", []string{"Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\""}, ""},
		{401, "WWW-Authenticate", []string{"Digest realm=\"a\", nonce=\"n\", algorithm=X", "Digest realm=\"b\", nonce=\"n\", qop=\"auth-int, auth\""}, "Authorization b "},
		{401, "WWW-Authenticate", []string{"Digest realm=\"c\", nonce=\"n\", algorithm=SHA-256"}, "Authorization c SHA-256"}, // replaces the one before
		{407, "Proxy-Authenticate", []string{"Digest realm=\"d\", nonce=\"n\""}, "Authorization c SHA-256; Proxy-Authorization d "},
	} {
		got, err := answer(tt.status, tt.name, tt.values...)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q: %q, %v, want %q", tt.values, got, err, tt.want)
		}
	}
}

func TestAnswerChallengeByHash(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		d := newDigest(t, algorithm)
		req := request(t, "REGISTER")
		a, _ := account1000("1000")
		if err := (&Login{User: "1000", Secret: Secret{MD5: a.HA1MD5, SHA256: a.HA1SHA256}}).Answer(req, challenged(t, d, req, noon)); err != nil {
			t.Fatal(err)
		}
		if got := verdict(d, req, noon); got != "ok" {
			t.Errorf("%s: %s", algorithm, got)
		}
	}
	if err := (&Login{User: "1000", Secret: Secret{MD5: "x"}}).Answer(request(t, "REGISTER"), challenged(t, newDigest(t, "SHA-256"), request(t, "REGISTER"), noon)); err == nil {
		t.Error("answered without a hash of that kind")
	}
}

// No Authorization lets anybody in who does not know the password, or panics.
func FuzzAuthorization(f *testing.F) {
	d := newDigest(f)
	f.Add(credentialsOf(d.nonces.make(sender, noon), "REGISTER", "sip:1000@192.0.2.1", "1000", "wrong", "00000001"))
	f.Add(`Digest username="1000",realm="dialtone",nonce="",uri="",response=""`)
	f.Add(`Digest username=1000,realm=dialtone,algorithm=SHA-256,nonce=a,uri=sip:a,response=b,qop=auth,nc=1,cnonce=c`)
	f.Add("Digest a=\"\\\"")
	f.Add("Basic x")
	uri := gosip.Uri{Scheme: "sip", User: "1000", Host: "192.0.2.1"}
	f.Fuzz(func(t *testing.T, value string) {
		req := gosip.NewRequest(gosip.REGISTER, uri)
		req.AppendHeader(&gosip.FromHeader{Address: uri})
		req.AppendHeader(gosip.NewHeader("Authorization", value))
		_, refusal := d.Verify(req, account1000, noon)
		if refusal == nil {
			t.Fatalf("%q lets in", value)
		}
		if refusal.Status != 401 && refusal.Status != 400 {
			t.Errorf("%q: %v", value, refusal)
		}
	})
}

// Nor does it show in the time that the answer takes: what is measured here is all that differs between users. The shortest of many
// runs is one that nothing else on the machine held up.
func TestUnknownUserTakesAsLong(t *testing.T) {
	d := newDigest(t)
	nonce := d.nonces.make(sender, noon)
	const forever = time.Hour
	shortest := map[string]time.Duration{"1000": forever, "9999": forever}
	for range 1000 {
		for user := range shortest {
			req := request(t, "REGISTER", "From: <sip:"+user+"@192.0.2.1>;tag=1", "Authorization: "+credentialsOf(nonce, "REGISTER", "sip:1000@192.0.2.1", user, "wrong", "00000001"))
			began := time.Now()
			if _, refusal := d.Verify(req, account1000, noon); refusal == nil {
				t.Fatal("let in")
			}
			shortest[user] = min(shortest[user], time.Since(began))
		}
	}
	if phone, nobody := shortest["1000"], shortest["9999"]; (phone - nobody).Abs() > 50*time.Microsecond {
		t.Errorf("a phone is refused in %v, nobody in %v", phone, nobody)
	}
}
