package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/say"
)

// What the applications of this file have in common.
const (
	interrupted = "Digits pressed meanwhile are lost, unless SAY_DTMF_INTERRUPT is true: then they stop it, as in Background. "
	passedOver  = "A sound that is missing is passed over with a warning."
)

var saying = []ivr.App{
	{
		Name: "SayDigits", Synopsis: "speak digits one by one", Syntax: "digits",
		Doc: "Plays digits/0 … digits/9, digits/minus, digits/star and digits/pound in the call's language; other characters are passed over. " +
			interrupted + passedOver,
		Run: spelling(say.Digits),
	},
	{
		Name: "SayAlpha", Synopsis: "spell a text", Syntax: "text",
		Doc: "Plays letters/a … letters/z, digits and the signs of ASCII in the call's language; other characters are passed over. " +
			interrupted + passedOver,
		Run: spelling(say.Alpha),
	},
	{
		Name: "SayAlphaCase", Synopsis: "spell a text and tell capitals", Syntax: "a|l|u|n,text",
		Doc: "Spells like SayAlpha, and says uppercase before capitals (u), lowercase before small letters (l), both (a) or none (n). " +
			"Another letter: nothing is said, with a warning. " + interrupted + passedOver,
		Run: sayAlphaCase,
	},
	{
		Name: "SayPhonetic", Synopsis: "spell a text with the phonetic alphabet", Syntax: "text",
		Doc: "Plays phonetic/a_p … phonetic/z_p, digits (in English phonetic/9_p for nine) and the names of some signs in the call's language; " +
			"other characters are passed over. " + interrupted + passedOver,
		Run: spelling(say.Phonetic),
	},
	{
		Name: "SayNumber", Synopsis: "speak a number", Syntax: "number[,gender]",
		Doc: "Speaks a whole number, from minus to plus 999999999999, by the grammar of the call's language; a larger one is not said, with a warning. " +
			"The gender of what is counted, f for feminine (m, c or n for others, which are not told apart), matters in French. Without a number the call ends, as it does for " +
			"another gender; a text that is none is warned of and nothing is said. " + interrupted + passedOver,
		Run: numeral("SayNumber", say.Number),
	},
	{
		Name: "SayOrdinal", Synopsis: "speak a place in a row: first, second", Syntax: "number[,gender]",
		Doc: "Speaks a whole number as SayNumber does, but as first, second, twenty third. " + interrupted + passedOver,
		Run: numeral("SayOrdinal", func(language string, n int64, _ string) ([]string, error) { return say.Ordinal(language, n) }),
	},
	{
		Name: "SayUnixTime", Synopsis: "speak a date and a time", Syntax: "[epoch][,[timezone][,[format][,options]]]",
		Doc: "Answers and speaks the time that is so many seconds after 1970 (now, without or with a bad number) in a time zone (an unknown one is UTC). " + timeFormat,
		Run: sayUnixTime,
	},
	{
		Name: "DateTime", Synopsis: "speak a date and a time", Syntax: "[epoch][,[timezone][,[format][,options]]]",
		Doc: "The same as SayUnixTime.",
		Run: sayUnixTime,
	},
	{
		Name: "SayCountedNoun", Synopsis: "speak the word for what is counted", Syntax: "number,sound",
		Doc: "Plays the sound for 1, and the one whose name has an s at its end for other numbers; the number itself is SayNumber's to say. " +
			"Without both arguments, and when the sound is missing, the call ends.",
		Run: sayCountedNoun,
	},
	{
		Name: "SayCountedAdj", Synopsis: "speak the adjective of what is counted", Syntax: "number,sound[,gender]",
		Doc: "Plays the sound as it stands: neither English nor French tells adjectives apart by number when they are heard. " +
			"Without both arguments, for a gender other than f, m, c and n, and when the sound is missing, the call ends.",
		Run: sayCountedAdj,
	},
}

const timeFormat = "The letters of the format: A or a day of the week; B, b or h month; m its number; d or e day of the month; Y year; I or l hour, of twelve; " +
	"H or k hour, of twenty-four; M or N minute; S second; P or p am or pm; R as HM; T as HMS; Q today, yesterday, tomorrow or the day; q the same, silent today; " +
	"'name' a sound. Without one it is ABdY 'digits/at' IMp, in French AdBY 'digits/at' IMp. " +
	"Digits pressed meanwhile are lost, unless the option is j or SAY_DTMF_INTERRUPT is true: then they stop it, as in Background. " +
	"With n the call is not answered. When a sound is missing the call ends."

// spelling is an application that speaks its text character by character.
func spelling(names func(language, text string) []string) func(*ivr.Run, string) error {
	return func(r *ivr.Run, text string) error { return speak(r, names(r.Language(), text)) }
}

func sayAlphaCase(r *ivr.Run, args string) error {
	how, text, _ := strings.Cut(args, ",")
	if len(how) != 1 || !strings.Contains("alun", how) {
		r.Warn("SayAlphaCase: %q tells of which letters to say the case: it is a (all), l (lower), u (upper) or n (none)", how)
		return nil
	}
	return speak(r, say.AlphaCase(r.Language(), text, say.Case(how[0])))
}

// numeral is an application that speaks a number.
func numeral(name string, names func(language string, n int64, gender string) ([]string, error)) func(*ivr.Run, string) error {
	return func(r *ivr.Run, args string) error {
		if args == "" {
			return errors.New("needs a number")
		}
		list := ivr.SplitArgs(args, 2)
		n, ok := whole(argument(list, 0))
		if !ok {
			r.Warn("%s: %q is not a number", name, list[0])
			return nil
		}
		gender := argument(list, 1)
		if !isGender(gender) {
			return fmt.Errorf("the gender %q is none of f, m, c and n", gender)
		}
		sounds, err := names(r.Language(), n, gender)
		if err != nil {
			r.Warn("%s: %v", name, err)
			return nil
		}
		return speak(r, sounds)
	}
}

func isGender(text string) bool {
	return text == "" || len(text) == 1 && strings.Contains("fmcnFMCN", text)
}

// whole reads the whole number with which a text begins. One too long for an
// int64 is the largest there is.
func whole(text string) (n int64, ok bool) {
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	digits := strings.TrimPrefix(text, "-")
	negative := digits != text
	if !negative {
		digits = strings.TrimPrefix(text, "+")
	}
	for i := 0; i < len(digits) && digits[i] >= '0' && digits[i] <= '9'; i++ {
		ok = true
		if n = n*10 + int64(digits[i]-'0'); n > 1e17 {
			n = 1e17 // and stays: no application knows what to do with it
		}
	}
	if negative {
		n = -n
	}
	return n, ok
}

func sayUnixTime(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 4)
	_, jump := options(argument(list, 3))['j']
	_, silent := options(argument(list, 3))['n']
	if !silent {
		if err := answered(r); err != nil {
			return err
		}
	}
	now := r.Now().In(timezone(r, argument(list, 1)))
	at := now
	if epoch, ok := whole(argument(list, 0)); ok {
		at = time.Unix(min(max(epoch, -longestEpoch), longestEpoch), 0).In(now.Location())
	}
	names, err := say.Time(r.Language(), at, now, argument(list, 2))
	if err != nil {
		r.Warn("SayUnixTime: %v", err)
	}
	return speakAll(r, names, jump)
}

// longestEpoch keeps the year speakable.
const longestEpoch = 1e15

// timezone finds a time zone; empty is that of the call's clock, an unknown one UTC.
func timezone(r *ivr.Run, name string) *time.Location {
	if name == "" {
		return r.Now().Location()
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		r.Warn("SayUnixTime: there is no time zone %q, it is taken for UTC (zones are named as Europe/Paris)", name)
		return time.UTC
	}
	return location
}

func sayCountedNoun(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 0)
	if len(list) != 2 || list[1] == "" {
		return errors.New("needs a number and the name of a sound")
	}
	n, ok := whole(argument(list, 0))
	if !ok {
		return fmt.Errorf("%q is not a number", list[0])
	}
	sound := list[1]
	if n != 1 && n != -1 {
		sound += "s"
	}
	_, err := r.Play([]string{sound}, "", "")
	return err
}

func sayCountedAdj(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 0)
	if argument(list, 1) == "" {
		return errors.New("needs a number and the name of a sound")
	}
	if _, ok := whole(argument(list, 0)); !ok {
		return fmt.Errorf("%q is not a number", list[0])
	}
	if gender := argument(list, 2); !isGender(gender) {
		return fmt.Errorf("the gender %q is none of f, m, c and n", gender)
	}
	_, err := r.Play([]string{list[1]}, "", "")
	return err
}

// speak plays sounds; one that is missing is passed over.
func speak(r *ivr.Run, sounds []string) error {
	for len(sounds) > 0 {
		err := speakAll(r, sounds, false)
		var missing *ivr.SoundError
		if !errors.As(err, &missing) {
			return err
		}
		r.Warn("%v", missing)
		sounds = sounds[min(max(missing.Index, 0)+1, len(sounds)):]
	}
	return nil
}

// speakAll plays sounds up to one that is missing. A key stops them if the
// dialplan wants it, here or by SAY_DTMF_INTERRUPT, and is dialled.
func speakAll(r *ivr.Run, sounds []string, jump bool) error {
	if len(sounds) == 0 {
		return nil
	}
	stop := ""
	if v, _ := r.Variable("SAY_DTMF_INTERRUPT"); jump || isTrue(v) {
		stop = keys
	}
	key, err := r.Play(sounds, "", stop)
	if key != 0 && err == nil {
		return press(r, r.Place().Context, key)
	}
	return err
}

// isTrue reads a setting's yes.
func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}
