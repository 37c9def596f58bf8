package app

import (
	"strings"
	"time"

	"dialtone/ivr"
)

var ending = []ivr.App{
	{
		Name: "Hangup", Synopsis: "end the call", Syntax: "[cause]",
		Doc: "Ends the call with a Q.850 cause, a number or a name like USER_BUSY; without one with 16, normal clearing. The extension h runs, and sees it in HANGUPCAUSE.",
		Run: hangup,
	},
	{
		Name: "Busy", Synopsis: "tell the caller that the line is busy, and end the call", Syntax: "[seconds]",
		Doc: "Rejects an unanswered call as busy (cause 17). On an answered one the busy tone is played for that long, without a number until the caller hangs up.",
		Run: func(r *ivr.Run, args string) error { return signalEnd(r, args, "busy", 17) },
	},
	{
		Name: "Congestion", Synopsis: "tell the caller that the network is congested, and end the call", Syntax: "[seconds]",
		Doc: "Rejects an unanswered call (cause 34). On an answered one the congestion tone is played for that long, without a number until the caller hangs up.",
		Run: func(r *ivr.Run, args string) error { return signalEnd(r, args, "congestion", 34) },
	},
}

// Causes are the names that Hangup takes for Q.850 causes.
var Causes = map[string]int{
	"UNALLOCATED": 1, "NO_ROUTE_TRANSIT_NET": 2, "NO_ROUTE_DESTINATION": 3, "CHANNEL_UNACCEPTABLE": 6, "CALL_AWARDED_DELIVERED": 7,
	"NORMAL_CLEARING": 16, "NORMAL": 16, "USER_BUSY": 17, "BUSY": 17, "NO_USER_RESPONSE": 18, "NO_ANSWER": 19, "NOANSWER": 19, "SUBSCRIBER_ABSENT": 20, "UNREGISTERED": 20,
	"CALL_REJECTED": 21, "NUMBER_CHANGED": 22, "REDIRECTED_TO_NEW_DESTINATION": 23, "ANSWERED_ELSEWHERE": 26, "DESTINATION_OUT_OF_ORDER": 27,
	"INVALID_NUMBER_FORMAT": 28, "FACILITY_REJECTED": 29, "RESPONSE_TO_STATUS_ENQUIRY": 30, "NORMAL_UNSPECIFIED": 31,
	"NORMAL_CIRCUIT_CONGESTION": 34, "CONGESTION": 34, "NETWORK_OUT_OF_ORDER": 38, "FAILURE": 38, "NORMAL_TEMPORARY_FAILURE": 41,
	"SWITCH_CONGESTION": 42, "ACCESS_INFO_DISCARDED": 43, "REQUESTED_CHAN_UNAVAIL": 44, "FACILITY_NOT_SUBSCRIBED": 50,
	"OUTGOING_CALL_BARRED": 52, "INCOMING_CALL_BARRED": 54, "BEARERCAPABILITY_NOTAUTH": 57, "BEARERCAPABILITY_NOTAVAIL": 58,
	"BEARERCAPABILITY_NOTIMPL": 65, "CHAN_NOT_IMPLEMENTED": 66, "FACILITY_NOT_IMPLEMENTED": 69, "INVALID_CALL_REFERENCE": 81,
	"INCOMPATIBLE_DESTINATION": 88, "INVALID_MSG_UNSPECIFIED": 95, "MANDATORY_IE_MISSING": 96, "MESSAGE_TYPE_NONEXIST": 97,
	"WRONG_MESSAGE": 98, "IE_NONEXIST": 99, "INVALID_IE_CONTENTS": 100, "WRONG_CALL_STATE": 101, "RECOVERY_ON_TIMER_EXPIRE": 102,
	"MANDATORY_IE_LENGTH_ERROR": 103, "PROTOCOL_ERROR": 111, "INTERWORKING": 127,
}

func hangup(r *ivr.Run, args string) error {
	cause := 16
	if named, ok := Causes[strings.ToUpper(args)]; ok {
		cause = named
	} else if n, ok := ivr.LeadingInt(args); ok && n > 0 {
		cause = n
	} else if args != "" {
		r.Warn("Hangup: unknown cause %q, 16 is used", args)
	}
	return r.Hangup(cause)
}

// signalEnd tells the caller why the call ends, for a time, and ends it.
func signalEnd(r *ivr.Run, args, tone string, cause int) error {
	d, ok := seconds(args)
	if !ok || d < 0 {
		d = -time.Second // until the caller hangs up
	}
	if err := r.Busy(tone, cause, d); err != nil {
		return err
	}
	return ivr.ErrEnd
}
