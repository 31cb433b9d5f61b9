package publish

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestMonitorKnowsSinceWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMonitor()
		made := time.Now()
		time.Sleep(time.Minute)
		m.Update(func(s *State) { s.Sent++ })
		if got := m.State(); got.Working || !got.Since.Equal(made) {
			t.Errorf("%+v", got)
		}
		m.Update(func(s *State) { s.Working = true })
		connected := time.Now()
		time.Sleep(time.Minute)
		m.Update(func(s *State) { s.Working = true })
		m.Fail("cut")
		if got := m.State(); !got.Since.Equal(connected) || got.LastError != "cut" ||
			!got.LastErrorAt.Equal(time.Now()) {
			t.Errorf("%+v", got)
		}
		m.Update(func(s *State) { s.Working = false })
		if got := m.State(); got.Working || !got.Since.Equal(time.Now()) {
			t.Errorf("%+v", got)
		}
	})
}
