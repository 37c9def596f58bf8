package sip

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// Limits of a body of several parts.
const (
	maxParts = 8 // in all
	maxDepth = 2 // parts within parts
)

const bodyTypes = "application/sdp, multipart/mixed" // in Accept

// SDPBody finds the description in the body of a message: the body itself, or the first part of that type in one of several
// parts (RFC 5621). It is nil when there is no body. The Refusal is 415 when there is none that we read, 400 when the
// body is broken.
func SDPBody(msg gosip.Message) ([]byte, *Refusal) {
	body := msg.Body()
	if len(body) == 0 {
		return nil, nil
	}
	if coding := headerText(msg, "Content-Encoding", "e"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, Refuse(415, "a body with Content-Encoding "+clip(coding, 40), gosip.NewHeader("Accept-Encoding", "identity"))
	}
	parts := 0
	sdp, refusal := findSDP(headerText(msg, "Content-Type", "c"), body, 0, &parts)
	if sdp == nil && refusal == nil {
		refusal = UnsupportedMediaType(bodyTypes, "a body without application/sdp")
	}
	return sdp, refusal
}

// headerText is the value of a header of a message by its long or short name.
func headerText(msg gosip.Message, name, short string) string {
	all := msg.GetHeaders(name)
	if len(all) == 0 {
		all = msg.GetHeaders(short)
	}
	if len(all) == 0 {
		return ""
	}
	return strings.TrimSpace(all[0].Value())
}

// findSDP looks into a body of a given type; depth is how many bodies it is in. nil without a Refusal: there is none.
func findSDP(contentType string, body []byte, depth int, parts *int) ([]byte, *Refusal) {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch {
	case kind == "application/sdp":
		return body, nil
	case kind == "":
		return nil, BadRequest("a body without Content-Type")
	case !strings.HasPrefix(kind, "multipart/"):
		return nil, nil
	case depth == maxDepth:
		return nil, UnsupportedMediaType(bodyTypes, fmt.Sprintf("bodies within bodies, deeper than %d", maxDepth))
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" || len(params["boundary"]) > 70 { // RFC 2046 §5.1.1
		return nil, BadRequest("a multipart body without boundary")
	}
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := r.NextRawPart()
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, badRequest("a broken multipart body", "a broken multipart body: %v", err)
		}
		if *parts++; *parts > maxParts {
			return nil, UnsupportedMediaType(bodyTypes, fmt.Sprintf("no application/sdp in %d parts", maxParts))
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, badRequest("a broken multipart body", "a broken multipart body: %v", err)
		}
		kind := part.Header.Get("Content-Type")
		if kind == "" {
			kind = "text/plain" // RFC 2046 §5.1
		}
		if coding := part.Header.Get("Content-Transfer-Encoding"); coding != "" && !isPlainCoding(coding) {
			continue
		}
		sdp, refusal := findSDP(kind, content, depth+1, parts)
		if sdp != nil || refusal != nil {
			return sdp, refusal
		}
	}
}

func isPlainCoding(coding string) bool {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "7bit", "8bit", "binary":
		return true
	}
	return false
}
