package agi

import (
	"fmt"
	"strings"
)

// command is one that programs can give.
type command struct {
	usage    string // its words in capitals, then its arguments
	name     []string
	min, max int  // arguments
	dead     bool // also without a caller
	run      func(s *session, args []string) (reply string, ok bool)
}

// answer is the reply to a line, with its end.
func (s *session) answer(line string) string {
	list := words(line)
	c, args := find(list)
	switch {
	case c == nil:
		return "510 Invalid or unknown command\n"
	case s.dead && !c.dead:
		return "511 Command Not Permitted on a dead channel or intercept routine\n"
	}
	if len(args) >= c.min && len(args) <= c.max {
		if reply, ok := c.run(s, args); ok {
			return reply + "\n"
		}
	}
	return "520-Invalid command syntax.  Proper usage follows:\nUsage: " + c.usage + "\n520 End of proper usage.\n"
}

// find gives the command that a line begins with, and its arguments.
func find(list []string) (*command, []string) {
	for i := range commands {
		c := &commands[i]
		if len(list) >= len(c.name) && equal(c.name, list[:len(c.name)]) {
			return c, list[len(c.name):]
		}
	}
	return nil, nil
}

func equal(a, b []string) bool {
	for i := range a {
		if !strings.EqualFold(a[i], b[i]) {
			return false
		}
	}
	return true
}

// result is the usual reply.
func result(n int) string { return fmt.Sprintf("200 result=%d", n) }

// value is the reply with a text.
func value(text string) string { return "200 result=1 (" + oneLine(text) + ")" }

const many = maxWords

var commands = named([]command{
	{usage: "ANSWER", run: answerCall},
	{usage: "ASYNCAGI BREAK", dead: true, run: func(*session, []string) (string, bool) { return result(0), true }},
	{usage: "CHANNEL STATUS [channel]", max: 1, run: channelStatus},
	{usage: "CONTROL STREAM FILE filename escape_digits [skipms] [ffchar] [rewchr] [pausechr] [offsetms]", min: 2, max: 7, run: controlStream},
	{usage: "DATABASE DELTREE family [keytree]", min: 1, max: 2, dead: true, run: deleteTree},
	{usage: "DATABASE DEL family key", min: 2, max: 2, dead: true, run: deleteValue},
	{usage: "DATABASE GET family key", min: 2, max: 2, dead: true, run: getValue},
	{usage: "DATABASE PUT family key value", min: 3, max: 3, dead: true, run: putValue},
	{usage: "EXEC application options", min: 1, max: many, dead: true, run: execute},
	{usage: "GET DATA file [timeout] [maxdigits]", min: 1, max: many, run: getData},
	{usage: "GET FULL VARIABLE expression [channel]", min: 1, max: 2, dead: true, run: getFullVariable},
	{usage: "GET OPTION filename escape_digits [timeout]", min: 2, max: 3, run: getOption},
	{usage: "GET VARIABLE name", min: 1, max: 1, dead: true, run: getVariable},
	{usage: "GOSUB context extension priority [optional-argument]", min: 3, max: 4, run: gosub},
	{usage: "HANGUP [channel]", max: 1, run: hangUp},
	{usage: "NOOP", max: many, dead: true, run: func(*session, []string) (string, bool) { return result(0), true }},
	{usage: "RECEIVE CHAR timeout", min: 1, max: 1, run: receiveChar},
	{usage: "RECEIVE TEXT timeout", min: 1, max: 1, run: receiveText},
	{usage: "RECORD FILE filename format escape_digits timeout [offset_samples] [BEEP] [s=silence]", min: 4, max: 7, run: recordFile},
	{usage: "SAY ALPHA number escape_digits", min: 2, max: 2, run: sayAlpha},
	{usage: "SAY DATETIME time escape_digits [format] [timezone]", min: 2, max: 4, run: sayDateTime},
	{usage: "SAY DATE date escape_digits", min: 2, max: 2, run: sayDate},
	{usage: "SAY DIGITS number escape_digits", min: 2, max: 2, run: sayDigits},
	{usage: "SAY NUMBER number escape_digits [gender]", min: 2, max: 3, run: sayNumber},
	{usage: "SAY PHONETIC string escape_digits", min: 2, max: 2, run: sayPhonetic},
	{usage: "SAY TIME time escape_digits", min: 2, max: 2, run: sayTime},
	{usage: "SEND IMAGE image", min: 1, max: 1, run: func(*session, []string) (string, bool) { return result(0), true }},
	{usage: "SEND TEXT \"text to send\"", min: 1, max: 1, run: sendText},
	{usage: "SET AUTOHANGUP time", min: 1, max: 1, run: setAutoHangup},
	{usage: "SET CALLERID number", min: 1, max: many, run: setCallerID},
	{usage: "SET CONTEXT desired context", min: 1, max: 1, run: setContext},
	{usage: "SET EXTENSION new extension", min: 1, max: 1, run: setExtension},
	{usage: "SET MUSIC ON|OFF [class]", min: 1, max: many, run: setMusic},
	{usage: "SET PRIORITY priority", min: 1, max: 1, run: setPriority},
	{usage: "SET VARIABLE variablename value", min: 2, max: many, dead: true, run: setVariable},
	{usage: "STREAM FILE filename escape_digits [sample offset]", min: 2, max: 3, run: streamFile},
	{usage: "TDD MODE on|off|mate", min: 1, max: 1, run: func(*session, []string) (string, bool) { return result(0), true }},
	{usage: "VERBOSE message [level]", min: 1, max: many, dead: true, run: verbose},
	{usage: "WAIT FOR DIGIT timeout", min: 1, max: 1, run: waitForDigit},
})

// named gives commands the names that their usage begins with.
func named(list []command) []command {
	for i := range list {
		for _, word := range strings.Fields(list[i].usage) {
			if word != strings.ToUpper(word) || strings.ContainsAny(word, `[]"|=`) {
				break
			}
			list[i].name = append(list[i].name, word)
		}
	}
	return list
}
