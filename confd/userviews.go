package confd

import "dialtone/store"

// showUserAs is a user as GET shows it; a list may ask for less by view.
func showUserAs(r *request, u *store.User) any {
	if r.text("uuid") == "" {
		switch r.query().Get("view") {
		case "summary":
			return summaryOf(r, u)
		case "directory":
			return directoryOf(r, u)
		}
	}
	return showUser(r, u)
}

// userSummary is a user in a list of view=summary.
type userSummary struct {
	ID               int    `json:"id"`
	UUID             string `json:"uuid"`
	TenantUUID       string `json:"tenant_uuid"`
	Firstname        string `json:"firstname"`
	Lastname         any    `json:"lastname"` // a string, or nil, as all others of type any
	Email            any    `json:"email"`
	Extension        any    `json:"extension"`
	Context          any    `json:"context"`
	ProvisioningCode any    `json:"provisioning_code"`
	Protocol         any    `json:"protocol"`
	Enabled          bool   `json:"enabled"`
}

// userEntry is a user in a list of view=directory.
type userEntry struct {
	ID                int    `json:"id"`
	UUID              string `json:"uuid"`
	LineID            any    `json:"line_id"`  // a number, or nil
	AgentID           any    `json:"agent_id"` // always nil
	Firstname         string `json:"firstname"`
	Lastname          any    `json:"lastname"` // a string, or nil, as all that follow
	Email             any    `json:"email"`
	Exten             any    `json:"exten"`
	Context           any    `json:"context"`
	MobilePhoneNumber any    `json:"mobile_phone_number"`
	VoicemailNumber   any    `json:"voicemail_number"`
	UserField         any    `json:"userfield"`
	Description       any    `json:"description"`
}

// mainLine is the first line of a user, and its first extension; nil: there is none.
func mainLine(tx *store.Tx, u *store.User) (*store.Line, *store.Extension) {
	for l := range tx.LinesOf(u.ID) {
		for e := range tx.ExtensionsOf(store.OwnerLine, l.ID) {
			return l, e
		}
		return l, nil
	}
	return nil, nil
}

func summaryOf(r *request, u *store.User) userSummary {
	s := userSummary{ID: u.ID, UUID: u.UUID, TenantUUID: u.Tenant, Firstname: u.Firstname, Lastname: orNull(u.Lastname), Email: orNull(u.Email), Enabled: u.Enabled}
	l, e := mainLine(r.tx, u)
	if l != nil {
		s.ProvisioningCode, s.Context = l.ProvisioningCode, l.Context
		if l.Endpoint != "" {
			s.Protocol = "sip"
		}
	}
	if e != nil {
		s.Extension, s.Context = e.Exten, e.Context
	}
	return s
}

func directoryOf(r *request, u *store.User) userEntry {
	d := userEntry{
		ID: u.ID, UUID: u.UUID, Firstname: u.Firstname, Lastname: orNull(u.Lastname), Email: orNull(u.Email),
		MobilePhoneNumber: orNull(u.MobileNumber), UserField: orNull(u.UserField), Description: orNull(u.Description),
	}
	l, e := mainLine(r.tx, u)
	if l != nil {
		d.LineID = l.ID
	}
	if e != nil {
		d.Exten, d.Context = e.Exten, e.Context
	}
	return d
}
