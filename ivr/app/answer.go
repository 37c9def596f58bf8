package app

import (
	"time"

	"dialtone/ivr"
)

var answering = []ivr.App{
	{
		Name: "Answer", Synopsis: "answer the call", Syntax: "[milliseconds]",
		Doc: "Answers a call that rings. Without an argument it returns with the caller's first packet of audio, after half a second at the latest; " +
			"with one it waits that long, at least 500 ms. Digits pressed meanwhile are kept for what follows. An answered call is left as it is, without a wait.",
		Run: answer,
	},
	{
		Name: "Ringing", Synopsis: "tell the caller that it rings",
		Doc: "Sends 180 Ringing on a call that is not answered yet.",
		Run: func(r *ivr.Run, _ string) error { return unanswered(r, r.Ringing) },
	},
	{
		Name: "Progress", Synopsis: "open early media",
		Doc: "Sends 183 Session Progress on a call that is not answered yet; what is played then with noanswer is heard before the answer.",
		Run: func(r *ivr.Run, _ string) error { return unanswered(r, r.Progress) },
	},
	{
		Name: "Proceeding", Synopsis: "tell the caller that the call is under way",
		Doc: "The caller was told so when the call came in (100 Trying): does nothing.",
		Run: func(*ivr.Run, string) error { return nil },
	},
}

// minimalAnswer is the shortest wait of Answer(ms), and the longest without one.
const minimalAnswer = 500 * time.Millisecond

func answer(r *ivr.Run, args string) error {
	if r.Channel().Answered() {
		return nil
	}
	if err := r.Answer(); err != nil {
		return err
	}
	ms, ok := ivr.LeadingInt(args)
	if !ok && args != "" {
		r.Warn("Answer: %q is no number of milliseconds", args)
	}
	if ms <= 0 {
		return firstPacket(r)
	}
	return r.Sleep(max(time.Duration(ms)*time.Millisecond, minimalAnswer))
}

// firstPacket waits until the caller's audio has come through, if the channel can
// tell.
func firstPacket(r *ivr.Run) error {
	if w, ok := r.Channel().(ivr.MediaWaiter); ok {
		return w.WaitMedia(minimalAnswer)
	}
	return nil
}

// answered answers the call for an application that plays.
func answered(r *ivr.Run) error {
	if r.Over() || r.Channel().Answered() {
		return nil
	}
	if err := r.Answer(); err != nil {
		return err
	}
	return firstPacket(r)
}

// opened makes a call ready for an application that plays or listens: one that is not
// answered is answered, unless an option lets it be. open is false when an option says
// to do nothing then.
func opened(r *ivr.Run, skip, unanswered bool) (open bool, err error) {
	switch {
	case r.Channel().Answered():
		return true, nil
	case skip:
		return false, nil
	case unanswered:
		return true, nil
	}
	return true, answered(r)
}

// has tells whether an option is given.
func has(set map[byte]string, letter byte) bool {
	_, ok := set[letter]
	return ok
}

// unanswered signals on a call that is not answered yet.
func unanswered(r *ivr.Run, signal func() error) error {
	if r.Channel().Answered() {
		return nil
	}
	return signal()
}
