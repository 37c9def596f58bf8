package sip

import "time"

// Event is what happens to a leg: a RingingEvent, ProgressEvent, AnsweredEvent, ConnectedEvent, MediaEvent, InfoEvent, TransferEvent or
// EndedEvent.
type Event interface{ event() }

// RingingEvent tells that an outgoing call rings (180).
type RingingEvent struct{}

// ProgressEvent tells that an outgoing call has early media, or goes on without it (other 18x).
type ProgressEvent struct {
	Status int
	Media  bool // the Negotiator was given the SDP
}

// AnsweredEvent tells that an outgoing call was answered (2xx).
type AnsweredEvent struct{}

// MediaEvent tells that media were agreed on anew: by re-INVITE, UPDATE or a late answer.
type MediaEvent struct{}

// InfoEvent is a SIP INFO, as the telephones send that press keys this way.
type InfoEvent struct {
	ContentType string // in lower case, without parameters
	Body        []byte
}

// EndedEvent is the last event of a leg; the channel is closed after it.
type EndedEvent struct {
	By     string // ByCaller, ByCallee, ByServer or ByNetwork
	Cause  int    // Q.850
	Status int    // of SIP, when the INVITE was refused; otherwise 0
	Reason string // in words
	// Contacts are the URIs to which a 3xx sends the call, those wanted most first; what becomes of them is the caller's
	// decision. At most 10.
	Contacts []string
	// RetryAfter is what a refusal asks to wait before somebody tries again; 0: nothing.
	RetryAfter time.Duration
}

// Who ended a call.
const (
	ByCaller  = "caller"  // the far side, which had called us
	ByCallee  = "callee"  // the far side, which we had called
	ByServer  = "server"  // this side
	ByNetwork = "network" // nobody: the far side cannot be reached any more
)

func (RingingEvent) event()   {}
func (ProgressEvent) event()  {}
func (AnsweredEvent) event()  {}
func (ConnectedEvent) event() {}
func (MediaEvent) event()     {}
func (InfoEvent) event()      {}
func (TransferEvent) event()  {}
func (EndedEvent) event()     {}
