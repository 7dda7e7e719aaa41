package loop

import "testing"

// TestShutdown: the event comes once, wakes a wait, and only to who wants it.
func TestShutdown(t *testing.T) {
	l := New(Config{})
	defer l.Close()
	if l.Shutdown() {
		t.Error("a program that handles no shutdown was asked")
	}
	l.HandleShutdown(true)
	if l.Alive() {
		t.Error("waiting to be asked keeps the program running")
	}
	if err := l.StartTimer(1, 1e9, false); err != nil {
		t.Fatal(err)
	}
	go l.Shutdown()
	events, err := l.Next(make([]Event, 0, 16))
	if err != nil || len(events) != 1 || events[0].Kind != KindShutdown {
		t.Fatalf("%v, %v", events, err)
	}
	l.StopTimer(1)
	if events, err = l.Next(events); err != nil || len(events) != 0 {
		t.Errorf("again: %v, %v", events, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if l.Shutdown() {
		t.Error("asked after Close")
	}
}
