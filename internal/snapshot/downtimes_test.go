package snapshot

import "time"

// work is a downtime of h;s from 2000 to 2060, entered at 1500.
func work(effect Effect) downtimeRow {
	return downtimeRow{
		of: "h;s", id: 7, entry: 1500, start: 2000, end: 2060, DowntimeProgress: DowntimeProgress{Effect: effect},
	}
}

// flexible makes a downtime flexible; triggered is zero before it begins.
func flexible(d downtimeRow, duration time.Duration, triggered float64) downtimeRow {
	d.flexible, d.Triggered = duration, unix(triggered)
	return d
}

func enteredAt(d downtimeRow, entry float64) downtimeRow { d.entry = entry; return d }

// longer is another one, until 2300.
func longer() downtimeRow { d := work(InEffect); d.id, d.end = 8, 2300; return d }

const (
	scheduled7 = "1500 h;s downtime scheduled #7 ann: work"
	started7   = "2000 h;s downtime started #7 ann: work"
	ended7     = "2060 h;s downtime ended #7 ann: work"
)

// renumbered is a downtime under another number.
func renumbered(d downtimeRow, id int64) downtimeRow { d.id = id; return d }

var downtimeTests = []changes{
	{name: "a downtime that is numbered anew, twice",
		readings: []shown{
			{at: 1600, downtimes: []downtimeRow{work(NotInEffect)}},
			{at: 1700, downtimes: []downtimeRow{renumbered(work(NotInEffect), 20)}},
			{at: 2001, downtimes: []downtimeRow{renumbered(work(InEffect), 20)}},
			{at: 2010, downtimes: []downtimeRow{renumbered(work(InEffect), 30)}},
			{at: 2061},
		},
		want: [][]string{{scheduled7}, nil, {started7}, nil, {ended7}}},
	{name: "a downtime from beginning to end",
		readings: []shown{
			{at: 1600, downtimes: []downtimeRow{work(NotInEffect)}},
			{at: 2001, downtimes: []downtimeRow{work(InEffect)}},
			{at: 2030, downtimes: []downtimeRow{work(NotInEffect)}}, // a restart of Nagios
			{at: 2040, downtimes: []downtimeRow{work(InEffect)}},
			{at: 2061},
			{at: 2070},
		},
		want: [][]string{{scheduled7}, {started7}, nil, nil, {ended7}, nil}},
	{name: "a downtime that runs when first seen, and is cancelled",
		readings: []shown{
			{
				at: 2010, objects: []objectRow{withDepth(service(), 1)},
				downtimes: []downtimeRow{enteredAt(work(InEffect), 2005)},
			},
			{at: 2020, objects: []objectRow{service()}},
		},
		want: [][]string{
			{presentService, "2005 h;s downtime scheduled #7 ann: work", "2005 h;s downtime started #7 ann: work"},
			{"2020 h;s downtime cancelled #7 ann: work"}}},
	{name: "a downtime that is cancelled before it begins",
		readings: []shown{{at: 1600, downtimes: []downtimeRow{work(NotInEffect)}}, {at: 1700}},
		want:     [][]string{{scheduled7}, {"1700 h;s downtime cancelled #7 ann: work"}}},
	{name: "a flexible downtime that never begins",
		readings: []shown{
			{at: 2010, downtimes: []downtimeRow{flexible(work(NotInEffect), 600*time.Second, 0)}}, {at: 2065},
		},
		want: [][]string{{scheduled7}, {ended7}}},
	{name: "a flexible downtime that may have come and gone between two readings",
		readings: []shown{
			{at: 1990, downtimes: []downtimeRow{flexible(work(NotInEffect), 10*time.Second, 0)}}, {at: 2011},
		},
		want: [][]string{{scheduled7}, {"2010 h;s downtime ended #7 ann: work"}}},
	{name: "a flexible downtime that can't be over yet",
		readings: []shown{
			{at: 1990, downtimes: []downtimeRow{flexible(work(NotInEffect), 10*time.Second, 0)}}, {at: 2009},
		},
		want: [][]string{{scheduled7}, {"2009 h;s downtime cancelled #7 ann: work"}}},
	{name: "a flexible downtime lasts from its trigger",
		readings: []shown{
			{at: 2055, downtimes: []downtimeRow{flexible(work(InEffect), 600*time.Second, 2050)}},
			{at: 2100, downtimes: []downtimeRow{flexible(work(InEffect), 600*time.Second, 2050)}},
			{at: 2651},
		},
		want: [][]string{
			{scheduled7, "2050 h;s downtime started #7 ann: work"}, nil, {"2650 h;s downtime ended #7 ann: work"},
		}},
	{name: "a flexible downtime is cancelled behind the end of its window",
		readings: []shown{
			{at: 2055, downtimes: []downtimeRow{flexible(work(InEffect), 600*time.Second, 2050)}}, {at: 2100},
		},
		want: [][]string{{scheduled7, "2050 h;s downtime started #7 ann: work"},
			{"2100 h;s downtime cancelled #7 ann: work"}}},
	{name: "a flexible downtime that is over stays listed by Icinga 2",
		readings: []shown{
			{at: 2010, downtimes: []downtimeRow{flexible(work(InEffect), 10*time.Second, 2005)}},
			{at: 2020, downtimes: []downtimeRow{flexible(work(NotInEffect), 10*time.Second, 2005)}},
			{at: 2070},
		},
		want: [][]string{
			{scheduled7, "2005 h;s downtime started #7 ann: work"}, {"2015 h;s downtime ended #7 ann: work"}, nil,
		}},
	{name: "a reader that can't see what is in effect",
		readings: []shown{
			{at: 1600, objects: []objectRow{service()}, downtimes: []downtimeRow{work(EffectNotReported)}},
			{
				at: 2005, objects: []objectRow{withDepth(service(), 1)},
				downtimes: []downtimeRow{work(EffectNotReported)},
			},
			{
				at: 2030, objects: []objectRow{withDepth(service(), 1)},
				downtimes: []downtimeRow{work(EffectNotReported)},
			},
			{at: 2061, objects: []objectRow{service()}},
		},
		want: [][]string{{presentService, scheduled7}, {started7}, nil, {ended7}}},
	{name: "a flexible downtime of a reader that can't see when it began",
		readings: []shown{
			{
				at: 2005, objects: []objectRow{service()},
				downtimes: []downtimeRow{flexible(work(EffectNotReported), 600*time.Second, 0)},
			},
			{
				at: 2015, objects: []objectRow{withDepth(service(), 1)},
				downtimes: []downtimeRow{flexible(work(EffectNotReported), 600*time.Second, 0)},
			},
			{
				at: 2055, objects: []objectRow{withDepth(service(), 1)},
				downtimes: []downtimeRow{flexible(work(EffectNotReported), 600*time.Second, 0)},
			},
			{at: 2610, objects: []objectRow{service()}},
		},
		want: [][]string{{presentService, scheduled7}, {"2005 h;s downtime started #7 ann: work"}, nil,
			{"2605 h;s downtime ended #7 ann: work"}}},
	{name: "a flexible downtime that runs when first seen, without its beginning",
		readings: []shown{
			{
				at: 2015, objects: []objectRow{withDepth(service(), 1)},
				downtimes: []downtimeRow{flexible(work(EffectNotReported), 600*time.Second, 0)},
			},
		},
		want: [][]string{{presentService, scheduled7, "2015 h;s downtime started #7 ann: work"}}},
	{name: "two downtimes at once are reported one by one",
		readings: []shown{
			{
				at: 2010, objects: []objectRow{withDepth(service(), 2)},
				downtimes: []downtimeRow{work(InEffect), longer()},
			},
			{at: 2070, objects: []objectRow{withDepth(service(), 1)}, downtimes: []downtimeRow{longer()}},
		},
		want: [][]string{
			{
				presentService, scheduled7, "1500 h;s downtime scheduled #8 ann: work", started7,
				"2000 h;s downtime started #8 ann: work",
			},
			{ended7}}},
	{name: "a depth that no downtime explains",
		readings: []shown{
			{at: 1100, objects: []objectRow{withDepth(service(), 1)}},
			{at: 1110, objects: []objectRow{withDepth(service(), 1)}},
			{at: 1120, objects: []objectRow{service()}},
		},
		want: [][]string{{presentService, "1100 h;s downtime started #0 :"}, nil, {"1120 h;s downtime ended #0 :"}}},
	{name: "a downtime without id and time of entry is known by the depth",
		readings: []shown{
			{at: 1100, objects: []objectRow{service()}, downtimes: []downtimeRow{{of: "h;s"}}},
			{at: 1110, objects: []objectRow{withDepth(service(), 1)}, downtimes: []downtimeRow{{of: "h;s"}}},
			{at: 1120, objects: []objectRow{service()}, downtimes: []downtimeRow{{of: "h;s"}}},
		},
		want: [][]string{{presentService}, {"1110 h;s downtime started #0 :"}, {"1120 h;s downtime ended #0 :"}}},
}
