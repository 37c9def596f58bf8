package function

import (
	"io"
	"log/slog"
	"strings"
	"testing"
)

func TestEveryFunctionIsDocumented(t *testing.T) {
	for name, f := range All() {
		switch {
		case name != f.Name || name != strings.ToUpper(name):
			t.Errorf("%s stands under %q", f.Name, name)
		case f.Synopsis == "" || f.Read == nil && f.Write == nil:
			t.Errorf("%s lacks a synopsis or a func", name)
		case strings.HasSuffix(f.Synopsis, ".") || f.Doc != "" && !strings.HasSuffix(f.Doc, "."):
			t.Errorf("%s: a synopsis has no full stop, a doc has one", name)
		}
	}
}

// TestFunctions holds what the measured vectors do not show.
func TestFunctions(t *testing.T) {
	for _, test := range []struct{ set, text, want string }{
		{"L=a-b-c-d", "${CUT(L,-,2-3)} ${CUT(L,,1&3-)} ${CUT(L,-,3&1)}", "b-c a-c-d c"},
		{"A=1", "${VARIABLE_EXISTS(A)}${VARIABLE_EXISTS(B)}${GLOBAL_EXISTS(A)}", "100"},
		{"GLOBAL(G)=1", "${GLOBAL_EXISTS(G)}${G}", "11"},
		{"X=9", "${MATH(7/-2)} ${MATH(1/0)} ${MATH(2^10,int)} ${MATH(7 % 4,i)} ${MATH(3>=2)} ${MATH(1<<4,int)} ${MATH(65+0,char)} ${MATH(-7+2,i)} ${MATH(5 XOR 1,i)}",
			"-3.500000 0.000000 1024 3 TRUE 16 A -5 4"},
		{"X=9", "[${MATH(1)}][${MATH(a+1)}][${MATH(1+1,bogus)}]", "[][][]"},
		{"X=9", "${SPRINTF(%5.1f|%-4d|%c|%%|%x|%u|%g,2.25,7,abc,-1,3,0.0001)}", "  2.2|7   |a|%|ffffffff|3|0.0001"},
		{"X=9", "[${SPRINTF(%d)}][${SPRINTF(%d,x)}][${SPRINTF(%9999d,1)}][${SPRINTF(%y,1)}]", "[][][][]"},
		{"X=9", "${STRFTIME(1234567890,Europe/Paris,%F %T %z %k %l %P %C %s %G-W%V %U %e)}", "2009-02-14 00:31:30 +0100  0 12 am 20 1234567890 2009-W07 06 14"},
		{"X=9", "${STRFTIME(1234567890,UTC)}", "Fri Feb 13 23:31:30 2009"},
		{"X=9", "${STRPTIME(Feb 14 2009 12:31 am,Europe/Paris,%b %d %Y %I:%M %p)} ${STRPTIME(2009-045,UTC,%Y-%j)} ${STRPTIME(1234567890,UTC,%s)} ${STRPTIME(02/14/09,UTC,%D)}",
			"1234567860 1234569600 1234567890 1234569600"},
		{`J={"a":[{"b":null,"c":1.50,"d":"x\"y","e":false}],"n":[1,2,3]}`, "[${JSON_DECODE(J,a.0.b)}] ${JSON_DECODE(J,a.0.c)} ${JSON_DECODE(J,a.0.d)} ${JSON_DECODE(J,a.0.e)} ${JSON_DECODE(J,n,,c)} ${JSON_DECODE(J,a/0/c,/)} [${JSON_DECODE(J,a.9)}]",
			`[] 1.50 x"y 0 3 1.50 []`},
		{"J={bad", "[${JSON_DECODE(J,a)}]", "[]"},
		{"X=9", `${FILTER(\x41-C\-,ABCD-a)} ${FILTER(0-9a,1-a)}`, "ABC- 1a"},
		{"A=a,b", "${REPLACE(A,\\,,;)} ${STRREPLACE(A,\\,,--)} ${STRREPLACE(A,a)} ${REPLACE(A,a)}", "a;b a--b ,b ,b"},
		{"X=9", "${RAND(5,5)} ${LEN(${RAND()})}", "5"},
		{"X=9", "${MIN(1.5,2)} ${MAX(-1,-2)} [${MIN(a)}]", "1.500000 -1 []"},
		{"CALLERID(all)=Foo Bar <123>", "${CALLERID(all)}|${CALLERID(num)}|${CALLERID(ani)}|${CALLERID(pres)}|${CALLERID(num-valid)}", `"Foo Bar" <123>|123|123|allowed_not_screened|1`},
		{"TIMEOUT(digit)=x", "${TIMEOUT(digit)} ${TIMEOUT(response)} ${TIMEOUT(absolute)}[${TIMEOUT(x)}]", "0.000 10.000 0[]"},
		{"TIMEOUT(absolute)=9.5", "${TIMEOUT(absolute)}", "9.499"},
		{"X=9", "${CHANNEL(state)} ${CHANNEL(channeltype)} ${CHANNEL(context)},${CHANNEL(exten)} ${CHANNEL(amaflags)}", "Ring SIP vec,sub 3"},
		{"X=9", "[${URIDECODE(%4)}${URIDECODE(%zz)}] ${URIENCODE(é/)} ${BASE64_DECODE(aGk)} ${KEYPADHASH(z1*!)}", "[%4%zz] %C3%A9%2F hi 91*"},
		{"HASH(h,b)=2", "${SET(x=1)}${HASH(h,b)}${HASHKEYS(h)}[${HASH(h,c)}]", "12b[]"},
		{"DB(f/k)=v", "${DB_KEYCOUNT(f)} ${DB_DELETE(f/k)}${DB_KEYCOUNT(f)}[${DB(nokey)}]", "1 v0[]"},
		{"DEVICE_STATE(Custom:n)=inuse", "${DEVICE_STATE(custom:n)} ${DB(CustomDevstate/n)} ${DEVICE_STATE(Custom:m)} ${DEVICE_STATE(PJSIP/1)} ${EXTENSION_STATE(sub@vec)} [${HINT(sub@vec)}]",
			"INUSE INUSE UNKNOWN UNKNOWN UNKNOWN []"},
		{"DEVICE_STATE(Custom:n)=lit", "${DEVICE_STATE(Custom:n)}", "UNKNOWN"},
		{"DEVICE_STATE(PJSIP/n)=INUSE", "${DEVICE_STATE(PJSIP/n)}", "UNKNOWN"},
		{"X=9", "${EXCEPTION(reason)}${STACK_PEEK(1,c)}${STACK_PEEK(1,c,1)}${LOCAL_PEEK(0,X)}${LOCAL(X)}", "99"},
		{"X=9", "${DIALPLAN_EXISTS(vec,sub,lab)}${DIALPLAN_EXISTS(vec,sub,nolab)}${DIALPLAN_EXISTS(vec,sub)}${DIALPLAN_EXISTS(novec)}${VALID_EXTEN(,sub,1)}", "10101"},
		{"X=9", `${IF(1?"a:b":c)} ${IF(0?a:"b c")} [${IF(1)}] ${IFTIME(*,*,*,*?in:out)} [${IFTIME(99:00,*,*,*?in:out)}]`, "a:b b c [] in []"},
	} {
		r := newRun(t, slog.New(slog.NewTextHandler(io.Discard, nil)))
		name, value, _ := strings.Cut(test.set, "=")
		r.Set(name, value)
		if got := r.Expand(test.text); got != test.want && !strings.HasPrefix(got, test.want+" ") {
			t.Errorf("%s, %s\n got %q\nwant %q", test.set, test.text, got, test.want)
		}
	}
}

// FuzzFunctions reads and writes every function with any arguments.
func FuzzFunctions(f *testing.F) {
	for _, seed := range []string{"", "V,,1-", `"(" x`, "%5.9999f,1", "1/0,int", "0,UTC,%9q%%%", "2026,UTC,%Y%m%D", "J,a.0..", `\x4-\`, "V,a,b,3", "?:", "a@b", "f/k", "1,c", "-9999999999 >> 77"} {
		f.Add(seed)
	}
	r := newRun(f, slog.New(slog.NewTextHandler(io.Discard, nil)))
	table := All()
	f.Fuzz(func(_ *testing.T, args string) {
		if len(args) > 500 {
			return
		}
		r.Set("V", "a-b,c")
		r.Set("J", args)
		for name, function := range table {
			if function.Read != nil && name != "EVAL" {
				_, _ = function.Read(r, args)
			}
			if function.Write != nil {
				_ = function.Write(r, args, args)
			}
		}
	})
}
