package endtoend

import (
	"fmt"
	"testing"
	"time"
)

// downtime is a downtime of half an hour in the status file.
func (p *played) downtime(id, entry, start int, running bool) string {
	return fmt.Sprintf("servicedowntime {\n\thost_name=h\n\tservice_description=s\n\tdowntime_id=%d\n\tentry_time=%d\n"+
		"\tstart_time=%d\n\tflex_downtime_start=0\n\tend_time=%d\n\ttriggered_by=0\n\tfixed=1\n\tduration=1800\n"+
		"\tis_in_effect=%d\n\tstart_notification_sent=%[5]d\n\tauthor=joe\n\tcomment=moving %d\n\t}\n\n",
		id, p.base+int64(entry), p.base+int64(start), p.base+int64(start)+1800, bit(running), start)
}

// orderDowntime is the log's line of the same downtime.
func (p *played) orderDowntime(start int) string {
	begin := p.base + int64(start)
	return fmt.Sprintf("EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;h;s;%d;%d;1;0;1800;joe;moving %d",
		begin, begin+1800, start)
}

// scheduled is the text of the event about the order.
func (p *played) scheduled(start int) string {
	text := func(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }
	begin := p.base + int64(start)
	return fmt.Sprintf(`"downtime scheduled (%s to %s): moving %d"`, text(begin), text(begin+1800), start)
}

// withDowntimes shows downtimes as comments too, which are on the bus.
var withDowntimes = Settings{"mapping.events.downtime_comment": true}

// Twenty comments are written between two status files: each is sent once.
func TestOrderManyCommentsBetweenTwoStatusFiles(t *testing.T) {
	p := newPlayed(t, playing{ago: time.Minute})
	p.status(-20, shown{output: "fine", last: -25})
	p.Start()
	p.expect(`check -25 OK "fine" ""`)
	p.mark()
	var want []string
	now := shown{output: "fine", last: -25}
	for i := range 20 {
		p.log(i, fmt.Sprintf("EXTERNAL COMMAND: ADD_SVC_COMMENT;h;s;1;joe;remark %d", i))
		want = append(want, fmt.Sprintf(`comment %+d "remark %d"`, i, i))
		now.blocks += p.comment(10+i, 1, i, fmt.Sprintf("remark %d", i))
	}
	p.expect(want...)
	p.status(30, now)
	p.nothingMore()
	p.status(40, now)
	p.finish()
}

// A downtime that log and status file show is sent once: its order, its start and
// its end.
func TestOrderDowntimeOfSeveralReaders(t *testing.T) {
	p := newPlayed(t, playing{ago: time.Minute, template: pnpPlayed, settings: withDowntimes})
	fine := shown{output: "fine", last: -25}
	p.status(-20, fine)
	p.Start()
	p.expect(`check -25 OK "fine" ""`)
	p.mark()
	p.log(0, p.orderDowntime(5))
	p.expect("comment +0 " + p.scheduled(5))
	inside := fine
	inside.depth, inside.blocks = 1, p.downtime(3, 0, 5, true)
	p.log(5, "SERVICE DOWNTIME ALERT: h;s;STARTED; It began")
	p.expect(`comment +5 "downtime started: It began"`)
	p.status(15, inside)
	p.nothingMore()
	p.log(20, "SERVICE DOWNTIME ALERT: h;s;STOPPED; It is over")
	p.expect(`comment +20 "downtime ended: It is over"`)
	p.status(30, fine)
	p.finish()
}

// Icinga 2 numbers comments and downtimes anew at each reload: none is new.
func TestOrderIcinga2NumbersAnewAtAReload(t *testing.T) {
	const version = "r2.13.6-1"
	p := newPlayed(t, playing{ago: time.Minute, settings: withDowntimes})
	now := shown{output: "fine", last: -25}
	p.statusOf(version, -20, now)
	p.Start()
	p.expect(`check -25 OK "fine" ""`)
	p.mark()
	p.log(0, "EXTERNAL COMMAND: ADD_SVC_COMMENT;h;s;1;joe;remark")
	p.log(1, p.orderDowntime(5))
	p.log(5, "SERVICE DOWNTIME ALERT: h;s;STARTED; It began")
	p.expect(`comment +0 "remark"`, "comment +1 "+p.scheduled(5), `comment +5 "downtime started: It began"`)
	now.depth, now.blocks = 1, p.comment(1, 1, 0, "remark")+p.downtime(2, 1, 5, true)
	p.statusOf(version, 15, now)
	p.nothingMore()
	now.blocks = p.comment(7, 1, 0, "remark") + p.downtime(8, 1, 5, true)
	p.statusOf(version, 25, now)
	p.nothingMore()
	now.depth, now.blocks = 0, p.comment(7, 1, 0, "remark")
	p.log(30, "SERVICE DOWNTIME ALERT: h;s;STOPPED; It is over")
	p.expect(`comment +30 "downtime ended: It is over"`)
	p.statusOf(version, 35, now)
	p.finish()
}
