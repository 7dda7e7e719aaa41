package policy_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"

	"github.com/wqjs/wqjs/imports/internal/policy"
)

func Example() {
	p, err := policy.Compile(policy.Config{
		Connect: []string{"*.example.com:443", "10.0.0.0/8:5432"},
		Resolve: []string{"*.example.com"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// The script asks for a name; the host resolves it and pins the answer.
	var pins policy.Pins
	if err := p.Resolve("api.example.com"); err != nil {
		fmt.Println(err)
		return
	}
	answer := netip.MustParseAddr("93.184.216.34")
	if err := pins.Add("api.example.com", []netip.Addr{answer}); err != nil {
		fmt.Println(err)
		return
	}

	fmt.Println(p.Connect(netip.AddrPortFrom(answer, 443), &pins))
	fmt.Println(p.Connect(netip.MustParseAddrPort("10.1.2.3:5432"), &pins))

	err = p.Connect(netip.MustParseAddrPort("169.254.169.254:80"), &pins)
	fmt.Println(err)
	fmt.Println(errors.Is(err, fs.ErrPermission))
	// Output:
	// <nil>
	// <nil>
	// connect to 169.254.169.254:80 denied: a link-local address needs an address or CIDR rule (allow it with --allow-connect=169.254.169.254/32:80)
	// true
}
