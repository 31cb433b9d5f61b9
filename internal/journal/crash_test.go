package journal

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// Each of killed journals suffers so many kills.
const (
	killed = 4
	kills  = 25
)

// TestKills kills a process that appends and releases, again and again at a
// random moment, and checks each time that all that was reported to it as
// durable is there, and that events, position and states agree.
func TestKills(t *testing.T) {
	skipIfShort(t)
	t.Parallel()
	for n := range killed {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			killAgainAndAgain(t)
		})
	}
}

func killAgainAndAgain(t *testing.T) {
	path := tempPath(t)
	random := seeded(t)
	var appended, released int
	for kill := range kills {
		a, r := killedChild(t, path, time.Duration(random.Int64N(int64(30*time.Millisecond))))
		appended, released = max(appended, a), max(released, r)
		j := openTest(t, Options{Path: path})
		position, err := strconv.Atoi(mustPosition(t, j, "source"))
		if err != nil || position < appended {
			t.Fatalf("kill %d: position %d (%v), though %d was acknowledged", kill, position, err, appended)
		}
		cursor, err := j.Cursor("p")
		if err != nil || int(cursor) < released || int(cursor) > position {
			t.Fatalf("kill %d: cursor %d (%v), though %d was released", kill, cursor, err, released)
		}
		next := int(cursor)
		for _, e := range readAll(t, j, cursor) {
			next++
			if e.ID != int64(next) || e.MessageID != event(next).MessageID {
				t.Fatalf("kill %d: event %d is %s, want %d", kill, e.ID, e.MessageID, next)
			}
		}
		if next != position {
			t.Fatalf("kill %d: events up to %d, position %d", kill, next, position)
		}
		for host, n := range states(t, j) {
			last, _ := strconv.Atoi(n)
			if event(last).Entity != host || last > position || last+10 <= position {
				t.Fatalf("kill %d: state of %s is %d, position %d", kill, host, last, position)
			}
		}
		if recovered(j) || j.Stats().Damaged != 0 {
			t.Fatalf("kill %d: a crash was taken for damage: %+v", kill, j.Stats())
		}
		mustClose(t, j)
	}
	t.Logf("%d kills, %d events acknowledged, %d released", kills, appended, released)
	if appended < 10*kills || released < kills {
		t.Error("the children did too little for this to mean something")
	}
}

// killedChild runs a child and kills it so long after its first
// acknowledgement. It returns the last numbers that the child reported as
// appended and released.
func killedChild(t *testing.T, path string, after time.Duration) (appended, released int) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", path)
	cmd.Env = append(os.Environ(), childVariable+"=append")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var timer *time.Timer
	for lines.Scan() {
		if timer == nil {
			timer = time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		var what string
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "%s %d.", &what, &n); err != nil {
			continue // cut by the kill
		}
		switch what {
		case "appended":
			appended = n
		case "released":
			released = n
		default:
			t.Error("child:", lines.Text())
		}
	}
	if timer == nil {
		t.Fatal("the child reported nothing")
	}
	_ = cmd.Wait()
	return appended, released
}

// appendUntilKilled is a child process. It prints what is durable.
func appendUntilKilled(path string) int {
	ctx := context.Background()
	j, err := Open(ctx, Options{Path: path, Reserve: 1 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = j.SetTargets(ctx, bus("p"))
	}
	if err != nil {
		fmt.Println("open:", err)
		return 1
	}
	position, err := j.Position("source")
	if err != nil {
		fmt.Println("position:", err)
		return 1
	}
	last, _ := strconv.Atoi(string(position))
	go func() {
		cursor, _ := j.Cursor("p")
		for {
			entries, err := j.Read(ctx, "p", cursor, 1+rand.IntN(300), 1<<20)
			if err == nil && len(entries) == 0 {
				err = j.Wait(ctx, "p", cursor)
			}
			if err == nil && len(entries) > 0 {
				cursor = entries[len(entries)-1].ID
				err = j.Release(ctx, "p", cursor)
			}
			if err != nil {
				fmt.Println("release:", err)
				return
			}
			fmt.Printf("released %d.\n", cursor)
		}
	}()
	type acknowledgement struct {
		ticket *Ticket
		n      int
	}
	waiting := make(chan acknowledgement, 5)
	go func() {
		for a := range waiting {
			if err := a.ticket.Wait(ctx); err != nil {
				fmt.Println("wait:", err)
			}
			fmt.Printf("appended %d.\n", a.n)
		}
	}()
	for {
		from := last + 1
		last += 1 + rand.IntN(40)
		ticket, err := j.Append(ctx, commit(from, last))
		if err != nil {
			fmt.Println("append:", err)
			return 1
		}
		waiting <- acknowledgement{ticket, last}
	}
}
