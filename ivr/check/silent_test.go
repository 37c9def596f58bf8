package check

import "testing"

// faultless are dialplans as people write them, without a fault.
var faultless = map[string]string{
	"a place that may be missing is asked for": `
[ivr]
exten => s,1,GosubIf(${DIALPLAN_EXISTS(later,s,1)}?later,s,1)
same => n,GotoIf(${VALID_EXTEN(later,s,1)}?later,s,1)
same => n,Playback(a)
same => n,Hangup()`,
	"two counters": `
[ivr]
exten => s,1,Set(INVALID_LOOPCOUNT=0)
exten => s,n,Set(TIMEOUT_LOOPCOUNT=0)
exten => s,n,Answer
exten => s,n(start),Background(a)
exten => s,n,WaitExten(10)
exten => 1,1,Goto(sales,s,1)
exten => i,1,Set(INVALID_LOOPCOUNT=$[${INVALID_LOOPCOUNT}+1])
exten => i,n,GotoIf($[${INVALID_LOOPCOUNT} > 3]?final)
exten => i,n,Playback(b)
exten => i,n,Goto(s,start)
exten => i,n(final),Playback(b)
exten => i,n,Hangup
exten => t,1,Set(TIMEOUT_LOOPCOUNT=$[${TIMEOUT_LOOPCOUNT}+1])
exten => t,n,GotoIf($[${TIMEOUT_LOOPCOUNT} > 3]?i,final)
exten => t,n,Goto(s,start)
[sales]
exten => s,1,Playback(a)`,
	"a counter that INC counts, left by ExecIf": `
[ivr]
exten => s,1,Set(tries=0)
same => n(again),Background(a)
same => n,WaitExten(5)
exten => _[1-3],1,Playback(b)
exten => i,1,ExecIf($[${INC(tries)} >= 3]?Hangup())
same => n,Goto(s,again)
exten => t,1,Goto(i,1)`,
	"what follows WaitExten handles the time-out": `
[ivr]
exten => s,1,Background(a)
same => n,WaitExten(5)
same => n,Playback(b)
same => n,Hangup()
exten => 1,1,Playback(b)
exten => i,1,Hangup()`,
	"i and t in an included context": `
[ivr]
include => common
exten => s,1,Background(a)
same => n,WaitExten(5)
exten => 1,1,Playback(b)
[common]
exten => i,1,Hangup()
exten => t,1,Hangup()`,
	"e in the place of i and t": `
[ivr]
exten => s,1,Background(a)
same => n,WaitExten(5)
exten => 1,1,Playback(b)
exten => e,1,Hangup()`,
	"a loop that time limits": `
[ivr]
exten => s,1,Set(TIMEOUT(absolute)=300)
same => n(again),Background(a)
same => n,WaitExten(5)
exten => 1,1,Playback(b)
exten => i,1,Goto(s,again)
exten => t,1,Goto(s,again)`,
	"the state of a Dial as an extension": `
[internal]
exten => _1XX,1,Gosub(dial,s,1(${EXTEN}))
same => n,Hangup()
[dial]
exten => s,1,Dial(Local/${ARG1}@phones,20,tTg)
same => n,Goto(s-${DIALSTATUS},1)
exten => s-NOANSWER,1,Playback(a)
same => n,Return()
exten => s-BUSY,1,Playback(b)
same => n,Return()
exten => _s-.,1,Goto(s-NOANSWER,1)
[phones]
exten => _1XX,1,Busy(5)`,
	"a PIN": `
[pin]
exten => s,1,Answer()
same => n,Set(i=0)
same => n,While($[${i} < 3])
same => n,Read(PIN,a,4,,1,10)
same => n,GotoIf($["${PIN}" = "1234"]?right)
same => n,Set(i=$[${i} + 1])
same => n,EndWhile()
same => n,Playback(b)
same => n,Hangup()
same => n(right),Playback(a)
same => n,Hangup()`,
	"hours": `
[in]
exten => s,1,GotoIfTime(9:00-17:30,mon-fri,*,*?open)
same => n,GotoIfTime(*|*|25-26|dec?closed,s,1)
same => n,Goto(closed,s,1)
same => n(open),Playback(a)
same => n,Set(GREETING=${IFTIME(6:00-11:59,*,*,*?a:b)})
same => n,Playback(${GREETING})
[closed]
exten => s,1,Playback(b)`,
	"If": `
[if]
exten => s,1,Set(N=${RAND(1,3)})
same => n,If($[${N} = 1])
same => n,Playback(a)
same => n,Hangup()
same => n,ElseIf($[${N} = 2])
same => n,Playback(b)
same => n,Goto(done)
same => n,Else()
same => n,NoOp(${N})
same => n,EndIf()
same => n(done),NoOp(done)`,
	"lists, names of variables and hashes": `
[list]
exten => s,1,Set(LIST=a,b,c)
same => n,Set(ARRAY(X,Y)=1,2)
same => n,Set(HASH(H,k)=v)
same => n,Set(PUSH(STACK)=1)
same => n,While($["${SET(ITEM=${SHIFT(LIST)})}" != ""])
same => n,NoOp(${ITEM} ${CUT(LIST,\,,1)} ${X} ${Y} ${HASH(H,k)} ${POP(STACK)} ${FIELDQTY(LIST,\,)})
same => n,EndWhile()
same => n,Set(V${X}=1)
same => n,NoOp(${V1})`,
	"globals and inheritance": `
[globals]
OFFICE=100
[g]
exten => s,1,Set(__CHILD=1)
same => n,Set(GLOBAL(LAST)=${CALLERID(num)})
same => n,Dial(Local/${OFFICE}@g,10)
same => n,NoOp(${LAST} ${CHILD} ${DIALSTATUS})
exten => 100,1,NoOp(${CHILD})
exten => h,1,NoOp(${HANGUPCAUSE})`,
	"an optional variable from outside": `
[o]
exten => s,1,GotoIf($["${FROM_OUTSIDE}" = ""]?none)
same => n,NoOp(given)
same => n(none),NoOp(none)
same => n,ExecIf(${ISNULL(${ALSO_OUTSIDE})}?NoOp(a:b,c):Set(X=a:b))`,
	"a counter that begins with a 0 before it": `
[c]
exten => s,1,Set(N=$[0${N} + 1])
same => n,Wait(1)
same => n,GotoIf($[${N} < 5]?1)`,
	"priorities of several extensions": `
[p]
exten => 100,1,NoOp()
exten => _1XX,2,NoOp()
exten => _1XX,3,Playback(a)
exten => _1XX,4,Goto(100,1)
exten => 200/555,1,Goto(100,1)
exten => 200,1,NoOp()
exten => 200,2,Wait(1)
exten => 200/555,2,Wait(2)`,
	"computed priorities": `
[d]
exten => s,1,Read(N,a,1)
same => n,Goto(opt${N})
same => n(opt1),Playback(a)
same => n,Hangup()
same => n(opt2),Playback(b)`,
	"subroutines that end the call": `
[s]
exten => s,1,Gosub(bye,s,1)
exten => 1,1,GosubIf($[${EPOCH} > 1]?check,1(a,b):check,1(c))
same => n,NoOp(${GOSUB_RETVAL})
exten => check,1,NoOp(${ARG1} ${ARG2})
same => n,Return(${ARGC})
[bye]
exten => s,1,Playback(a)
same => n,Hangup()`,
	"texts with brackets, quotes and signs": `
[t]
exten => s,1,NoOp(it's 5 > 3 (or so) "quoted)
same => n,Verbose(2,a (b) c)
same => n,Set(J={"a":[1,2]})
same => n,Set(URL=http://example.org/?a=1&b=2)
same => n,NoOp(${JSON_DECODE(J,a.0)} ${URL})
same => n,Set(CALLERID(all)="A, B" <123>)
same => n,Log(NOTICE,one, two)`,
	"conditions": `
[c]
exten => s,1,Set(A=${RAND(1,2)})
same => n,GotoIf(${A}?x)
same => n,GotoIf($["${A}" = "1" & "${CALLERID(num)}" != ""]?x)
same => n,GotoIf($[${A} = 1 | $[${A} > 3]]?x)
same => n,GotoIf($["${CALLERID(num):0:3}" = "012"]?x:y)
same => n(x),GotoIf(${DIALPLAN_EXISTS(c,1,1)}?y)
same => n,GotoIf($[${REGEX("^[0-9]+$" ${A})}]?y)
same => n,GotoIf($["${A}" =~ "^(1|2)$"]?y)
same => n,GotoIf($[${LEN(${A})}]?y)
same => n(y),Set(B=$[${A} ? 1 :: 2])
same => n,NoOp($[(${B} + 1) * 2 - -1] $["${A}":"(.)"])`,
	"a pattern for what follows a prefix": `
[x]
exten => _9.,1,NoOp(${EXTEN:1})
exten => _+X.,1,NoOp()
exten => _[a-f]X,1,NoOp()
exten => *98,1,NoOp()
exten => fax,1,NoOp()`,
}

func TestNoMessageWithoutFault(t *testing.T) {
	for name, lines := range faultless {
		t.Run(name, func(t *testing.T) {
			plan, problems := load(t, lines)
			for _, f := range Plan(plan, problems, known()) {
				t.Errorf("%s %s", f, f.Code)
			}
		})
	}
}
