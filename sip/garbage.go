package sip

import (
	"bytes"
	"errors"
	"net/netip"
	"strconv"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// maxGarbageAnswer is the most that is said to somebody whose request cannot be read, in bytes.
const maxGarbageAnswer = 8192

// ReplyToGarbage is the answer to a request that the parser could not read: 400, 416, 505 or 513 with the lines that
// a response needs copied from the request as they are. why is the parser's error. It is nil when nothing may be
// answered: to a response, to an ACK, to what is not SIP or has no Via. from goes into received and rport of the
// top Via, as for any request (RFC 3581 §4).
func ReplyToGarbage(raw []byte, from netip.AddrPort, why error) []byte {
	first, rest, _ := bytes.Cut(raw, []byte("\n"))
	line := strings.TrimRight(string(first), "\r \t")
	if len(line) > 4096 {
		line = line[:4096]
	}
	method, version, uri := splitRequestLine(line)
	if method == "" || strings.EqualFold(method, "ACK") {
		return nil
	}
	h := scanHeaders(string(rest))
	if len(h.via) == 0 {
		return nil
	}
	res := garbageRefusal(version, uri, why)
	var b strings.Builder
	b.WriteString("SIP/2.0 " + strconv.Itoa(res.Status) + " " + res.Reason + "\r\n")
	for i, via := range h.via {
		if i == 0 {
			via = viaReceived(via, from)
		}
		b.WriteString("Via: " + via + "\r\n")
	}
	if h.to != "" && !strings.Contains(strings.ToLower(h.to), "tag=") {
		h.to += ";tag=" + newTag()
	}
	for _, line := range []struct{ name, value string }{
		{"From", h.from}, {"To", h.to}, {"Call-ID", h.callID}, {"CSeq", h.cseq},
	} {
		if line.value != "" {
			b.WriteString(line.name + ": " + line.value + "\r\n")
		}
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	if b.Len() > maxGarbageAnswer {
		return nil
	}
	return []byte(b.String())
}

// splitRequestLine takes a request line apart, however many spaces it has. The method is empty when the line is not
// one of a request.
func splitRequestLine(line string) (method, version, uri string) {
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return "", "", ""
	}
	method, version = fields[0], fields[len(fields)-1]
	if _, ok := cutPrefixFold(version, "SIP/"); !ok {
		return "", "", ""
	}
	for i := 0; i < len(method); i++ {
		if !isToken(method[i]) {
			return "", "", "" // "SIP/2.0" too, with which a response begins
		}
	}
	return method, version, strings.Join(fields[1:len(fields)-1], " ")
}

// garbageRefusal chooses the status of a request that cannot be read: what is wrong with its first line goes before
// what the parser stumbled over.
func garbageRefusal(version, uri string, why error) *Refusal {
	switch {
	case errors.Is(why, gosip.ErrMessageTooLarge), errors.Is(why, errTooManyLines), errors.Is(why, errTooLong):
		return TooLarge("")
	case !strings.EqualFold(version, "SIP/2.0"):
		return BadVersion("")
	}
	if scheme, _, ok := strings.Cut(uri, ":"); ok && isScheme(scheme) {
		switch strings.ToLower(scheme) {
		case "sip", "sips", "tel":
		default:
			return UnsupportedScheme("")
		}
	}
	return Refuse(400, "")
}

// isScheme follows RFC 3986 §3.1.
func isScheme(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i] | 0x20
		if 'a' <= c && c <= 'z' {
			continue
		}
		if i == 0 || !strings.ContainsRune("0123456789+-.", rune(text[i])) {
			return false
		}
	}
	return text != ""
}

// isToken tells whether c can be in a token (RFC 3261 §25.1).
func isToken(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// rawHeaders are the lines that a response copies.
type rawHeaders struct {
	via                    []string
	from, to, callID, cseq string
}

// scanHeaders looks for them in what follows the request line; a line that begins with white space goes on with the
// one before.
func scanHeaders(text string) rawHeaders {
	var h rawHeaders
	var folded string
	take := func() {
		name, value, ok := strings.Cut(folded, ":")
		if !ok {
			return
		}
		value = strings.TrimSpace(value)
		if value == "" {
			return
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "via", "v":
			h.via = append(h.via, value)
		case "from", "f":
			keepFirst(&h.from, value)
		case "to", "t":
			keepFirst(&h.to, value)
		case "call-id", "i":
			keepFirst(&h.callID, value)
		case "cseq":
			keepFirst(&h.cseq, value)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, "\r")
		if line == "" {
			break
		}
		next := withoutControls(line)
		if line[0] == ' ' || line[0] == '\t' {
			if len(folded)+len(next) <= maxGarbageAnswer {
				folded += next
			}
			continue
		}
		take()
		folded = next
	}
	take()
	return h
}

// withoutControls puts a space for each control character. It leaves other bytes alone, whether they are UTF-8 or not.
func withoutControls(line string) string {
	if !controls(line) {
		return line
	}
	out := []byte(line)
	for i, c := range out {
		if c < ' ' || c == 0x7f {
			out[i] = ' '
		}
	}
	return string(out)
}

func keepFirst(dst *string, value string) {
	if *dst == "" {
		*dst = value
	}
}

// viaReceived writes received and rport into the first value of a Via line.
func viaReceived(via string, from netip.AddrPort) string {
	top, more, several := strings.Cut(via, ",")
	params := strings.Split(top, ";")
	out := params[:1]
	for _, p := range params[1:] {
		name, _, _ := strings.Cut(p, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "received", "rport":
		default:
			out = append(out, p)
		}
	}
	top = strings.Join(out, ";")
	if from.IsValid() {
		top += ";received=" + from.Addr().WithZone("").String() + ";rport=" + strconv.Itoa(int(from.Port()))
	}
	if several {
		top += "," + more
	}
	return top
}
