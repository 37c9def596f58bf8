package sip

import (
	"bytes"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// amplification is how many times longer than its request an answer to a stranger's datagram may be: its address may be forged,
// and he for whom it stands would get the answers.
const amplification = 2

// spare are the headers that an answer can do without, the most dispensable first. Of several challenges the first one stays.
var spare = []string{"Server", "Accept-Language", "Accept-Encoding", "Supported", "Accept", "Allow", "WWW-Authenticate"}

// proportionate leaves out of an answer that is to go by f what makes it too long for what was asked; false: it is too long all the same, and
// must not be sent.
func (s *Server) proportionate(res *gosip.Response, f *flow) bool {
	if f.size == 0 || s.guard.knows(f.remote, time.Now()) {
		return true
	}
	most := amplification * f.size
	for _, name := range spare {
		if length(res) <= most {
			return true
		}
		headers := res.GetHeaders(name)
		for res.RemoveHeader(name) {
		}
		if name == "WWW-Authenticate" && len(headers) > 0 {
			res.AppendHeader(headers[0])
		}
	}
	return length(res) <= most
}

// length is how many bytes a message takes.
func length(msg gosip.Message) int {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	msg.StringWrite(buf)
	return buf.Len()
}
