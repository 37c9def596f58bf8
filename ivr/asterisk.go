package ivr

import "strings"

// Replaced are applications that Asterisk had, by lower-case name, and what to write
// instead.
var Replaced = map[string]string{
	"macro":          "use Gosub, and Return at its end",
	"macroexit":      "use Return in a Gosub",
	"macroif":        "use GosubIf",
	"macroexclusive": "use Gosub",
	"macroreturn":    "use Return in a Gosub",
}

// AsteriskApps are the applications of Asterisk 23 by lower-case name, so that a
// name that is right but not here yet is told from one that is wrong.
var AsteriskApps = set(`
	adsiprog aelsub agentlogin agentrequest agi alarmreceiver amd answer attendedtransfer audiosocket authenticate background
	backgrounddetect blindtransfer bridge bridgeadd bridgewait broadcast busy callcompletioncancel callcompletionrequest
	celgenuserevent changemonitor chanisavail channelredirect chanspy clearhash confbridge confkick congestion continuewhile
	controlplayback dahdibarge dahdiras dahdiscan dahdisendcallreroutingfacility dahdisendkeypadfacility datetime dbdel
	dbdeltree deadagi dial dictate directory disa dtmfstore dumpchan eagi echo else elseif endif endwhile exec execif
	execiftime exitif exitwhile extenspy externalivr festival flash followme forkcdr getcpeid gosub gosubif goto gotoif
	gotoiftime hangup hint iax2provision ices if importvar incomplete ivrdemo jabberjoin jabberleave jabbersend
	jabbersendgroup jabberstatus jack log mailboxexists meetme mf milliwatt minivmaccmess minivmdelete minivmgreet
	minivmmwi minivmnotify minivmrecord mixmonitor monitor morsecode mp3player mset musiconhold mwi nbscat nocdr noop
	originate ospauth ospfinish osplookup ospnext page park parkandannounce parkedcall pausemonitor pausequeuemember pickup
	pickupchan playback playtones privacymanager proceeding progress queue queuelog queueupdate raiseexception read
	readexten readfile receivefax receivemf receivesf receivetext record reload removequeuemember addqueuemember
	resetcdr retrydial return ringing sayalpha sayalphacase saycountedadj saycountednoun saycountpl saydigits saymoney
	saynumber sayordinal sayphonetic sayunixtime senddtmf sendfax sendimage sendmf sendsf sendtext sendurl set setamaflags
	setcallerpres sipaddheader sipdtmfmode sipremoveheader skel slastation slatrunk sms softhangup speechactivategrammar
	speechbackground speechcreate speechdeactivategrammar speechdestroy speechloadgrammar speechprocessingsound speechstart
	speechunloadgrammar stackpop startmusiconhold stasis stopmixmonitor stopmonitor stopmusiconhold stopplaytones
	storedtmf storedb streamecho system talkdetect testclient testserver tonescan transfer tryexec trysystem
	unpausemonitor unpausequeuemember userevent verbose vmauthenticate vmsayname voicemail voicemailmain
	voicemailplaymsg wait waitdigit waitexten waitfornoise waitforring waitforsilence waitforsignal waitforcondition waitfortone
	waitmusiconhold waituntil while zapateller`)

// AsteriskFunctions are the functions of Asterisk 23.
var AsteriskFunctions = set(`
	ABS AES_DECRYPT AES_ENCRYPT AGENT AMI_CLIENT ARRAY AST_CONFIG AST_SORCERY AUDIOHOOK_INHERIT BASE64_DECODE BASE64_ENCODE BLACKLIST
	BRIDGE_HOLD CALENDAR_BUSY CALENDAR_EVENT CALENDAR_QUERY CALENDAR_QUERY_RESULT CALENDAR_WRITE CALLCOMPLETION CALLERID CALLERPRES
	CDR CDR_PROP CHANNEL CHANNELS CHANNEL_EXISTS CHECKSIPDOMAIN CONFBRIDGE CONFBRIDGE_CHANNELS CONFBRIDGE_INFO CONNECTEDLINE
	CSV_QUOTE CURL CURLOPT CUT DB DB_DELETE DB_EXISTS DB_KEYCOUNT DB_KEYS DEC DENOISE DEVICE_STATE DIALGROUP DIALPLAN_EXISTS
	DTMF_FLASH DUNDILOOKUP DUNDIQUERY DUNDIRESULT ENUMLOOKUP ENUMQUERY ENUMRESULT ENV EVAL EVAL_EXTEN EVAL_SUB EXCEPTION
	EXISTS EXPORT EXTENSION_STATE FAXOPT FEATURE FEATUREMAP FIELDNUM FIELDQTY FILE FILE_COUNT_LINE FILE_FORMAT FILTER FRAME_DROP
	FRAME_TRACE GLOBAL GLOBAL_DELETE GLOBAL_EXISTS GROUP GROUP_COUNT GROUP_LIST GROUP_MATCH_COUNT HANGUPCAUSE HANGUPCAUSE_KEYS
	HASH HASHKEYS HINT HOLD_INTERCEPT IAXPEER IAXVAR ICONV IF IFMODULE IFTIME IMPORT INC ISNULL JABBER_RECEIVE JABBER_STATUS
	JITTERBUFFER JSON_DECODE KEYPADHASH LEN LISTFILTER LOCAL LOCAL_PEEK LOCK LTRIM MAILBOX_EXISTS MASTER_CHANNEL MATH MAX MD5
	MEETME_INFO MESSAGE MESSAGE_DATA MIN MINIVMACCOUNT MINIVMCOUNTER MIXMONITOR MUTEAUDIO MVM MWI NOISY ODBC ODBC_FETCH
	PARK_GET_CHANNEL PASSTHRU PERIODIC_HOOK PITCH_SHIFT PJSIP_AOR PJSIP_CONTACT PJSIP_DIAL_CONTACTS PJSIP_DTMF_MODE
	PJSIP_ENDPOINT PJSIP_HEADER PJSIP_HEADERS PJSIP_HEADER_PARAM PJSIP_INHERITABLE_HEADER PJSIP_MEDIA_OFFER PJSIP_MOH_PASSTHROUGH
	PJSIP_PARSE_URI PJSIP_PARSE_URI_FROM PJSIP_REGISTRAR PJSIP_RESPONSE_HEADER PJSIP_RESPONSE_HEADERS PJSIP_SEND_SESSION_REFRESH
	PJSIP_TRANSFER_HANDLING POP PP_EACH_EXTENSION PP_EACH_USER PRESENCE_STATE PUSH QUEUE_EXISTS QUEUE_GET_CHANNEL QUEUE_MEMBER
	QUEUE_MEMBER_COUNT QUEUE_MEMBER_LIST QUEUE_MEMBER_PENALTY QUEUE_VARIABLES QUEUE_WAITING_COUNT QUOTE RAND REALTIME REALTIME_DESTROY
	REALTIME_FIELD REALTIME_HASH REALTIME_STORE REDIRECTING REGEX REPLACE RTRIM SAYFILES SCRAMBLE SET SHA1 SHARED SHELL SHIFT
	SIPPEER SIP_HEADER SIP_HEADERS SLA SMDI_MSG SMDI_MSG_RETRIEVE SORT SPEECH SPEECH_ENGINE SPEECH_GRAMMAR SPEECH_RESULTS_TYPE
	SPEECH_SCORE SPEECH_TEXT SPRINTF SQL_ESC SQL_ESC_BACKSLASHES SRVQUERY SRVRESULT STACK_PEEK STAT STIR_SHAKEN STRBETWEEN STRFTIME
	STRPTIME STRREPLACE SYSINFO TALK_DETECT TECH_HEADERS TESTTIME TIMEOUT TOLOWER TONE_DETECT TOUPPER TRANSFER_DATA TRIM TRYLOCK
	TXTCIDNAME UNLOCK UNSHIFT URIDECODE URIENCODE VALID_EXTEN VARIABLE_EXISTS VERSION VMCOUNT VM_INFO VOLUME WAITFORCONDITION XML`)

func set(names string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(names) {
		m[w] = true
	}
	return m
}
