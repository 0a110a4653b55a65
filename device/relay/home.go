package relay

import (
	"cmp"
	"context"
	"time"

	"madang"
	"madang/device"
)

// homeProcedures are about places and who is in them.
func (f *Feature) homeProcedures() map[string]madang.Procedure {
	return map[string]madang.Procedure{
		callPlaces: by(f, f.callPlaces),
		callAudit:  by(f, f.callAudit),
		callMake: by(f, func(ctx context.Context, a device.Actor, in homeArg) (PlaceView, error) {
			p, err := f.rules.MakePlace(ctx, a, in.Name)
			if err == nil {
				f.PlaceChanged(ctx, p)
			}
			return ViewPlace(p), err
		}),
		callRename: by(f, func(ctx context.Context, a device.Actor, in homeArg) (PlaceView, error) {
			p, err := f.rules.RenamePlace(ctx, a, in.Place, in.Name)
			return ViewPlace(p), err
		}),
		callDelete: by(f, func(ctx context.Context, a device.Actor, in homeArg) (nothing, error) {
			return nothing{}, f.rules.DeletePlace(ctx, a, in.Place)
		}),
		callRole: by(f, func(ctx context.Context, a device.Actor, in homeArg) (PlaceView, error) {
			p, err := f.rules.SetRole(ctx, a, in.Place, in.Person, in.Role)
			return ViewPlace(p), err
		}),
		callInvite: by(f, func(ctx context.Context, a device.Actor, in homeArg) (secretReply, error) {
			secret, err := f.rules.Invite(ctx, a, in.Place, cmp.Or(in.Role, device.HouseMember))
			return secretReply{secret}, err
		}),
		callJoin: by(f, func(ctx context.Context, a device.Actor, in homeArg) (PlaceView, error) {
			p, err := f.rules.Join(ctx, a, in.Secret)
			return ViewPlace(p), err
		}),
		callRemove: by(f, func(ctx context.Context, a device.Actor, in homeArg) (nothing, error) {
			return nothing{}, f.rules.Remove(ctx, a, in.Place, in.Person)
		}),
		callUnpair: by(f, func(ctx context.Context, a device.Actor, in homeArg) (nothing, error) {
			return nothing{}, f.rules.Unpair(ctx, a, in.Hub, cmp.Or(in.Person, a.Person))
		}),
		callForget: by(f, func(ctx context.Context, a device.Actor, in homeArg) (nothing, error) {
			return nothing{}, f.rules.RemoveHub(ctx, a, in.Hub)
		}),
	}
}

// callPlaces returns everything that a person's page shows.
func (f *Feature) callPlaces(ctx context.Context, a device.Actor, _ nothing) (placeList, error) {
	list := placeList{Places: []PlaceView{}}
	all, err := f.rules.Places(ctx, a)
	if err != nil {
		return list, err
	}
	for _, p := range all {
		hubs, err := f.rules.Hubs(ctx, a, p.ID)
		if err != nil {
			return list, err
		}
		v := ViewPlace(p)
		for _, h := range hubs {
			at, err := f.callDevices(ctx, a, homeArg{Hub: h.Serial})
			if err != nil {
				return list, err
			}
			v.Hubs = append(v.Hubs, at)
		}
		list.Places = append(list.Places, v)
	}
	return list, nil
}

func (f *Feature) callAudit(ctx context.Context, a device.Actor, in homeArg) (auditReply, error) {
	list, err := f.rules.Audit(ctx, a, in.Place, in.Before, in.Limit)
	reply := auditReply{Entries: []auditView{}}
	for _, e := range list {
		reply.Entries = append(reply.Entries, auditView{
			ID: e.ID, At: e.At.Format(time.RFC3339Nano), Act: e.Act, Person: e.Person, Hub: e.Hub, Device: e.Device, Command: e.Command, Detail: e.Detail,
		})
	}
	return reply, err
}
