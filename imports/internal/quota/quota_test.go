package quota_test

import (
	"math"
	"sync"
	"testing"

	"github.com/wqjs/wqjs/imports/internal/quota"
)

func TestQuota(t *testing.T) {
	q := quota.New(10)
	if !q.Take(10) || q.Take(1) || q.Take(math.MaxInt64) || !q.Take(0) || q.Used() != 10 {
		t.Error(q.Used())
	}
	q.Give(4)
	if q.Take(5) || !q.Take(4) || q.Used() != 10 {
		t.Error(q.Used())
	}
	var none *quota.Quota
	if !none.Take(math.MaxInt64) || none.Used() != 0 {
		t.Error("no quota has a limit")
	}
	none.Give(1)
}

// TestQuotaTogether: many who take and give never hold more than there is.
func TestQuotaTogether(t *testing.T) {
	q := quota.New(100)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range int64(1000) {
				if q.Take(i % 50) {
					if u := q.Used(); u > 100 {
						t.Errorf("%d of 100", u)
					}
					q.Give(i % 50)
				}
			}
		})
	}
	wg.Wait()
	if q.Used() != 0 {
		t.Error(q.Used())
	}
}
