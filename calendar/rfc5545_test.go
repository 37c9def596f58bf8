package calendar

import (
	"strings"
	"testing"
	"time"
)

// The examples of RFC 5545 §3.8.5.3, but for those that recur by the hour and the minute.
func TestRulesOfTheRFC(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		start, rule string
		more        string // another property
		count       int    // of all times; 0: those of want and later ones
		want        string // the first days: "1997 9/2 9/3, 1998 1/1"
	}{
		{start: "19970902", rule: "FREQ=DAILY;COUNT=10", count: 10, want: "1997 9/2 9/3 9/4 9/5 9/6 9/7 9/8 9/9 9/10 9/11"},
		{start: "19970902", rule: "FREQ=DAILY;UNTIL=19971224T000000Z", count: 113, want: "1997 9/2 9/3 9/4"},
		{start: "19970902", rule: "FREQ=DAILY;INTERVAL=2", want: "1997 9/2 9/4 9/6 9/8"},
		{start: "19970902", rule: "FREQ=DAILY;INTERVAL=10;COUNT=5", count: 5, want: "1997 9/2 9/12 9/22 10/2 10/12"},
		{start: "19980101", rule: "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", count: 93, want: "1998 1/1 1/2 1/3"},
		{start: "19980101", rule: "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", count: 93, want: "1998 1/1 1/2 1/3"},
		{start: "19970902", rule: "FREQ=WEEKLY;COUNT=10", count: 10, want: "1997 9/2 9/9 9/16 9/23 9/30 10/7 10/14 10/21 10/28 11/4"},
		{start: "19970902", rule: "FREQ=WEEKLY;UNTIL=19971224T000000Z", count: 17, want: "1997 9/2 9/9"},
		{start: "19970902", rule: "FREQ=WEEKLY;INTERVAL=2;WKST=SU", want: "1997 9/2 9/16 9/30 10/14 10/28 11/11 11/25 12/9 12/23, 1998 1/6 1/20"},
		{start: "19970902", rule: "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", count: 10, want: "1997 9/2 9/4 9/9 9/11 9/16 9/18 9/23 9/25 9/30 10/2"},
		{start: "19970902", rule: "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", count: 10, want: "1997 9/2 9/4 9/9 9/11 9/16 9/18 9/23 9/25 9/30 10/2"},
		{start: "19970901", rule: "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR", count: 25,
			want: "1997 9/1 9/3 9/5 9/15 9/17 9/19 9/29 10/1 10/3 10/13 10/15 10/17 10/27 10/29 10/31 11/10 11/12 11/14 11/24 11/26 11/28 12/8 12/10 12/12 12/22"},
		{start: "19970902", rule: "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", count: 8, want: "1997 9/2 9/4 9/16 9/18 9/30 10/2 10/14 10/16"},
		{start: "19970905", rule: "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", count: 10, want: "1997 9/5 10/3 11/7 12/5, 1998 1/2 2/6 3/6 4/3 5/1 6/5"},
		{start: "19970905", rule: "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", count: 4, want: "1997 9/5 10/3 11/7 12/5"},
		{start: "19970907", rule: "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", count: 10, want: "1997 9/7 9/28 11/2 11/30, 1998 1/4 1/25 3/1 3/29 5/3 5/31"},
		{start: "19970922", rule: "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", count: 6, want: "1997 9/22 10/20 11/17 12/22, 1998 1/19 2/16"},
		{start: "19970928", rule: "FREQ=MONTHLY;BYMONTHDAY=-3", want: "1997 9/28 10/29 11/28 12/29, 1998 1/29 2/26"},
		{start: "19970902", rule: "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", count: 10, want: "1997 9/2 9/15 10/2 10/15 11/2 11/15 12/2 12/15, 1998 1/2 1/15"},
		{start: "19970930", rule: "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", count: 10, want: "1997 9/30 10/1 10/31 11/1 11/30 12/1 12/31, 1998 1/1 1/31 2/1"},
		{start: "19970910", rule: "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", count: 10, want: "1997 9/10 9/11 9/12 9/13 9/14 9/15, 1999 3/10 3/11 3/12 3/13"},
		{start: "19970902", rule: "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", want: "1997 9/2 9/9 9/16 9/23 9/30 11/4 11/11 11/18 11/25, 1998 1/6 1/13 1/20 1/27 3/3 3/10 3/17 3/24 3/31"},
		{start: "19970610", rule: "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", count: 10, want: "1997 6/10 7/10, 1998 6/10 7/10, 1999 6/10 7/10, 2000 6/10 7/10, 2001 6/10 7/10"},
		{start: "19970310", rule: "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", want: "1997 3/10, 1999 1/10 2/10 3/10, 2001 1/10 2/10 3/10"},
		{start: "19970101", rule: "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", want: "1997 1/1 4/10 7/19, 2000 1/1 4/9 7/18"},
		{start: "19970519", rule: "FREQ=YEARLY;BYDAY=20MO", want: "1997 5/19, 1998 5/18, 1999 5/17"},
		{start: "19970512", rule: "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", want: "1997 5/12, 1998 5/11, 1999 5/17"},
		{start: "19970313", rule: "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", want: "1997 3/13 3/20 3/27, 1998 3/5 3/12 3/19 3/26, 1999 3/4 3/11 3/18 3/25"},
		{start: "19970605", rule: "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", want: "1997 6/5 6/12 6/19 6/26 7/3 7/10 7/17 7/24 7/31 8/7 8/14 8/21 8/28, 1998 6/4 6/11 6/18 6/25"},
		{start: "19970902", rule: "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", more: "EXDATE;TZID=America/New_York:19970902T090000", want: "1998 2/13 3/13 11/13, 1999 8/13, 2000 10/13"},
		{start: "19970913", rule: "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", want: "1997 9/13 10/11 11/8 12/13, 1998 1/10 2/7 3/7 4/11 5/9 6/13"},
		{start: "19961105", rule: "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", want: "1996 11/5, 2000 11/7"},
		{start: "19970904", rule: "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", count: 3, want: "1997 9/4 10/7 11/6"},
		{start: "19970929", rule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", want: "1997 9/29 10/30 11/27 12/30, 1998 1/29 2/26 3/30"},
		{start: "19970805", rule: "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", count: 4, want: "1997 8/5 8/10 8/19 8/24"},
		{start: "19970805", rule: "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", count: 4, want: "1997 8/5 8/17 8/19 8/31"},
		{start: "20070115", rule: "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", count: 5, want: "2007 1/15 1/30 2/15 3/15 3/30"},
	} {
		start, err := time.ParseInLocation("20060102", c.start, zone)
		if err != nil {
			t.Fatal(err)
		}
		events, notes, err := Read(file("SUMMARY:x\nDTSTART;TZID=America/New_York:"+c.start+"T090000\nDURATION:PT1H\nRRULE:"+c.rule+"\n"+c.more), start)
		if err != nil || len(notes) > 0 && len(events) < maxKept {
			t.Errorf("%s: notes %q, %v", c.rule, notes, err)
		}
		var got strings.Builder
		year := 0
		for _, e := range events {
			local := e.From.In(zone)
			if local.Format("15:04") != "09:00" || e.Until.Sub(e.From) != time.Hour {
				t.Fatalf("%s: %s to %s", c.rule, local, e.Until.In(zone))
			}
			if local.Year() != year {
				if year != 0 {
					got.WriteString(",")
				}
				got.WriteString(local.Format(" 2006"))
				year = local.Year()
			}
			got.WriteString(local.Format(" 1/2"))
		}
		if text := strings.TrimSpace(got.String()); !strings.HasPrefix(text, c.want) || c.count > 0 && len(events) != c.count || len(events) == 0 {
			t.Errorf("%s: %d times, %.200s; want %d, %s", c.rule, len(events), text, c.count, c.want)
		}
	}
}

// One time each twenty minutes of each morning and afternoon, which the RFC has as well by the minute.
func TestSeveralTimesADay(t *testing.T) {
	at := time.Date(1997, 9, 2, 0, 0, 0, 0, time.UTC)
	events, notes, err := Read(file("SUMMARY:x\nDTSTART:19970902T090000\nDURATION:PT1M\nRRULE:FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40;COUNT=48"), at)
	if err != nil || len(notes) > 0 || len(events) != 48 {
		t.Fatalf("%d events, notes %q, %v", len(events), notes, err)
	}
	if got := events[25].From.Format("2 15:04"); got != "3 09:20" {
		t.Errorf("the 26th is on %s", got)
	}
}
