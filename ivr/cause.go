package ivr

import "strings"

// Causes are the names that a dialplan may give to Q.850 causes.
var Causes = map[string]int{
	"UNALLOCATED": 1, "NO_ROUTE_TRANSIT_NET": 2, "NO_ROUTE_DESTINATION": 3, "MISDIALLED_TRUNK_PREFIX": 5, "CHANNEL_UNACCEPTABLE": 6, "CALL_AWARDED_DELIVERED": 7, "PRE_EMPTED": 8, "NUMBER_PORTED_NOT_HERE": 14,
	"NORMAL_CLEARING": 16, "NORMAL": 16, "USER_BUSY": 17, "BUSY": 17, "NO_USER_RESPONSE": 18, "NO_ANSWER": 19, "NOANSWER": 19, "SUBSCRIBER_ABSENT": 20, "UNREGISTERED": 20,
	"CALL_REJECTED": 21, "NUMBER_CHANGED": 22, "REDIRECTED_TO_NEW_DESTINATION": 23, "ANSWERED_ELSEWHERE": 26, "DESTINATION_OUT_OF_ORDER": 27,
	"INVALID_NUMBER_FORMAT": 28, "FACILITY_REJECTED": 29, "RESPONSE_TO_STATUS_ENQUIRY": 30, "NORMAL_UNSPECIFIED": 31,
	"NORMAL_CIRCUIT_CONGESTION": 34, "CONGESTION": 34, "NETWORK_OUT_OF_ORDER": 38, "FAILURE": 38, "NORMAL_TEMPORARY_FAILURE": 41,
	"SWITCH_CONGESTION": 42, "ACCESS_INFO_DISCARDED": 43, "REQUESTED_CHAN_UNAVAIL": 44, "FACILITY_NOT_SUBSCRIBED": 50,
	"OUTGOING_CALL_BARRED": 52, "INCOMING_CALL_BARRED": 54, "BEARERCAPABILITY_NOTAUTH": 57, "BEARERCAPABILITY_NOTAVAIL": 58,
	"BEARERCAPABILITY_NOTIMPL": 65, "CHAN_NOT_IMPLEMENTED": 66, "NOSUCHDRIVER": 66, "FACILITY_NOT_IMPLEMENTED": 69, "INVALID_CALL_REFERENCE": 81,
	"INCOMPATIBLE_DESTINATION": 88, "INVALID_MSG_UNSPECIFIED": 95, "MANDATORY_IE_MISSING": 96, "MESSAGE_TYPE_NONEXIST": 97,
	"WRONG_MESSAGE": 98, "IE_NONEXIST": 99, "INVALID_IE_CONTENTS": 100, "WRONG_CALL_STATE": 101, "RECOVERY_ON_TIMER_EXPIRE": 102,
	"MANDATORY_IE_LENGTH_ERROR": 103, "PROTOCOL_ERROR": 111, "INTERWORKING": 127,
}

// ParseCause reads a Q.850 cause as a dialplan writes it: a name of Causes in any case,
// or a number above 0.
func ParseCause(text string) (cause int, ok bool) {
	if named, known := Causes[strings.ToUpper(text)]; known {
		return named, true
	}
	n, ok := LeadingInt(text)
	return n, ok && n > 0
}

// CauseText are the words for a Q.850 cause.
func CauseText(cause int) string {
	if text, ok := causeTexts[cause]; ok {
		return text
	}
	return "Unknown"
}

var causeTexts = map[int]string{
	1: "Unallocated (unassigned) number", 3: "No route to destination", 16: "Normal Clearing", 17: "User busy", 18: "No user responding",
	19: "User alerting, no answer", 20: "Subscriber absent", 21: "Call Rejected", 26: "Answered elsewhere", 27: "Destination out of order",
	28: "Invalid number format", 31: "Normal, unspecified", 34: "Circuit/channel congestion", 38: "Network out of order", 41: "Temporary failure",
	42: "Switching equipment congestion", 58: "Bearer capability not available", 127: "Interworking, unspecified",
}
