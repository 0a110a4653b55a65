package relay

import (
	"context"
	"slices"

	"madang"
)

// Procedures, by who may call them. Who may do what with which hub the procedures decide.
const (
	callHello    = "device.hello"    // a hub says what devices it has
	callReport   = "device.report"   // a hub says how a device is
	callAnswer   = "device.answer"   // a hub answers a command
	callPress    = "device.press"    // somebody has pressed the button on the box
	callWithdraw = "device.withdraw" // somebody at the box does not want the code

	callCommand = "device.command"
	callDevices = "device.devices" // of a hub
	callUnpair  = "device.unpair"

	callPlaces = "device.places"
	callMake   = "device.make_place"
	callDelete = "device.delete_place"
	callRole   = "device.set_role"
	callRename = "device.rename_place"
	callInvite = "device.invite"
	callJoin   = "device.join"
	callRemove = "device.remove_member"
	callCode   = "device.code"  // show one on a hub's display
	callCheck  = "device.check" // redeem it
	callForget = "device.remove_hub"
	callAudit  = "device.audit"
)

// callsOf returns what a principal may call.
func callsOf(p *madang.Principal) []string {
	switch p.Guard {
	case GuardHub:
		return []string{callHello, callReport, callAnswer, callPress, callWithdraw}
	case GuardDisplay:
		return []string{callPress, callWithdraw, callCommand, callDevices}
	case GuardToken:
		return []string{callCommand, callDevices, callUnpair}
	}
	if p.User == "" {
		return nil
	}
	return []string{
		callCommand, callDevices, callUnpair, callPlaces, callMake, callDelete, callRole, callRename, callInvite, callJoin, callRemove, callCode, callCheck,
		callForget, callAudit,
	}
}

// Policy lets everybody call what is theirs to call, and has no opinion on anything else.
func Policy() madang.Policy {
	return madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		if r.Action != madang.ActCall || r.Principal == nil {
			return nil, nil
		}
		if slices.Contains(callsOf(r.Principal), r.Channel.Name) {
			return &madang.Grant{}, nil
		}
		return nil, nil
	})
}
