package fdtable_test

import (
	"errors"
	"io/fs"
	"math"
	"slices"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/abi"
	"github.com/wqjs/wqjs/imports/internal/fdtable"
)

// object counts how often it was closed.
type object struct {
	closed int
	err    error
}

func (o *object) Close() error {
	o.closed++
	return o.err
}

func insert(t *testing.T, tab *fdtable.Table) int32 {
	t.Helper()
	fd, err := tab.Insert(&fdtable.Entry{Object: &object{}})
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestLowestFree(t *testing.T) {
	tab := fdtable.New(8)
	for i := range int32(5) {
		if fd := insert(t, tab); fd != fdtable.Base+i {
			t.Fatalf("insert %d gave %d", i, fd)
		}
	}
	for _, fd := range []int32{1003, 1000, 1001} {
		if _, err := tab.Remove(fd); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int32{1000, 1001, 1003, 1005} {
		if fd := insert(t, tab); fd != want {
			t.Errorf("got %d, want %d", fd, want)
		}
	}
	var all []int32
	tab.All(func(fd int32, e *fdtable.Entry) {
		if e == nil {
			t.Errorf("fd %d has no entry", fd)
		}
		all = append(all, fd)
	})
	if !slices.Equal(all, []int32{1000, 1001, 1002, 1003, 1004, 1005}) || tab.Len() != 6 {
		t.Errorf("%v, Len %d", all, tab.Len())
	}
}

func TestLimit(t *testing.T) {
	for _, c := range []struct{ limit, want int }{
		{1, 1}, {3, 3}, {0, fdtable.MaxFDs}, {-1, fdtable.MaxFDs},
		{fdtable.MaxFDs, fdtable.MaxFDs}, {fdtable.MaxFDs + 1, fdtable.MaxFDs}, {math.MaxInt, fdtable.MaxFDs},
	} {
		tab := fdtable.New(c.limit)
		e := &fdtable.Entry{Object: &object{}}
		for range c.want {
			if tab.Full() {
				t.Fatalf("limit %d: full at %d", c.limit, tab.Len())
			}
			if _, err := tab.Insert(e); err != nil {
				t.Fatal(err)
			}
		}
		if fd, err := tab.Insert(e); err != error(abi.EMFILE) || fd != 0 || !tab.Full() {
			t.Errorf("limit %d: one more is %d, %v", c.limit, fd, err)
		}
		// The refusal changed nothing, and one less makes room for one.
		last := int32(fdtable.Base + c.want - 1)
		if _, err := tab.Remove(last); err != nil || tab.Full() {
			t.Errorf("limit %d: %v", c.limit, err)
		}
		if fd, err := tab.Insert(e); fd != last || err != nil {
			t.Errorf("limit %d: %d, %v", c.limit, fd, err)
		}
	}
}

func TestNoSuchFD(t *testing.T) {
	tab := fdtable.New(4)
	fd := insert(t, tab)
	for _, bad := range []int32{-1, 0, 1, 2, 999, fd + 1, 1004, 66536, math.MaxInt32, math.MinInt32} {
		if e, err := tab.Get(bad, 0); e != nil || err != error(abi.EBADF) {
			t.Errorf("Get(%d): %v, %v", bad, e, err)
		}
		if e, err := tab.Remove(bad); e != nil || err != error(abi.EBADF) {
			t.Errorf("Remove(%d): %v, %v", bad, e, err)
		}
	}
	if _, err := tab.Remove(fd); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Remove(fd); err != error(abi.EBADF) {
		t.Errorf("a second Remove: %v", err)
	}
	if tab.Len() != 0 {
		t.Errorf("Len is %d", tab.Len())
	}
}

func TestRights(t *testing.T) {
	tab := fdtable.New(4)
	e := &fdtable.Entry{Object: &object{}, Rights: fdtable.Send | fdtable.Recv | fdtable.GetOpt}
	fd, _ := tab.Insert(e)
	for _, ok := range []fdtable.Rights{0, fdtable.Send, fdtable.Send | fdtable.Recv} {
		if got, err := tab.Get(fd, ok); got != e || err != nil {
			t.Errorf("rights %b: %v", ok, err)
		}
	}
	for _, c := range []struct {
		need fdtable.Rights
		want string
	}{
		{fdtable.Connect, "fd 1000 was granted without the right to connect"},
		{fdtable.Bind | fdtable.Send, "fd 1000 was granted without the right to bind"},
		{fdtable.Listen, "fd 1000 was granted without the right to listen"},
		{fdtable.Accept, "fd 1000 was granted without the right to accept"},
		{fdtable.SetOpt | fdtable.GetOpt, "fd 1000 was granted without the right to setsockopt"},
		{fdtable.Shutdown, "fd 1000 was granted without the right to shutdown"},
		{fdtable.All + 1, "fd 1000 was granted without the right to this"},
	} {
		_, err := tab.Get(fd, c.need)
		if err == nil || err.Error() != c.want || !errors.Is(err, abi.EACCES) || !errors.Is(err, fs.ErrPermission) {
			t.Errorf("rights %b: %v", c.need, err)
		}
		var r *fdtable.RightError
		if !errors.As(err, &r) || r.FD != fd || r.Missing != c.need&^e.Rights {
			t.Errorf("rights %b: %+v", c.need, r)
		}
	}
	for right, name := range map[fdtable.Rights]string{fdtable.Send: "send", fdtable.Recv: "recv", fdtable.GetOpt: "getsockopt"} {
		want := "fd 7 was granted without the right to " + name
		if got := (&fdtable.RightError{FD: 7, Missing: right}).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// They can be given up, one after the other.
	e.Rights &^= fdtable.Send
	if _, err := tab.Get(fd, fdtable.Send); !errors.Is(err, abi.EACCES) {
		t.Errorf("after giving up Send: %v", err)
	}
	if _, err := tab.Get(fd, fdtable.Recv); err != nil {
		t.Error(err)
	}
	if fdtable.All != 1<<9-1 {
		t.Errorf("All is %b", fdtable.All)
	}
}

func TestCloseAll(t *testing.T) {
	tab := fdtable.New(4)
	first, second := errors.New("first"), errors.New("second")
	objects := []*object{{err: first}, {}, {err: second}, {}}
	for _, o := range objects {
		if _, err := tab.Insert(&fdtable.Entry{Object: o}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tab.Remove(1003); err != nil { // whoever removes it closes it
		t.Fatal(err)
	}
	if err := tab.CloseAll(); !errors.Is(err, first) || !errors.Is(err, second) {
		t.Errorf("CloseAll: %v", err)
	}
	for i, want := range []int{1, 1, 1, 0} {
		if objects[i].closed != want {
			t.Errorf("object %d was closed %d times", i, objects[i].closed)
		}
	}
	if err := tab.CloseAll(); err != nil || tab.Len() != 0 || objects[0].closed != 1 {
		t.Errorf("again: %v, Len %d, closed %d", err, tab.Len(), objects[0].closed)
	}
	if _, err := tab.Get(1000, 0); err != error(abi.EBADF) {
		t.Errorf("after CloseAll: %v", err)
	}
	if fd := insert(t, tab); fd != fdtable.Base {
		t.Errorf("the table begins at %d", fd)
	}
}

// FuzzTable compares the table with a map from which the lowest free number is
// searched. Of each byte the low bits say what to do, the others with which fd.
func FuzzTable(f *testing.F) {
	f.Add(uint8(3), []byte{0, 0, 0, 0, 1, 0, 5, 0, 9, 3, 0, 0})
	f.Add(uint8(40), []byte("insert and remove at random, please"))
	f.Add(uint8(0), []byte{0, 1, 2, 3})
	f.Fuzz(func(t *testing.T, limit uint8, ops []byte) {
		tab := fdtable.New(int(limit))
		max := int(limit)
		if max == 0 {
			max = fdtable.MaxFDs
		}
		model := map[int32]*fdtable.Entry{}
		for _, op := range ops {
			fd := fdtable.Base + int32(op>>2) - 1
			switch op & 3 {
			case 0, 1:
				e := &fdtable.Entry{Object: &object{}, Rights: fdtable.Rights(op)}
				want := int32(fdtable.Base)
				for model[want] != nil {
					want++
				}
				got, err := tab.Insert(e)
				if len(model) >= max {
					if err != error(abi.EMFILE) {
						t.Fatalf("insert beyond the limit: %d, %v", got, err)
					}
					continue
				}
				if err != nil || got != want {
					t.Fatalf("insert: %d, %v; want %d", got, err, want)
				}
				model[got] = e
			case 2:
				e, err := tab.Remove(fd)
				if want := model[fd]; e != want || (err == nil) != (want != nil) {
					t.Fatalf("remove %d: %v, %v", fd, e, err)
				}
				delete(model, fd)
			case 3:
				need := fdtable.Rights(op)
				e, err := tab.Get(fd, need)
				switch want := model[fd]; {
				case want == nil:
					if err != error(abi.EBADF) {
						t.Fatalf("get %d: %v", fd, err)
					}
				case need&^want.Rights != 0:
					if e != nil || !errors.Is(err, abi.EACCES) {
						t.Fatalf("get %d with %b of %b: %v", fd, need, want.Rights, err)
					}
				case e != want || err != nil:
					t.Fatalf("get %d: %v, %v", fd, e, err)
				}
			}
			if tab.Len() != len(model) || tab.Full() != (len(model) >= max) {
				t.Fatalf("Len is %d, Full %v; want %d", tab.Len(), tab.Full(), len(model))
			}
		}
		last := int32(0)
		tab.All(func(fd int32, e *fdtable.Entry) {
			if fd <= last || model[fd] != e {
				t.Fatalf("All: %d after %d", fd, last)
			}
			last = fd
		})
		if err := tab.CloseAll(); err != nil || tab.Len() != 0 {
			t.Fatalf("CloseAll: %v, Len %d", err, tab.Len())
		}
		for fd, e := range model {
			if n := e.Object.(*object).closed; n != 1 {
				t.Fatalf("fd %d was closed %d times", fd, n)
			}
		}
	})
}
